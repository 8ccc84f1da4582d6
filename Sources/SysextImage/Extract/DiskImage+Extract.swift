import EROFS
public import FileTree
public import ImageCore
public import SystemPackage

extension DiskImage {
  /// Writes the image's files to a directory of this machine.
  ///
  /// - Parameters:
  ///   - path: The directory: a new one, or an empty one unless `replacesExisting`.
  ///   - paths: What to write, with the directories on the way to it; everything if there are none.
  ///   - options: How.
  /// - Returns: What was written.
  /// - Throws: `.notFound` for a path that is not in the image; `.exists`, `.io`, `.cancelled`; `.corrupt`,
  ///   `.truncated`, `.unsupported` for the image. Nothing of an unfinished file is left under its name.
  @discardableResult
  public func extract(
    to path: FilePath, paths: [[FileName]] = [], options: DirectoryWriter.Options = DirectoryWriter.Options()
  ) async throws(ImageError) -> DirectoryWriter.Report {
    try await DirectoryWriter(options).write(ErofsTreeWalk(fileSystem, paths: paths), to: path)
  }
}
