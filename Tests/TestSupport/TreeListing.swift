import CLinux
import Foundation
package import SystemPackage

/// All that a file system says of a tree, found by plain system calls and nothing of the library under test.
///
/// One line per entry, folders before what is in them, names in byte order. Folders have no size (each file system has
/// its own idea), and no link count unless it is wrong.
package struct TreeListing: Sendable, CustomStringConvertible {
  /// What a comparison may leave out.
  package struct Fields: OptionSet, Sendable {
    package let rawValue: Int
    package init(rawValue: Int) { self.rawValue = rawValue }

    package static let owner = Fields(rawValue: 1)
    package static let mode = Fields(rawValue: 2)
    package static let time = Fields(rawValue: 4)
    package static let xattrs = Fields(rawValue: 8)
    /// Which names are one file.
    package static let links = Fields(rawValue: 16)
    /// All attributes of the top folder.
    package static let root = Fields(rawValue: 32)
    /// The times of folders.
    package static let folderTime = Fields(rawValue: 64)
  }

  /// One entry: its path below the root ("." for the root) and what is known of it, in the order of printing.
  package struct Entry: Sendable, CustomStringConvertible {
    package let path: RawName
    package var fields: [(label: String, value: String)]

    package init(path: RawName, fields: [(label: String, value: String)]) {
      self.path = path
      self.fields = fields
    }

    package var description: String {
      ([path.description] + fields.map { "\($0.label)=\($0.value)" }).joined(separator: " ")
    }
  }

  package let entries: [Entry]

  /// A listing that was made by other means.
  package init(entries: [Entry]) { self.entries = entries }

  /// What a listing says of a content that `read` gives in pieces.
  package static func contentHash<E: Error>(
    byteCount: UInt64, _ read: (_ offset: UInt64, _ count: Int) throws(E) -> [UInt8]
  ) throws(E) -> String {
    var hash = ContentHash()
    var offset: UInt64 = 0
    while offset < byteCount {
      let piece = try read(offset, Int(min(UInt64(ContentHash.pieceByteCount), byteCount - offset)))
      piece.withUnsafeBytes { hash.update($0) }
      offset += UInt64(piece.count)
    }
    return hash.text
  }

  package var description: String { entries.map(\.description).joined(separator: "\n") }

  /// Lists a folder with all that is in it; reads every file.
  package init(of folder: FilePath, without ignored: Fields = []) throws {
    let file = try FileDescriptor.open(folder, .readOnly, options: [.directory, .closeOnExec])
    defer { try? file.close() }
    var walk = Walk(ignored: ignored)
    try walk.entry(RawName("."), RawName("."), in: file)
    entries = walk.finished()
  }

  /// The names in one folder, in the order in which its file system tells them.
  package static func order(in folder: FilePath) throws -> [RawName] {
    let file = try FileDescriptor.open(folder, .readOnly, options: [.directory, .closeOnExec])
    return try file.closeAfter { try directoryNames(RawName(folder.string), file.rawValue) }
  }

  /// The differences, readable: at most `limit` lines, empty when there is none.
  package static func differences(_ left: TreeListing, _ right: TreeListing, limit: Int = 20) -> [String] {
    let others = Dictionary(right.entries.map { ($0.path, $0) }) { first, _ in first }
    let known = Set(left.entries.map(\.path))
    var lines: [String] = []
    for entry in left.entries {
      guard let other = others[entry.path] else {
        lines.append("\(entry.path): only on the left")
        continue
      }
      let labels =
        entry.fields.map(\.label)
        + other.fields.map(\.label).filter { label in
          !entry.fields.contains { $0.label == label }
        }
      for label in labels {
        let (first, second) = (entry.fields.first { $0.label == label }, other.fields.first { $0.label == label })
        if first?.value != second?.value {
          lines.append("\(entry.path): \(label): \(short(first?.value)) | \(short(second?.value))")
        }
      }
    }
    for entry in right.entries where !known.contains(entry.path) { lines.append("\(entry.path): only on the right") }
    if left.entries.count != known.count || right.entries.count != others.count {
      lines.append("a name is there twice in one folder")
    }
    return lines.count <= limit ? lines : lines.prefix(limit) + ["and \(lines.count - limit) more"]
  }

  private static func short(_ value: String?) -> String {
    guard let value else { return "none" }
    return value.count <= 100 ? value : "\(value.prefix(80))… (\(value.count) characters)"
  }
}

/// The walk over one tree.
private struct Walk {
  struct Identity: Hashable {
    let device: dev_t
    let inode: ino_t
  }

