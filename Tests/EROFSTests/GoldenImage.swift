import EROFS
import FileTree
import ImageCore
import SystemPackage
import TestSupport
import Testing

/// An image of `Fixtures/images/erofs`, with the list that was made of its source.
struct GoldenImage: CustomTestStringConvertible, Sendable {
  /// Such as `lz4.large.erofs`: what is in it is in `large.list`.
  let path: FilePath

  static let all = GoldenFiles.paths("erofs", suffix: ".erofs").map(GoldenImage.init)

  var name: String { path.lastComponent?.stem ?? "" }
  var testDescription: String { name }

  func bytes() throws -> [UInt8] { try Disk.read(path) }

  /// The bytes of the image's other devices.
  func devices() throws -> [ByteStore] {
    try GoldenFiles.paths("erofs", suffix: "device1")
      .filter { $0.lastComponent?.stem == name }.map { ByteStore(try Disk.read($0)) }
  }

  func open() throws -> ErofsFileSystem { try ErofsFileSystem(ByteStore(try bytes()), devices: devices()) }

  /// What the source had, as far as the image's options keep it.
  func expected() throws -> [String] {
    let list = name.hasSuffix(".large") ? "large.list" : "small.list"
    let lines = try GoldenFiles.lines(GoldenFiles.path("erofs", list))
    // `-x-1 --all-root`
    guard name == "extended.small" else { return lines }
    return lines.map { line in
      var words = line.split(separator: " ").map(String.init)
      if words[1] == "same-as" { return line }
      words[3] = "0:0"
      words.removeAll { $0.contains("=") }
      return words.joined(separator: " ")
    }
  }

  /// The lines that `tree.py` prints of a tree, of one that was read.
  static func lines(_ tree: FileTree) throws(ImageError) -> [String] {
    var lines: [String] = []
    var first: [FileTree.NodeID: String] = [:]
    try tree.walk { (visit) throws(ImageError) in
      let path = "/" + visit.path.map { escaped($0.bytes) }.joined(separator: "/")
      let node = tree[visit.node]
      if let known = first[visit.node] {
        lines.append("\(path) same-as \(known)")
        return true
      }
      first[visit.node] = path
      let attributes = node.attributes
      let nanoseconds = String(attributes.modified.nanoseconds + 1_000_000_000).dropFirst()
      let (kind, value) = try described(node.kind)
      let words = [
        path, kind, String(attributes.permissions, radix: 8), "\(attributes.uid):\(attributes.gid)",
        "\(attributes.modified.seconds).\(nanoseconds)", value,
      ]
      let attributeWords = attributes.extendedAttributes.map { "\(escaped($0.name))=\(hexadecimal($0.value))" }
      lines.append((words + attributeWords).filter { !$0.isEmpty }.joined(separator: " "))
      return true
    }
    return lines
  }

  private static func described(_ kind: FileTree.Kind) throws(ImageError) -> (kind: String, value: String) {
    switch kind {
    case .directory: return ("directory", "")
    case .regular(let content):
      let bytes = try content.bytes(limit: 1 << 20)
      return ("file", "\(bytes.count) \(SHA256.hexadecimal(bytes))")
    case .symlink(let target): return ("symlink", escaped(target))
    case .characterDevice(let device): return ("char", "\(device.major):\(device.minor)")
    case .blockDevice(let device): return ("block", "\(device.major):\(device.minor)")
    case .fifo: return ("fifo", "")
    case .socket: return ("socket", "")
    }
  }

  private static func escaped(_ bytes: [UInt8]) -> String {
    bytes.map { byte in
      (0x21...0x7E).contains(byte) && byte != 0x25
        ? String(UnicodeScalar(byte)) : "%" + hexadecimal([byte])
    }.joined()
  }
}
