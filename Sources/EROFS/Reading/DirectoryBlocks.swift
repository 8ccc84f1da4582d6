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
}

/// One block of a directory: 12 bytes for each entry at the beginning, the names behind.
struct DirectoryBlock: ~Escapable {
  private let bytes: RawSpan
  /// How many entries there are, `.` and `..` included.
  let count: Int

  /// - Throws: `.corrupt` with the offset in the block.
  @_lifetime(copy bytes)
  init(_ bytes: RawSpan) throws(ImageError) {
    self.bytes = bytes
    let first = try Dirent(bytes).nameOffset
    count = Int(first) / Dirent.byteCount
    guard count > 0, Int(first) % Dirent.byteCount == 0, Int(first) < bytes.byteCount else {
      throw ImageError(.corrupt, "nameoff of the first entry is \(first)", offset: 8)
    }
  }

  /// Where the name of entry `index` is.
  func place(_ index: Int) throws(ImageError) -> Range<Int> {
    let field = index * Dirent.byteCount + 8
    let start = Int(try bytes.u16(at: field))
    let isLast = index + 1 == count
    var end = isLast ? bytes.byteCount : Int(try bytes.u16(at: field + Dirent.byteCount))
    guard count * Dirent.byteCount <= start, start < end, end <= bytes.byteCount else {
      throw ImageError(.corrupt, "nameoff \(start) is not before \(end)", offset: UInt64(field))
    }
    if isLast {
      // What follows the last name is padding, perhaps none, perhaps more than a name could be long.
      var stop = start
      while stop < end, stop - start < 256, try bytes.u8(at: stop) != 0 { stop += 1 }
      end = stop
    }
    guard (1...255).contains(end - start) else {
      throw ImageError(.corrupt, "a name of \(end - start) bytes", offset: UInt64(start))
    }
    return start..<end
  }

  private func name(_ place: Range<Int>) throws(ImageError) -> FileName {
    let name = FileName(try bytes.array(at: place.lowerBound, count: place.count))
    for byte in name.bytes where byte == 0 || byte == UInt8(ascii: "/") {
      throw ImageError(
        .corrupt, "the name \(name) contains a slash or NUL", offset: UInt64(place.lowerBound))
    }
    return name
  }

  /// Entry `index`.
  func entry(_ index: Int) throws(ImageError) -> ErofsEntry {
    let name = try name(try place(index))
    let start = index * Dirent.byteCount
    return ErofsEntry(name: name, nid: try bytes.u64(at: start), fileType: try bytes.u8(at: start + 10))
  }

  /// Where `name` is: an index, or the count when it would stand behind all names; and whether that is its own place.
  func search(_ name: FileName) throws(ImageError) -> (index: Int, isFound: Bool) {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      let other = try self.name(try place(middle))
      if other == name { return (middle, true) }
      if other < name { low = middle + 1 } else { high = middle }
    }
    return (low, false)
  }

  /// Appends all entries but `.` and `..`, which are in ascending byte order of their names.
  ///
  /// `last` is the name before the first one, and afterwards the block's last one.
  func append(to entries: inout [ErofsEntry], after last: inout FileName?) throws(ImageError) {
    for index in 0..<count {
      let entry = try entry(index)
      if let last, !(last < entry.name) {
        throw ImageError(
          .corrupt, "the name \(entry.name) is not behind the one before it",
          offset: UInt64(try place(index).lowerBound))
      }
      last = entry.name
      if !entry.name.isDots { entries.append(entry) }
    }
  }
}

extension FileName {
  /// Whether it is `.` or `..`.
  fileprivate var isDots: Bool { bytes.count < 3 && bytes.allSatisfy { $0 == UInt8(ascii: ".") } }
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
      if buffer.count < count { buffer = [UInt8](repeating: 0, count: count) }
      try read(directory, at: position, into: &buffer, 0..<count)
      for start in stride(from: 0, to: count, by: volume.blockByteCount) {
        let bytes = buffer.rawSpan
        let size = min(volume.blockByteCount, count - start)
        do throws(ImageError) {
          let block = try DirectoryBlock(try bytes.slice(at: start, count: size))
          try block.append(to: &result, after: &last)
        } catch { throw fault(error, in: directory, at: position + UInt64(start)) }
      }
      position += UInt64(count)
    }
    return result
  }

  /// The entry `name` of a directory, by binary search; `nil` where there is none.
  mutating func entry(_ name: FileName, of directory: ErofsInode) throws(ImageError) -> ErofsEntry? {
    if name.isDots { return nil }
    let blockByteCount = UInt64(volume.blockByteCount)
    var low: UInt64 = 0
    var high = directory.byteCount.dividedRoundingUp(by: blockByteCount)
    var bytes = [UInt8](repeating: 0, count: Int(min(blockByteCount, directory.byteCount)))
    while low < high {
      let middle = low + (high - low) / 2
      let position = middle * blockByteCount
      let count = Int(min(blockByteCount, directory.byteCount - position))
      try read(directory, at: position, into: &bytes, 0..<count)
      do throws(ImageError) {
        let span = bytes.rawSpan
        let block = try DirectoryBlock(try span.slice(at: 0, count: count))
        let (index, isFound) = try block.search(name)
        if isFound { return try block.entry(index) }
        if index == 0 {
          high = middle
        } else if index == block.count {
          low = middle + 1
        } else {
          return nil
        }
      } catch { throw fault(error, in: directory, at: position) }
    }
    return nil
  }

  /// An error in the block at `position` of a directory.
  private func fault(_ error: ImageError, in directory: ErofsInode, at position: UInt64) -> ImageError {
    let place = volume.offset(of: position, in: directory)
    return volume.fault(error.code, error.message, at: place &+ (error.offset ?? 0))
      .inContext("directory block \(position >> UInt64(volume.blockBits))")
  }
}
