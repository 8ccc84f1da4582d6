import Synchronization
package import SystemPackage

/// A file that appears whole under its name, or not at all.
///
/// The bytes go to a file without a name in the target's folder (`O_TMPFILE`): whatever ends the process, nothing is left.
/// Where the file system has no such files, a hidden one stands in, removed unless committed.
package final class OutputFile: Sendable {
  /// Where the bytes are before the file has its name.
  package enum Staging: Sendable {
    /// In a file without a name, or in a hidden one where the file system has none such.
    case unnamed
    /// In a hidden file.
    case hidden
  }

  private let path: FilePath
  private let lastName: [UInt8]
  private let directory: FileDescriptor
  private let file: FileDescriptor
  private let temporaryName: [UInt8]?
  private let replace: Bool
  private let committed = Atomic(false)

  /// Prepares to write `path`; nothing is visible before `commit`.
  ///
  /// - Parameters:
  ///   - path: Where the file is to appear.
  ///   - replace: Whether an existing regular file may be replaced.
  ///   - staging: Where the bytes are until the commit; the file system may be able to do less.
  /// - Throws: `.exists`, `.notFound` for a missing folder, `.invalidArgument` for a target that is no regular file.
  package init(_ path: FilePath, replace: Bool, staging: Staging = .unnamed) throws(ImageError) {
    guard let last = path.lastComponent, last.kind == .regular else {
      throw ImageError(.invalidArgument, "not a file name", context: [path.string])
    }
    let name = last.bytes
    let parent = path.removingLastComponent()
    let directory = try OutputFile.openFolder(parent.isEmpty ? "." : parent, of: path.string)
    let temporary: (file: FileDescriptor, name: [UInt8]?)
    do throws(ImageError) {
      try OutputFile.checkTarget(name, in: directory, replace: replace, path: path.string)
      temporary = try OutputFile.makeTemporary(staging, in: directory, path: path.string)
    } catch {
      try? directory.close()
      throw error
    }
    self.path = path
    self.replace = replace
    lastName = name
    self.directory = directory
    file = temporary.file
    temporaryName = temporary.name
  }

  private static func openFolder(_ folder: FilePath, of path: String) throws(ImageError) -> FileDescriptor {
    do {
      return try FileDescriptor.open(folder, .readOnly, options: [.closeOnExec, .directory])
    } catch {
      throw .io(error as? Errno ?? .ioError, "open the folder \(folder.string)", path)
    }
  }

  deinit {
    if !committed.load(ordering: .relaxed), let temporaryName { try? POSIX.unlink(temporaryName, in: directory) }
    try? file.close()
    try? directory.close()
  }

  private static func checkTarget(
    _ name: [UInt8], in directory: FileDescriptor, replace: Bool, path: String
  ) throws(ImageError) {
    let status: FileStatus
    do throws(Errno) { status = try POSIX.lstat(name, in: directory) } catch {
      if error == .noSuchFileOrDirectory { return }
      throw .io(error, "create", path)
    }
    if status.type != FileStatus.regular {
      throw ImageError(.invalidArgument, "exists and is not a regular file", context: [path])
    }
    if !replace { throw .taken(path) }
  }

  private static func makeTemporary(
    _ staging: Staging, in directory: FileDescriptor, path: String
  ) throws(ImageError) -> (FileDescriptor, [UInt8]?) {
    do throws(Errno) {
      if staging == .unnamed, let file = try? POSIX.openUnnamed(in: directory) { return (file, nil) }
      return try HiddenName.withFree { hidden throws(Errno) in (try POSIX.create(hidden, in: directory), hidden) }
    } catch { throw .io(error, "create a file in the folder", path) }
  }

  /// Writes bytes at an offset; what is never written reads as zeros and takes no space.
  package func write(_ bytes: RawSpan, at offset: UInt64) throws(ImageError) {
    do throws(Errno) { try POSIX.write(file, at: offset, bytes) } catch {
      throw .io(error, "write", path.string)
    }
  }

  /// Reads bytes that were written before.
  package func read(at offset: UInt64, count: Int) throws(ImageError) -> [UInt8] {
    var output = [UInt8](repeating: 0, count: count)
    try read(at: offset, into: &output, 0..<count)
    return output
  }

  /// Fills `output[range]` with bytes that were written before; what never was, is zeros.
  package func read(at offset: UInt64, into output: inout [UInt8], _ range: Range<Int>) throws(ImageError) {
    let count: Int
    do throws(Errno) { count = try POSIX.read(file, at: offset, into: &output, range) } catch {
      throw .io(error, "read", path.string)
    }
    for index in range.lowerBound + count..<range.upperBound { output[index] = 0 }
  }

  /// Sets the final length, flushes to the disk and gives the file its name.
  package func commit(byteCount: UInt64) throws(ImageError) {
    try finish(byteCount: byteCount)
    try publish()
  }

  /// Sets the final length and flushes to the disk: nothing is missing but the name.
  package func finish(byteCount: UInt64) throws(ImageError) {
    do { try file.resize(to: Int64(byteCount)) } catch {
      throw .io(error as? Errno ?? .ioError, "set the length", path.string)
    }
    do throws(Errno) { try POSIX.fsync(file) } catch { throw .io(error, "write", path.string) }
  }

  /// Gives the file its name.
  package func publish() throws(ImageError) {
    do throws(Errno) { try name() } catch {
      if error == .fileExists { throw .taken(path.string) }
      throw .io(error, "write", path.string)
    }
    committed.store(true, ordering: .relaxed)
    // The name is there; that it survives a power cut is asked for, but its failure changes nothing.
    try? POSIX.fsync(directory)
  }

  /// Without `replace` the name must still be free: a link, unlike a rename, never takes another's place.
  private func name() throws(Errno) {
    switch (temporaryName, replace) {
    case (nil, false): try POSIX.link(file, as: lastName, in: directory)
    case (nil, true):
      let hidden = try HiddenName.withFree { hidden throws(Errno) in
        try POSIX.link(file, as: hidden, in: directory)
        return hidden
      }
      do throws(Errno) { try POSIX.rename(hidden, to: lastName, in: directory) } catch {
        try? POSIX.unlink(hidden, in: directory)
        throw error
      }
    case (let hidden?, false):
      do throws(Errno) { try POSIX.link(hidden, as: lastName, in: directory) } catch {
        // FAT and its like have no links.
        guard [.notPermitted, .notSupported, .noFunction].contains(error) else { throw error }
        return try POSIX.rename(hidden, toFree: lastName, in: directory)
      }
      try POSIX.unlink(hidden, in: directory)
    case (let hidden?, true): try POSIX.rename(hidden, to: lastName, in: directory)
    }
  }
}

extension ImageError {
  fileprivate static func taken(_ path: String) -> ImageError {
    ImageError(.exists, "exists already", context: [path])
  }
}