  let ignored: TreeListing.Fields
  private var entries: [TreeListing.Entry] = []
  /// Files with several names, by the index of each name's entry.
  private var groups: [Identity: [Int]] = [:]
  private var counts: [Identity: UInt64] = [:]

  init(ignored: TreeListing.Fields) { self.ignored = ignored }

  /// Lists one entry, and what is in it; returns whether it is a folder.
  @discardableResult
  mutating func entry(_ path: RawName, _ name: RawName, in parent: FileDescriptor) throws -> Bool {
    var status = stat()
    try check("lstat", path) { withBytes(name) { fstatat(parent.rawValue, $0, &status, AT_SYMLINK_NOFOLLOW) } }
    let type = status.st_mode & S_IFMT
    let isRoot = path == "."
    let ignored = isRoot && ignored.contains(.root) ? [.owner, .mode, .time, .xattrs] : ignored
    var fields: [(label: String, value: String)] = [("type", Self.typeName(type))]
    if !ignored.contains(.mode) { fields.append(("mode", String(status.st_mode & 0o7777, radix: 8))) }
    if !ignored.contains(.owner) { fields.append(("owner", "\(status.st_uid):\(status.st_gid)")) }
    if !ignored.contains(.time) && !(type == S_IFDIR && ignored.contains(.folderTime)) {
      fields.append(("mtime", "\(status.st_mtim.tv_sec)+\(status.st_mtim.tv_nsec)ns"))
    }
    switch type {
    case S_IFREG:
      fields.append(("size", "\(status.st_size)"))
      fields.append(("content", try contentHash(path, name, in: parent, UInt64(status.st_size))))
    case S_IFLNK:
      let target = try linkTarget(path, name, in: parent)
      fields.append(("target", target.description))
      if target.bytes.count != status.st_size { fields.append(("size", "\(status.st_size)")) }
    case S_IFCHR, S_IFBLK:
      let device = UInt64(status.st_rdev)
      let major = device >> 8 & 0xFFF | device >> 32 & 0xFFFF_F000
      let minor = device & 0xFF | device >> 12 & 0xFFFF_FF00
      fields.append(("device", "\(major):\(minor)"))
    default: break
    }
    if !ignored.contains(.xattrs) {
      for (attribute, value) in try xattrs(path, name, in: parent) {
        fields.append((attribute.description, hexadecimal(value)))
      }
    }
    let index = entries.count
    entries.append(TreeListing.Entry(path: path, fields: fields))
    guard type == S_IFDIR else {
      let identity = Identity(device: status.st_dev, inode: status.st_ino)
      groups[identity, default: []].append(index)
      counts[identity] = UInt64(status.st_nlink)
      return false
    }
    let subfolders = try contents(of: path, name, in: parent)
    // Some file systems do not count a folder's links and say 1.
    if status.st_nlink != 1 && status.st_nlink != subfolders + 2 && !self.ignored.contains(.links) {
      entries[index].fields.append(("links", "\(status.st_nlink), with \(subfolders) subfolders"))
    }
    return true
  }

  /// Adds to each file with several names its link count and first name.
  consuming func finished() -> [TreeListing.Entry] {
    if ignored.contains(.links) { return entries }
    for (identity, indices) in groups {
      let count = counts[identity] ?? 0
      if count == 1 && indices.count == 1 { continue }
      for index in indices {
        entries[index].fields.append(("links", "\(count), \(indices.count) here, first \(entries[indices[0]].path)"))
      }
    }
    return entries
  }

