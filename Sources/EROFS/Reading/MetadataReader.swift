import FileTree
import ImageCore

/// Reads metadata through a few windows, so that neighbours cost one request; lives for one call.
///
/// It also counts what a call has gathered: overlapping structures in a small hostile image could otherwise claim
/// any amount of it.
struct MetadataReader {
  private struct Window {
    let start: UInt64
    let bytes: [UInt8]
  }

  private static let maxWindowCount = 8

  let volume: ErofsVolume
  private let windowByteCount: UInt64
  /// The most recently used first.
  private var windows: [Window] = []
  private var budget: UInt64
  /// Shared extended attributes by id.
  var sharedXattrs: [UInt32: ExtendedAttribute] = [:]

  /// Reads at least `windowByteCount` at once, a power of two.
  init(_ volume: ErofsVolume, windowByteCount: UInt64 = 4096) {
    self.volume = volume
    self.windowByteCount = windowByteCount
    // No honest image lists more than its own bytes; compressed directories need some more.
    budget = 16 << 20 + 4 * min(volume.store.byteCount, 1 << 60)
  }

  /// Runs `body` on `count` bytes from `offset`: the one way to metadata, and checked.
  mutating func withBytes<R>(
    at offset: UInt64, count: Int, _ body: (RawSpan) throws(ImageError) -> R
  ) throws(ImageError) -> R {
    let end = try offset.adding(UInt64(count), "an offset")
    var index = 0
    while index < windows.count {
      let window = windows[index]
      if window.start <= offset, end <= window.start + UInt64(window.bytes.count) {
        if index > 0 { windows.swapAt(0, index) }
        return try body(try window.bytes.rawSpan.slice(at: Int(offset - window.start), count: count))
      }
      index += 1
    }
    let start = offset & ~(windowByteCount - 1)
    let wanted = Int(max(windowByteCount, end - start))
    let bytes = try volume.store.bytes(at: start, upTo: wanted)
    guard end - start <= UInt64(bytes.count) else {
      throw ImageError(
        .truncated, "\(count) bytes needed, \(Int64(bytes.count) - Int64(offset - start)) there",
        offset: volume.store.baseOffset &+ offset)
    }
    if windows.count == Self.maxWindowCount { windows.removeLast() }
    windows.insert(Window(start: start, bytes: bytes), at: 0)
    return try body(try bytes.rawSpan.slice(at: Int(offset - start), count: count))
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
