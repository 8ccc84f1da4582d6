import FileTree
import ImageCore

/// A directory that is being checked, in pieces: whatever is wrong with one entry, the others are seen.
struct DirectoryScan {
  let inode: ErofsInode
  let path: NestedPath?
  /// What `..` must be.
  let parent: UInt64
  /// Whether it says that it has no `.`.
  let mayLackDot: Bool

  var position: UInt64 = 0
  var subdirectoryCount: UInt32 = 0
  private var last: FileName?
  private var hasDot = false
  private var hasDotDot = false

  init(inode: ErofsInode, path: NestedPath?, parent: UInt64, mayLackDot: Bool) {
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
    _ bytes: RawSpan, _ range: Range<Int>, _ volume: ErofsVolume, _ report: (NestedPath?, String) -> Void
  ) -> [ErofsEntry] {
    let (place, inode, path) = (position + UInt64(range.lowerBound), inode, path)
    func fault(_ message: String, at offset: Int) {
      let error = volume.corrupt(message, at: volume.offset(of: place + UInt64(offset), in: inode))
      report(path, "directory block \(place >> UInt64(volume.blockBits)): \(error)")
    }
    do throws(ImageError) {
      let block = try DirectoryBlock(try bytes.slice(at: range.lowerBound, count: range.count))
      var result: [ErofsEntry] = []
      result.reserveCapacity(block.count)
      for index in 0..<block.count {
        do throws(ImageError) {
          let entry = try block.entry(index)
          if let last, last >= entry.name {
            fault(
              last == entry.name
                ? "the name \(entry.name) is there twice" : "the name \(entry.name) is not behind the one before it",
              at: try block.place(index).lowerBound)
          }
          last = entry.name
          if !isDot(entry, { fault($0, at: $1) }) { result.append(entry) }
        } catch { fault(error.message, at: Int(error.offset ?? 0)) }
      }
      return result
    } catch {
      fault(error.message, at: Int(error.offset ?? 0))
      return []
    }
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
