import ImageCore
import SystemPackage

/// A directory that is empty and stays so: it has no name any more.
///
/// A program whose home it is finds no keys and no settings there, whoever runs it.
final class EmptyFolder: Sendable {
  let descriptor: FileDescriptor

  /// Makes one.
  ///
  /// - Parameter folder: Where it is for a moment.
  /// - Throws: `.io` with the folder's name.
  init(in folder: FilePath) throws(ImageError) {
    do throws(Errno) { descriptor = try Self.make(in: folder) } catch {
      throw .io(error, "create a temporary directory in", folder.string)
    }
  }

  deinit { try? descriptor.close() }

  private static func make(in folder: FilePath) throws(Errno) -> FileDescriptor {
    let parent: FileDescriptor
    do { parent = try FileDescriptor.open(folder, .readOnly, options: [.closeOnExec, .directory]) } catch {
      throw error as? Errno ?? .ioError
    }
    defer { try? parent.close() }
    let name = try HiddenName.withFree { name throws(Errno) in
      try POSIX.makeDirectory(name, in: parent, mode: 0o700)
      return name
    }
    defer { try? POSIX.removeDirectory(name, in: parent) }
    return try POSIX.open(name, in: parent, isDirectory: true)
  }
}
