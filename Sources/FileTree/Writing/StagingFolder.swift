import ImageCore
import SystemPackage

/// Where a tree is written before it is seen under its name: a hidden directory beside the target, or in it where the
/// target exists.
final class StagingFolder: Sendable {
  /// The target, for messages.
  let path: String
  /// The directory that the hidden one is in.
  private let parent: FileDescriptor
  private let hiddenName: [UInt8]
  private let root: FileDescriptor
  /// The target's name in `parent`; `nil` where `parent` is the target.
  private let name: [UInt8]?
  private let replace: Bool

  /// Makes the hidden directory.
  ///
  /// - Throws: `.exists` for a target that is not empty, unless `replace`; `.notADirectory`, `.notFound`, `.io`.
  init(for target: FilePath, replace: Bool) throws(ImageError) {
    path = target.string
    self.replace = replace
    let existing = try Self.openExisting(target)
    if let existing {
      parent = existing
      name = nil
    } else {
      guard let last = target.lastComponent, last.kind == .regular else {
        throw .io(.noSuchFileOrDirectory, "open the directory", target.string)
      }
      let folder = target.removingLastComponent()
      do {
        parent = try FileDescriptor.open(folder.isEmpty ? "." : folder, .readOnly, options: [.closeOnExec, .directory])
      } catch {
        throw .io(error as? Errno ?? .ioError, "open the folder \(folder.string)", target.string)
      }
      name = last.bytes
    }
    do throws(ImageError) {
      if existing != nil, !replace { try Self.checkEmpty(parent, target.string) }
      (hiddenName, root) = try Self.make(in: parent, target.string)
    } catch {
      try? parent.close()
      throw error
    }
  }

  deinit {
    try? root.close()
    try? parent.close()
  }

  private static func openExisting(_ target: FilePath) throws(ImageError) -> FileDescriptor? {
    do { return try FileDescriptor.open(target, .readOnly, options: [.closeOnExec, .directory]) } catch {
      let errno = error as? Errno ?? .ioError
      if errno == .noSuchFileOrDirectory { return nil }
      throw .io(errno, "open the directory", target.string)
    }
  }

  private static func checkEmpty(_ directory: FileDescriptor, _ path: String) throws(ImageError) {
    let names: [[UInt8]]
    do throws(Errno) { names = try POSIX.names(in: directory) } catch { throw .io(error, "list", path) }
    if !names.isEmpty { throw ImageError(.exists, "exists and is not empty", context: [path]) }
  }

  private static func make(
    in parent: FileDescriptor, _ path: String
  ) throws(ImageError) -> (name: [UInt8], root: FileDescriptor) {
    do throws(Errno) {
      let name = try HiddenName.withFree { name throws(Errno) in
        try POSIX.makeDirectory(name, in: parent, mode: 0o700)
        return name
      }
      let root = try POSIX.open(name, in: parent, isDirectory: true)
      try makePlain(root)
      return (name, root)
    } catch { throw .io(error, "make a directory", path) }
  }

  /// Takes off what a new directory inherits and would pass on: a group, and access lists.
  private static func makePlain(_ root: FileDescriptor) throws(Errno) {
    let owner = POSIX.effectiveOwner
    try? POSIX.changeOwner(root, owner.uid, owner.gid)
    for list in ["system.posix_acl_default", "system.posix_acl_access"] {
      try POSIX.removeExtendedAttribute(Array(list.utf8), of: root)
    }
    try POSIX.changeMode(root, 0o700)
  }

  /// The bits of a mode that new files get when they are asked for: all but those of the umask.
  ///
  /// Found by trying: nobody can ask for the umask without changing it for all threads.
  func modeMask() throws(ImageError) -> UInt32 {
    let name = Array(".mode".utf8)
    do throws(Errno) {
      let file = try POSIX.create(name, in: root, mode: 0o777)
      defer { try? file.close() }
      try POSIX.unlink(name, in: root)
      return try POSIX.fstat(file).mode & 0o777
    } catch { throw .io(error, "create a file", path) }
  }

  /// The directory to write to.
  func openRoot() throws(ImageError) -> FileDescriptor {
    do { return try root.duplicate() } catch { throw .io(error as? Errno ?? .ioError, "open the directory", path) }
  }

  /// Puts what was written in its place.
  func publish() throws(ImageError) {
    try checkCancellation()
    guard let name else {
      try Merge(path: path, replace: replace).run(from: hiddenName, in: parent)
      return
    }
    do throws(Errno) { try POSIX.move(hiddenName, in: parent, to: name, in: parent, replace: false) } catch {
      if error == .fileExists { throw ImageError(.exists, "exists already", context: [path]) }
      throw .io(error, "write", path)
    }
  }

  /// Removes what was written, as far as that is possible.
  func discard() { try? POSIX.removeTree(hiddenName, in: parent) }
}
