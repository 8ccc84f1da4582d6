import ImageCore
import Synchronization
import SystemPackage

/// A directory that is being written.
///
/// It is open as long as somebody holds it, and whoever lets go last gives it its attributes: nothing is made in it
/// afterwards, which would change its time. A directory holds the one that it is in.
final class TargetFolder: Sendable {
  let parent: TargetFolder?
  let name: FileName
  let attributes: FileAttributes
  /// Whether its owner may look names up in it, and in all above it, once they have their modes.
  let isPassable: Bool
  /// The path that the root stands for in messages.
  private let rootPath: String
  private let descriptor: FileDescriptor
  /// How many hold it; 0 when it is closed.
  private let holders = Mutex(1)

  /// Takes an open directory, which is closed at the end.
  init(root: FileDescriptor, _ attributes: FileAttributes, path: String) {
    parent = nil
    name = FileName([])
    self.attributes = attributes
    isPassable = true
    rootPath = path
    descriptor = root
  }

  /// Makes a directory and holds it.
  init(_ name: FileName, _ attributes: FileAttributes, in parent: TargetFolder) throws(ImageError) {
    try parent.checkName(name)
    let descriptor: FileDescriptor
    do throws(Errno) {
      // For its owner alone until it is complete.
      try POSIX.makeDirectory(name.bytes, in: parent.file, mode: 0o700)
      descriptor = try POSIX.open(name.bytes, in: parent.file, isDirectory: true)
    } catch { throw .io(error, "make the directory", parent.printed(name)) }
    self.parent = parent
    self.name = name
    self.attributes = attributes
    isPassable = parent.isPassable && attributes.permissions & 0o100 != 0
    rootPath = parent.rootPath
    self.descriptor = descriptor
    parent.hold()
  }

  deinit {
    // After a failure only: all others were let go.
    if holders.withLock({ $0 > 0 }) { try? descriptor.close() }
  }

  /// For those who hold it.
  var file: FileDescriptor { descriptor }

  func hold() { holders.withLock { $0 += 1 } }

  /// Lets go, and so finishes what nobody holds any more, up to the root.
  func release(_ writer: AttributeWriter) throws(ImageError) {
    var next: TargetFolder? = self
    while let folder = next {
      let rest = folder.holders.withLock { count in
        // The last one keeps its hold until the attributes are there.
        if count > 1 { count -= 1 } else { count = -1 }
        return count
      }
      if rest > 0 { return }
      defer { try? folder.descriptor.close() }
      folder.holders.withLock { $0 = 0 }
      try folder.call("set the attributes of") { () throws(Errno) in
        try writer.apply(folder.attributes, to: folder.descriptor, isDirectory: true)
      }
      next = folder.parent
    }
  }

  /// Runs `body` with the directory, opened again where it is complete already.
  func withFile<R>(_ writer: AttributeWriter, _ body: (FileDescriptor) throws(Errno) -> R) throws(ImageError) -> R {
    // The nearest directory that is open, and the way down from it.
    var way: [TargetFolder] = []
    var base = self
    while !base.holdIfOpen() {
      way.append(base)
      guard let parent = base.parent else { throw ImageError(.io, "was closed too early", context: [printed()]) }
      base = parent
    }
    let result: Result<R, ImageError>
    do throws(ImageError) {
      result = .success(
        try call("open") { () throws(Errno) in
          var file = base.descriptor
          defer { if file != base.descriptor { try? file.close() } }
          for folder in way.reversed() {
            let next = try POSIX.open(folder.name.bytes, in: file, isDirectory: true)
            if file != base.descriptor { try? file.close() }
            file = next
          }
          return try body(file)
        })
    } catch { result = .failure(error) }
    try base.release(writer)
    return try result.get()
  }

  private func holdIfOpen() -> Bool {
    holders.withLock { count in
      if count > 0 { count += 1 }
      return count > 0
    }
  }

  /// Refuses names that would lead out of the directory.
  ///
  /// Sources check their names; here it is the last door.
  func checkName(_ name: FileName) throws(ImageError) {
    let bytes = name.bytes
    if bytes.isEmpty || bytes == [0x2E] || bytes == [0x2E, 0x2E] || bytes.contains(0x2F) || bytes.contains(0) {
      throw ImageError(.corrupt, "a name that no file can have", context: [printed(name)])
    }
  }

  /// The path of the directory, or of a name in it, for people.
  func printed(_ name: FileName? = nil) -> String {
    var names = name.map { [$0.description] } ?? []
    var next: TargetFolder? = self
    while let folder = next, folder.parent != nil {
      names.append(folder.name.description)
      next = folder.parent
    }
    return ([rootPath] + names.reversed()).joined(separator: "/")
  }

  /// Runs system calls and names the path in their error.
  func call<R>(_ action: String, _ name: FileName? = nil, _ body: () throws(Errno) -> R) throws(ImageError) -> R {
    do throws(Errno) { return try body() } catch { throw .io(error, action, printed(name)) }
  }
}
