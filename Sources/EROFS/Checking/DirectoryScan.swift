import FileTree
import ImageCore

/// A directory that is being checked, in pieces: whatever is wrong with one entry, the others are seen.
struct DirectoryScan {
  let inode: ErofsInode
  let path: ErofsPath?
  /// What `..` must be.
  let parent: UInt64
  /// Whether it says that it has no `.`.
  let mayLackDot: Bool

  var position: UInt64 = 0
  var subdirectoryCount: UInt32 = 0
  private var last: FileName?
  private var hasDot = false
  private var hasDotDot = false

  init(inode: ErofsInode, path: ErofsPath?, parent: UInt64, mayLackDot: Bool) {
    self.inode = inode
    self.path = path
    self.parent = parent
    self.mayLackDot = mayLackDot
  }

  /// What is missing, after all pieces.
  var missingDots: [String] {
    (hasDot || mayLackDot ? [] : ["no entry ."]) + (hasDotDot ? [] : ["no entry .."])
  }

  /// The entries of the block `range` of `bytes` that can be read, without the dots.
  mutating func entries(
    _ bytes: RawSpan, _ range: Range<Int>, _ volume: ErofsVolume, _ report: (ErofsPath?, String) -> Void
  ) -> [ErofsEntry] {
    let (place, inode, path) = (position + UInt64(range.lowerBound), inode, path)
    func fault(_ message: String, at offset: Int) {
      let error = volume.corrupt(message, at: volume.offset(of: place + UInt64(offset), in: inode))
      report(path, "directory block \(place >> UInt64(volume.blockBits)): \(error)")
    }
    guard let block = try? bytes.slice(at: range.lowerBound, count: range.count), let first = try? Dirent(block)
    else {
      fault("\(range.count) bytes are no entry", at: 0)
      return []
    }
    let start = Int(first.nameOffset)
    guard start >= Dirent.byteCount, start % Dirent.byteCount == 0, start < block.byteCount else {
      fault("nameoff of the first entry is \(start)", at: 8)
      return []
    }
    let count = start / Dirent.byteCount
    var result: [ErofsEntry] = []
    result.reserveCapacity(count)
    var entry = first
    for index in 0..<count {
      let next = index + 1 < count ? try? Dirent(block, at: (index + 1) * Dirent.byteCount) : nil
      defer { if let next { entry = next } }
      let end = next.map { Int($0.nameOffset) } ?? block.byteCount
      guard Int(entry.nameOffset) >= start, Int(entry.nameOffset) < end, end <= block.byteCount else {
        fault("nameoff \(entry.nameOffset) is not between \(start) and \(end)", at: index * Dirent.byteCount + 8)
        continue
      }
      guard let name = Self.name(block, Int(entry.nameOffset), end, isLast: next == nil, { fault($0, at: $1) }) else {
        continue
      }
      if let last, last >= name {
        fault(
          last == name ? "the name \(name) is there twice" : "the name \(name) is not behind the one before it",
          at: Int(entry.nameOffset))
      }
      last = name
      let found = ErofsEntry(name: name, nid: entry.nid, fileType: entry.fileType)
      if !isDot(found, { fault($0, at: $1) }) { result.append(found) }
    }
    return result
  }

  private static func name(
    _ block: RawSpan, _ start: Int, _ end: Int, isLast: Bool, _ fault: (String, Int) -> Void
  ) -> FileName? {
    // What follows the last name is padding, perhaps none, perhaps more than a name could be long.
    guard var bytes = try? block.array(at: start, count: isLast ? min(end - start, 256) : end - start) else {
      return nil
    }
    if isLast, let terminator = bytes.firstIndex(of: 0) { bytes.removeSubrange(terminator...) }
    guard (1...255).contains(bytes.count) else {
      fault("a name of \(bytes.count) bytes", start)
      return nil
    }
    let name = FileName(bytes)
    guard !bytes.contains(0), !bytes.contains(UInt8(ascii: "/")) else {
      fault("the name \(name) contains a slash or NUL", start)
      return nil
    }
    return name
  }

  /// Checks the two entries that every directory has.
  private mutating func isDot(_ entry: ErofsEntry, _ fault: (String, Int) -> Void) -> Bool {
    let isParent = entry.name.bytes == [0x2E, 0x2E]
    guard isParent || entry.name.bytes == [0x2E] else { return false }
    let wanted = isParent ? parent : inode.nid
    if entry.nid != wanted { fault("\(entry.name) is inode \(entry.nid), not \(wanted)", 0) }
    if entry.fileType != 2 && entry.fileType != 0 { fault("\(entry.name) has file_type \(entry.fileType)", 0) }
    if isParent { hasDotDot = true } else { hasDot = true }
    return true
  }
}
