import FileTree
import ImageCore
import RPM

extension RPMFile {
  /// The file as a node that still belongs to root.
  ///
  /// - Parameter content: The content of a regular file.
  /// - Returns: The node.
  /// - Throws: `.invalidArgument` for capabilities that Linux cannot store.
  func node(_ content: () -> any FileContent) throws(ImageError) -> FileTree.Node {
    let device = DeviceNumber(major: deviceNumber.major, minor: deviceNumber.minor)
    let kind: FileTree.Kind =
      switch self.kind {
      case .directory: .directory
      case .regular: .regular(content())
      case .symlink: .symlink(target: linkTarget)
      case .characterDevice: .characterDevice(device)
      case .blockDevice: .blockDevice(device)
      case .fifo: .fifo
      case .socket: .socket
      }
    var attributes = FileAttributes(
      // What a link's mode is depends on who built the package; Linux shows all of it.
      permissions: self.kind == .symlink ? 0o777 : permissions,
      modified: Timestamp(seconds: Int64(modificationTime)))
    if let text = capabilityText {
      attributes.extendedAttributes = [
        ExtendedAttribute("security.capability", try FileCapabilities(text).attributeValue)
      ]
    }
    return FileTree.Node(kind, attributes)
  }
}
