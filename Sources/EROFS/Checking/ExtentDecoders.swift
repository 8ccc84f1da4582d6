import Compression
import ImageCore
import Synchronization

/// Buffers for those who decompress, used again: one pair for each thread.
final class ExtentDecoders: Sendable {
  private struct Buffers {
    var input: [UInt8] = []
    var output: [UInt8] = []
    var decompressor = BlockDecompressor()
  }

  private static let touchByteCount = 1 << 20

  private let free = Mutex<[Buffers]>([])

  private func withBuffers<R>(_ body: (inout Buffers) throws(ImageError) -> R) throws(ImageError) -> R {
    var buffers = free.withLock { $0.popLast() } ?? Buffers()
    let result = Result { () throws(ImageError) in try body(&buffers) }
    free.withLock { $0.append(buffers) }
    return try result.get()
  }

  /// Reads bytes: what cannot be read is an error.
  func touch(
    _ volume: ErofsVolume, device: Int = 0, _ offset: UInt64, _ byteCount: UInt64
  ) throws(ImageError) {
    try withBuffers { (buffers) throws(ImageError) in
      var done: UInt64 = 0
      while done < byteCount {
        let count = Int(min(UInt64(Self.touchByteCount), byteCount - done))
        buffers.input.grow(to: count)
        try volume.devices.read(device: device, at: offset + done, into: &buffers.input, 0..<count)
        done += UInt64(count)
      }
    }
  }

  /// Decompresses a pcluster, which is inside the image, to `length` bytes.
  func decompress(
    _ pcluster: Pcluster, _ algorithm: BlockAlgorithm, _ length: Int, _ reader: inout MetadataReader
  ) throws(ImageError) -> BlockOutcome {
    let volume = reader.volume
    return try withBuffers { (buffers) throws(ImageError) -> BlockOutcome in
      buffers.input.grow(to: pcluster.byteCount)
      buffers.output.grow(to: length)
      if pcluster.offset & ErofsVolume.inMetabox != 0 {
        try reader.copyMetadata(at: pcluster.offset, into: &buffers.input, 0..<pcluster.byteCount)
      } else {
        try volume.devices.read(at: pcluster.offset, into: &buffers.input, 0..<pcluster.byteCount)
      }
      var start = 0
      if volume.isZeroPadded {
        // The kernel looks for the beginning in the first block alone.
        let inBlock = Int(pcluster.offset & UInt64(volume.blockByteCount - 1))
        let limit = min(pcluster.byteCount, volume.blockByteCount - inBlock)
        while start < limit, buffers.input[start] == 0 { start += 1 }
        if start == limit { return .damaged }
        return buffers.decompressor.check(
          algorithm, buffers.input, start..<pcluster.byteCount, into: &buffers.output, 0..<length)
      }
      do throws(ImageError) {
        try buffers.decompressor.decompress(
          algorithm, buffers.input, 0..<pcluster.byteCount, into: &buffers.output, 0..<length)
        return .exact
      } catch { return .damaged }
    }
  }
}

extension [UInt8] {
  fileprivate mutating func grow(to count: Int) {
    if self.count < count { self = [UInt8](repeating: 0, count: Swift.max(count, 1 << 16)) }
  }
}
