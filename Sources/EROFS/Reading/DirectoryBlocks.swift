public import FileTree
internal import ImageCore

/// A name in a directory of an EROFS image.
public struct ErofsEntry: Sendable, Hashable {
  /// One component.
  public let name: FileName
  /// The inode that it names.
  public let nid: UInt64
  /// `EROFS_FT_*`: the type as the directory repeats it; 0 for unknown.
  package let fileType: UInt8

  fileprivate var isDots: Bool { name.bytes == [0x2E] || name.bytes == [0x2E, 0x2E] }
}

/// One block of a directory: 12 bytes for each entry at the beginning, the names behind.
enum DirectoryBlock {
  /// All entries, `.` and `..` included, in ascending byte order of their names.
  ///
  /// - Throws: `.corrupt` with the offset in the block.
  static func entries(_ block: RawSpan) throws(ImageError) -> [ErofsEntry] {
    let first = try Dirent(block)
    let count = Int(first.nameOffset) / Dirent.byteCount
    guard count > 0, Int(first.nameOffset) % Dirent.byteCount == 0, Int(first.nameOffset) < block.byteCount else {
      throw ImageError(.corrupt, "nameoff of the first entry is \(first.nameOffset)", offset: 8)
    }
    var entries: [ErofsEntry] = []
    entries.reserveCapacity(count)
    var entry = first
    for index in 0..<count {
      let next = index + 1 < count ? try Dirent(block, at: (index + 1) * Dirent.byteCount) : nil
      let end = next.map { Int($0.nameOffset) } ?? block.byteCount
      guard Int(entry.nameOffset) < end, end <= block.byteCount else {
        throw ImageError(
          .corrupt, "nameoff \(entry.nameOffset) is not before \(end)",
          offset: UInt64(index * Dirent.byteCount + 8))
      }
      let name = try name(block, Int(entry.nameOffset), end, isLast: next == nil)
      guard entries.last.map({ $0.name < name }) ?? true else {
        throw ImageError(
          .corrupt, "the name \(name) is not behind the one before it", offset: UInt64(entry.nameOffset))
      }
      entries.append(ErofsEntry(name: name, nid: entry.nid, fileType: entry.fileType))
      if let next { entry = next }
    }
    return entries
  }

  private static func name(
    _ block: RawSpan, _ start: Int, _ end: Int, isLast: Bool
  ) throws(ImageError) -> FileName {
    // What follows the last name is padding, perhaps none, perhaps more than a name could be long.
    var bytes = try block.array(at: start, count: isLast ? min(end - start, 256) : end - start)
    if isLast, let terminator = bytes.firstIndex(of: 0) { bytes.removeSubrange(terminator...) }
    guard (1...255).contains(bytes.count) else {
      throw ImageError(.corrupt, "a name of \(bytes.count) bytes", offset: UInt64(start))
    }
    let name = FileName(bytes)
    for byte in bytes where byte == 0 || byte == UInt8(ascii: "/") {
      throw ImageError(.corrupt, "the name \(name) contains a slash or NUL", offset: UInt64(start))
    }
    return name
  }
}

extension MetadataReader {
  /// A directory's entries without `.` and `..`, in byte order.
  mutating func entries(of directory: ErofsInode) throws(ImageError) -> [ErofsEntry] {
    try charge(directory.byteCount)
    var result: [ErofsEntry] = []
    var last: FileName?
    let step = UInt64(max(volume.blockByteCount, 1 << 16))
    var buffer: [UInt8] = []
    var position: UInt64 = 0
    while position < directory.byteCount {
      let count = Int(min(step, directory.byteCount - position))
      if buffer.count != count { buffer = [UInt8](repeating: 0, count: count) }
      try read(directory, at: position, into: &buffer, 0..<count)
      for start in stride(from: 0, to: count, by: volume.blockByteCount) {
        let entries = try entries(
          buffer.rawSpan, start..<min(count, start + volume.blockByteCount), of: directory, at: position)
        if let last, let first = entries.first, first.name <= last {
          throw volume.corrupt(
            "the name \(first.name) is not behind the one before it",
            at: volume.offset(of: position + UInt64(start), in: directory))
        }
        last = entries.last?.name
        result.append(contentsOf: entries.lazy.filter { !$0.isDots })
      }
      position += UInt64(count)
    }
    return result
  }

  /// The entry `name` of a directory, by binary search; `nil` where there is none.
  mutating func entry(_ name: FileName, of directory: ErofsInode) throws(ImageError) -> ErofsEntry? {
    let blockByteCount = UInt64(volume.blockByteCount)
    var low: UInt64 = 0
    var high = directory.byteCount.dividedRoundingUp(by: blockByteCount)
    while low < high {
      let middle = low + (high - low) / 2
      let position = middle * blockByteCount
      let count = Int(min(blockByteCount, directory.byteCount - position))
      var block = [UInt8](repeating: 0, count: count)
      try read(directory, at: position, into: &block, 0..<count)
      let entries = try entries(block.rawSpan, 0..<count, of: directory, at: position)
      guard let first = entries.first, let last = entries.last else { return nil }
      if name < first.name {
        high = middle
      } else if name > last.name {
        low = middle + 1
      } else {
        return entries.first { $0.name == name && !$0.isDots }
      }
    }
    return nil
  }

  /// The entries of the block `range` of `bytes`, which begin at `position` of the directory.
  private func entries(
    _ bytes: RawSpan, _ range: Range<Int>, of directory: ErofsInode, at position: UInt64
  ) throws(ImageError) -> [ErofsEntry] {
    do {
      return try DirectoryBlock.entries(try bytes.slice(at: range.lowerBound, count: range.count))
    } catch {
      let start = position + UInt64(range.lowerBound)
      throw error.inContext(
        "directory block \(start >> UInt64(volume.blockBits))",
        base: volume.store.baseOffset &+ volume.offset(of: start, in: directory))
    }
  }
}

extension UInt64 {
  /// `self / divisor` rounded up, for any value.
  func dividedRoundingUp(by divisor: UInt64) -> UInt64 { self / divisor + (self % divisor == 0 ? 0 : 1) }
}
