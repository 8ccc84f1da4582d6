import FileTree
import ImageCore

/// Reads metadata through a few windows, so that neighbours cost one request; lives for one call.
///
/// It also counts what a call has gathered: overlapping structures in a small hostile image could otherwise claim
/// any amount of it.
struct MetadataReader {
  /// How a call goes through the metadata.
  enum Access {
    /// Here and there.
    case scattered
    /// From one inode to its neighbour: few windows, as the memory for each costs more than to read it again.
    case inOrder

    /// How much is read at once, a power of two.
    var windowByteCount: UInt64 { self == .scattered ? 1 << 12 : 1 << 14 }
    /// How many windows there are, a power of two: each has its own part of all places.
    var windowCount: UInt64 { self == .scattered ? 256 : 32 }
  }

  let volume: ErofsVolume
  var buffers: ReadingBuffers
  private let access: Access
  private var budget: UInt64
  /// Shared extended attributes by id.
  var sharedXattrs: [UInt32: ExtendedAttribute] = [:]

  init(_ volume: ErofsVolume, _ access: Access = .scattered, buffers: ReadingBuffers = ReadingBuffers()) {
    self.volume = volume
    self.access = access
    self.buffers = buffers
    // No honest image lists much more than its own bytes; compressed metadata needs some more.
    budget = 64 << 20 + 16 * min(volume.store.byteCount, 1 << 58)
  }

  /// Runs `body` on `count` bytes from `offset`: the one way to metadata, and checked.
  mutating func withBytes<R>(
    at offset: UInt64, count: Int, _ body: (RawSpan) throws(ImageError) -> R
  ) throws(ImageError) -> R {
    let end = try offset.adding(UInt64(count), "an offset")
    let slot = slot(offset, end)
    if slot >= buffers.windows.count || !buffers.windows[slot].contains(offset, end) {
      try fillWindow(slot, offset, end)
    }
    let window = buffers.windows[slot]
    return try body(try window.bytes.rawSpan.slice(at: Int(offset - window.start), count: count))
  }

  /// Which window has these bytes, if any has; the last one is for what lies across a border.
  private func slot(_ offset: UInt64, _ end: UInt64) -> Int {
    let number = offset / access.windowByteCount
    let isInOne = end <= offset || (end - 1) / access.windowByteCount == number
    return Int(isInOne ? number & (access.windowCount - 1) : access.windowCount)
  }

  /// Whether these bytes are metadata that was read already.
  func isInWindow(_ offset: UInt64, count: Int) -> Bool {
    let (end, overflow) = offset.addingReportingOverflow(UInt64(count))
    let slot = slot(offset, end)
    return !overflow && slot < buffers.windows.count && buffers.windows[slot].contains(offset, end)
  }

  private mutating func fillWindow(_ slot: Int, _ offset: UInt64, _ end: UInt64) throws(ImageError) {
    while buffers.windows.count <= Int(access.windowCount) { buffers.windows.append(ReadingBuffers.Window()) }
    let start = offset & ~(access.windowByteCount - 1)
    let wanted = Int(max(access.windowByteCount, end - start))
    var window = ReadingBuffers.Window()
    swap(&window, &buffers.windows[slot])
    if window.bytes.count < wanted { window.bytes = [UInt8](repeating: 0, count: wanted) }
    window.start = start
    window.count = try fill(&window.bytes, from: start, wanted: wanted)
    guard end - start <= UInt64(window.count) else {
      let needed = end - offset
      throw volume.fault(
        .truncated, "\(needed) bytes needed, \(max(0, Int64(window.count) - Int64(offset - start))) there", at: offset)
    }
    buffers.windows[slot] = window
  }

  /// Reads as much of `wanted` bytes of metadata as there is.
  private mutating func fill(
    _ bytes: inout [UInt8], from start: UInt64, wanted: Int
  ) throws(ImageError) -> Int {
    guard start & ErofsVolume.inMetabox != 0 else {
      let count = Int(min(UInt64(wanted), volume.store.byteCount - min(start, volume.store.byteCount)))
      try volume.store.read(at: min(start, volume.store.byteCount), into: &bytes, 0..<count)
      return count
    }
    // Another reader: this one may be in the midst of a file whose map is in the metabox.
    var reader = MetadataReader(volume, buffers: buffers.metabox.popLast() ?? ReadingBuffers())
    defer { buffers.metabox.append(reader.buffers) }
    return try inContext("metabox") { () throws(ImageError) in
      let metabox = try reader.metaboxInode()
      let place = start & ~ErofsVolume.inMetabox
      guard place < metabox.byteCount else { return 0 }
      let count = Int(min(UInt64(wanted), metabox.byteCount - place))
      try reader.read(metabox, at: place, into: &bytes, 0..<count)
      return count
    }
  }

  /// The record at `offset`.
  mutating func record<R: Record>(_ type: R.Type, at offset: UInt64) throws(ImageError) -> R {
    try withBytes(at: offset, count: R.byteCount) { (bytes) throws(ImageError) in try R(bytes) }
  }

  /// `count` bytes from `offset`, copied.
  mutating func array(at offset: UInt64, count: Int) throws(ImageError) -> [UInt8] {
    try withBytes(at: offset, count: count) { (bytes) throws(ImageError) in try bytes.array(at: 0, count: count) }
  }

  /// Counts `byteCount` bytes that this call gathers.
  ///
  /// - Throws: `.limit` when it is more than an honest image of this length can hold.
  mutating func charge(_ byteCount: UInt64) throws(ImageError) {
    guard byteCount <= budget else {
      throw ImageError(.limit, "directories and attributes claim more bytes than an image of this length can hold")
    }
    budget -= byteCount
  }
}

extension MetadataReader {
  /// The inode that holds fragments.
  mutating func packedInode() throws(ImageError) -> ErofsInode {
    if let known = volume.shared.packedInode { return known }
    let result = try namelessInode(volume.packedNID, "packed inode")
    volume.shared.packedInode = result
    return result
  }

  /// The inode that holds metadata, which itself is outside of it.
  mutating func metaboxInode() throws(ImageError) -> ErofsInode {
    if let known = volume.shared.metaboxInode { return known }
    let result = try namelessInode(volume.metaboxNID, "metabox")
    volume.shared.metaboxInode = result
    return result
  }

  private mutating func namelessInode(_ nid: UInt64?, _ name: String) throws(ImageError) -> ErofsInode {
    guard let nid else { throw ImageError(.corrupt, "there is no \(name)") }
    return try inode(nid)
  }
}
