import EROFS
import FileTree
import ImageCore

/// One of two images: what goes wrong with it carries its name, and the path.
struct DiffSide: Sendable {
  /// `old image` or `new image`.
  let name: String
  let fileSystem: ErofsFileSystem

  func root() throws(ImageError) -> ErofsInode {
    do { return try fileSystem.root() } catch { throw error.inContext("/").inContext(name) }
  }

  func inode(_ nid: UInt64, _ path: @autoclosure () -> String) throws(ImageError) -> ErofsInode {
    do { return try fileSystem.inode(nid) } catch { throw error.inContext(path()).inContext(name) }
  }

  func readDirectory(_ inode: ErofsInode, _ path: @autoclosure () -> String) throws(ImageError) -> [ErofsEntry] {
    do { return try fileSystem.readDirectory(inode) } catch { throw error.inContext(path()).inContext(name) }
  }

  func readLink(_ inode: ErofsInode, _ path: @autoclosure () -> String) throws(ImageError) -> [UInt8] {
    do { return try fileSystem.readLink(inode) } catch { throw error.inContext(path()).inContext(name) }
  }

  func xattrs(of inode: ErofsInode, _ path: @autoclosure () -> String) throws(ImageError) -> [ExtendedAttribute] {
    do { return try fileSystem.xattrs(of: inode) } catch { throw error.inContext(path()).inContext(name) }
  }

  /// Fills `buffer` from a content that knows its path.
  func read(_ content: ErofsContent, at offset: UInt64, into buffer: inout [UInt8]) throws(ImageError) {
    do { try content.read(at: offset, into: &buffer, buffer.indices) } catch { throw error.inContext(name) }
  }
}