  private mutating func contents(of path: RawName, _ name: RawName, in parent: FileDescriptor) throws -> UInt64 {
    let number = try check("open", path) {
      withBytes(name) { openat(parent.rawValue, $0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
    }
    let folder = FileDescriptor(rawValue: number)
    defer { try? folder.close() }
    var subfolders: UInt64 = 0
    for child in try directoryNames(path, number).sorted() {
      if try entry(path == "." ? child : path / child, child, in: folder) { subfolders += 1 }
    }
    return subfolders
  }

  private func linkTarget(_ path: RawName, _ name: RawName, in parent: FileDescriptor) throws -> RawName {
    var buffer = [CChar](repeating: 0, count: 8192)
    let count = try checkCount("readlink", path) {
      withBytes(name) { readlinkat(parent.rawValue, $0, &buffer, buffer.count) }
    }
    return RawName(buffer.prefix(count).map(UInt8.init(bitPattern:)))
  }

  private func xattrs(_ path: RawName, _ name: RawName, in parent: FileDescriptor) throws -> [(RawName, [UInt8])] {
    let entry = RawName("/proc/self/fd/\(parent.rawValue)") / name
    var names = [CChar](repeating: 0, count: 65_536)
    var count = withBytes(entry) { llistxattr($0, &names, names.count) }
    if count == -1 && errno == ENOTSUP { count = 0 }
    if count == -1 { throw Failure(call: "llistxattr", path: path, code: Errno(rawValue: errno)) }
    let listed = names.prefix(count).map(UInt8.init(bitPattern:)).split(separator: 0).map { RawName(Array($0)) }
    return try listed.sorted().compactMap { attribute in
      // What an overlay mount notes for itself is no part of the tree.
      if attribute.bytes.starts(with: "trusted.overlay.".utf8) { return nil }
      var value = [UInt8](repeating: 0, count: 65_536)
      let count = try checkCount("lgetxattr \(attribute) of", path) {
        withBytes(entry) { entry in withBytes(attribute) { lgetxattr(entry, $0, &value, value.count) } }
      }
      return (attribute, Array(value.prefix(count)))
    }
  }

  /// Reads the file to its end, which must be where its size says.
  private func contentHash(
    _ path: RawName, _ name: RawName, in parent: FileDescriptor, _ byteCount: UInt64
  ) throws -> String {
    let number = try check("open", path) {
      withBytes(name) { openat(parent.rawValue, $0, O_RDONLY | O_NOFOLLOW | O_CLOEXEC) }
    }
    defer { close(number) }
    var hash = ContentHash()
    var total: UInt64 = 0
    let size = ContentHash.pieceByteCount
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)
    defer { buffer.deallocate() }
    while true {
      var filled = 0
      while filled < size {
        let count = try checkCount("read", path) {
          read(number, buffer.baseAddress?.advanced(by: filled), size - filled)
        }
        if count == 0 { break }
        filled += count
      }
      if filled == 0 { break }
      hash.update(UnsafeRawBufferPointer(rebasing: buffer[..<filled]))
      total += UInt64(filled)
    }
    return total == byteCount ? hash.text : "\(total) bytes read"
  }

  private static func typeName(_ type: mode_t) -> String {
    switch type {
    case S_IFREG: "file"
    case S_IFDIR: "directory"
    case S_IFLNK: "symlink"
    case S_IFIFO: "fifo"
    case S_IFSOCK: "socket"
    case S_IFCHR: "character-device"
    case S_IFBLK: "block-device"
    default: "type-\(String(type, radix: 8))"
    }
  }
}

private typealias Failure = TreeBuilder.Failure

@discardableResult
private func check(_ call: String, _ path: RawName, _ body: () -> CInt) throws -> CInt {
  CInt(try checkCount(call, path) { Int(body()) })
}

private func checkCount(_ call: String, _ path: RawName, _ body: () -> Int) throws -> Int {
  let result = body()
  if result == -1 { throw Failure(call: call, path: path, code: Errno(rawValue: errno)) }
  return result
}

/// A hash to compare contents by, fast also in a debug build; not meant to resist anyone.
private struct ContentHash {
  static let pieceByteCount = 1 << 20

  private var state: UInt64 = 0x243F_6A88_85A3_08D3
  private var zeros: UInt64 = 0

  private mutating func mix(_ word: UInt64) {
    state = (state ^ word) &* 0x9E37_79B9_7F4A_7C15
    state ^= state >> 29
  }

  /// Takes the next bytes of the file, always in pieces of `pieceByteCount` but for the last.
  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard let start = bytes.baseAddress else { return }
    // Long runs of zeros are counted, by comparing the piece with itself one byte on.
    if bytes[0] == 0 && (bytes.count == 1 || memcmp(start, start + 1, bytes.count - 1) == 0) {
      zeros += UInt64(bytes.count)
      return
    }
    flush()
    var offset = 0
    while offset &+ 8 <= bytes.count {
      mix(start.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      offset &+= 8
    }
    var rest: UInt64 = UInt64(bytes.count)
    while offset < bytes.count {
      rest = rest << 8 | UInt64(bytes[offset])
      offset &+= 1
    }
    mix(rest)
  }

  private mutating func flush() {
    if zeros > 0 { mix(~zeros) }
    zeros = 0
  }

  var text: String {
    var copy = self
    copy.flush()
    return hexadecimal((0..<8).map { UInt8(truncatingIfNeeded: copy.state >> (56 - 8 * $0)) })
  }
}
