import Synchronization

/// Byte buffers that are used again: the first touch of fresh memory costs more than compressing into it.
///
/// For the same reason nothing fills a new one: of a buffer that stays half empty, half is never touched.
package final class BufferPool: Sendable {
  private let free = Mutex<[[UInt8]]>([])
  private let limit: Int

  /// Keeps at most `limit` buffers.
  package init(limit: Int) { self.limit = limit }

  /// A buffer of exactly `count` bytes of any content.
  package func take(_ count: Int) -> [UInt8] {
    let used = free.withLock { buffers -> [UInt8]? in
      guard let index = buffers.lastIndex(where: { $0.count == count }) else { return nil }
      return buffers.remove(at: index)
    }
    return used ?? Self.make(count)
  }

  /// A buffer of `count` bytes or more, of any content.
  package func take(atLeast count: Int) -> [UInt8] {
    let used = free.withLock { buffers -> [UInt8]? in
      if let index = buffers.lastIndex(where: { $0.count >= count }) { return buffers.remove(at: index) }
      // One that is too short would only be in the way.
      if !buffers.isEmpty { buffers.removeLast() }
      return nil
    }
    return used ?? Self.make(count.roundedUpToPowerOfTwo)
  }

  private static func make(_ count: Int) -> [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: count) { _, initialized in initialized = count }
  }

  /// Hands a buffer back.
  package func give(_ buffer: consuming [UInt8]) {
    let buffer = buffer
    free.withLock { if $0.count < limit { $0.append(buffer) } }
  }
}

extension Int {
  /// The smallest power of two that is not below `self`.
  fileprivate var roundedUpToPowerOfTwo: Int { self < 2 ? 1 : 1 << (Int.bitWidth - (self - 1).leadingZeroBitCount) }
}
