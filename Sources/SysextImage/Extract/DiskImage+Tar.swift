public import Archives
import EROFS
public import FileTree
public import ImageCore
public import SystemPackage

extension DiskImage {
  /// Writes the image's files as a tar archive.
  ///
  /// - Parameters:
  ///   - paths: What to write, with the directories on the way to it; everything if there are none.
  ///   - threadCount: How many threads read; by default as many as there are processors.
  ///   - write: Takes the first `count` bytes of a buffer, piece after piece.
  /// - Returns: What was written.
  /// - Throws: `.notFound` for a path that is not in the image; `.corrupt`, `.truncated`, `.unsupported` for the image;
  ///   what `write` throws; `.cancelled`.
  @discardableResult
  public func writeTar(
    paths: [[FileName]] = [], threadCount: Int? = nil,
    _ write: (_ buffer: [UInt8], _ count: Int) throws(ImageError) -> Void
  ) async throws(ImageError) -> TarWriter.Report {
    try await TarWriter(threadCount: threadCount).write(ErofsTreeWalk(fileSystem, paths: paths), write)
  }

  /// Writes the image's files as a tar archive that appears whole under its name, or not at all.
  ///
  /// - Parameters:
  ///   - path: The archive.
  ///   - replace: Whether a file that is there is replaced.
  ///   - paths: What to write; everything if there are none.
  ///   - threadCount: How many threads read.
  /// - Returns: What was written.
  /// - Throws: As `writeTar(paths:threadCount:_:)`; `.exists`, `.io`.
  @discardableResult
  public func writeTar(
    to path: FilePath, replace: Bool = false, paths: [[FileName]] = [], threadCount: Int? = nil
  ) async throws(ImageError) -> TarWriter.Report {
    let output = try OutputFile(path, replace: replace)
    var offset: UInt64 = 0
    let report = try await writeTar(paths: paths, threadCount: threadCount) { (buffer, count) throws(ImageError) in
      try output.write(buffer.rawSpan.extracting(0..<count), at: offset)
      offset += UInt64(count)
    }
    try output.commit(byteCount: report.byteCount)
    return report
  }
}
