import FileTree
import ImageCore

/// The data of a directory: blocks of entries in byte order of the names, `.` and `..` among them.
///
/// The length depends on the names alone, so that directories are placed before it is known where their files are.
struct DirectoryEncoder {
  struct Entry {
    let name: [UInt8]
    let nid: UInt64
    let type: FileType
  }

  private static let dots: [FileName] = [".", ".."]

  /// The directory's `i_size`.
  static func byteCount(_ names: some Collection<FileName>, _ block: BlockSize) -> Int {
    var full = 0
    var used = 0
    forEachInOrder(names.lazy.map(\.bytes)) { _, name in
      let needed = Dirent.byteCount + name.count
      if used + needed > block.byteCount {
        full += 1
        used = 0
      }
      used += needed
    }
    return full * block.byteCount + used
  }

  /// The bytes; `entries` are in byte order and without the dots, which `parent` and `own` stand for.
  static func encode(_ entries: [Entry], own: UInt64, parent: UInt64, _ size: BlockSize) -> [UInt8] {
    var bytes: [UInt8] = []
    var block: [Entry] = []
    var used = 0
    func flush() {
      var nameOffset = block.count * Dirent.byteCount
      for entry in block {
        var dirent = Dirent()
        dirent.nid = entry.nid
        dirent.nameOffset = UInt16(truncatingIfNeeded: nameOffset)
        dirent.fileType = entry.type.directoryEntryType
        dirent.append(to: &bytes)
        nameOffset += entry.name.count
      }
      for entry in block { bytes += entry.name }
      block = []
      used = 0
    }
    forEachInOrder(entries.lazy.map(\.name)) { index, name in
      let needed = Dirent.byteCount + name.count
      if used + needed > size.byteCount {
        flush()
        bytes.pad(to: size.byteCount)
      }
      used += needed
      if let index {
        block.append(entries[index])
      } else {
        block.append(Entry(name: name, nid: name.count == 1 ? own : parent, type: .directory))
      }
    }
    flush()
    return bytes
  }

  /// Calls `body` with all names and the dots in byte order, with the name's index, or `nil` for a dot.
  private static func forEachInOrder(_ names: some Sequence<[UInt8]>, _ body: (Int?, [UInt8]) -> Void) {
    var dots = Self.dots.map(\.bytes)[...]
    for (index, name) in names.enumerated() {
      while let dot = dots.first, dot.lexicographicallyPrecedes(name) {
        body(nil, dot)
        dots = dots.dropFirst()
      }
      body(index, name)
    }
    for dot in dots { body(nil, dot) }
  }
}
