package import SystemPackage

/// Bytes that need not stay in memory: a file without a name, gone with whoever holds it, however that ends.
package final class ScratchFile: Sendable {
  private let folder: FilePath
  private let file: FileDescriptor

  /// The file, for a program that reads or writes it; good for as long as this object is held.
  package var descriptor: FileDescriptor { file }

  /// Makes an empty one.
  ///
  /// - Parameter folder: Where there is room.
  /// - Throws: `.io` with the folder's name.
  package init(in folder: FilePath) throws(ImageError) {
    self.folder = folder
    do throws(Errno) { file = try Self.make(in: folder) } catch {
      // No input is at fault when the folder is missing.
      throw ImageError(.io, "cannot create a temporary file in this folder", context: [folder.string], errno: error)
    }
  }

  private static func make(in folder: FilePath) throws(Errno) -> FileDescriptor {
    let directory: FileDescriptor
    do { directory = try FileDescriptor.open(folder, .readOnly, options: [.closeOnExec, .directory]) } catch {
      throw error as? Errno ?? .ioError
    }
    defer { try? directory.close() }
    if let file = try? POSIX.openUnnamed(in: directory) { return file }
    return try HiddenName.withFree { name throws(Errno) in
      let file = try POSIX.create(name, in: directory)
      try? POSIX.unlink(name, in: directory)
      return file
    }
  }

  deinit { try? file.close() }

  /// Writes bytes at an offset.
  package func write(_ bytes: RawSpan, at offset: UInt64) throws(ImageError) {
    do throws(Errno) { try POSIX.write(file, at: offset, bytes) } catch {
      throw .io(error, "write a temporary file in this folder", folder.string)
    }
  }

  /// Fills `output[range]` with bytes that were written before.
  package func read(at offset: UInt64, into output: inout [UInt8], _ range: Range<Int>) throws(ImageError) {
    do throws(Errno) {
      guard try POSIX.read(file, at: offset, into: &output, range) == range.count else { throw .ioError }
    } catch {
      throw .io(error, "read a temporary file in this folder", folder.string)
    }
  }
}
