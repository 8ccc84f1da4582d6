public import FileTree
public import ImageCore

/// A regular file of an EROFS image, read and decompressed on demand.
///
/// Keeps the image open. A read touches only what it asks for; ask for much at once to decompress each piece once.
public struct ErofsContent: FileContent {
  let volume: ErofsVolume
  let inode: ErofsInode
  /// Where the file was found, for messages.
  let path: ErofsPath?

  /// The file's length.
  public var byteCount: UInt64 { inode.byteCount }

  /// Fills `output[range]` with the bytes from `offset` on; all of them must be inside the file.
  ///
  /// - Throws: `.corrupt`, `.truncated`, `.unsupported` with the file's path or inode number.
  public func read(at offset: UInt64, into output: inout [UInt8], _ range: Range<Int>) throws(ImageError) {
    var reader = MetadataReader(volume)
    do { try reader.read(inode, at: offset, into: &output, range) } catch {
      throw error.inContext(path?.description ?? "inode \(inode.nid)")
    }
  }
}

/// A path as a chain of names: a directory's part is shared by all that is below it.
final class ErofsPath: Sendable, CustomStringConvertible {
  let parent: ErofsPath?
  let name: FileName
  let depth: Int

  init(_ parent: ErofsPath?, _ name: FileName) {
    self.parent = parent
    self.name = name
    depth = (parent?.depth ?? 0) + 1
  }

  /// `/usr/bin/gdb`.
  var description: String {
    var names: [String] = []
    var next: ErofsPath? = self
    while let path = next {
      names.append(path.name.description)
      next = path.parent
    }
    return "/" + names.reversed().joined(separator: "/")
  }
}
