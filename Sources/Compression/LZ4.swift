import CLZ4
package import ImageCore

/// How much work LZ4 does: the fast match finder, or the high-compression one at a level.
package enum LZ4Effort: Sendable, Hashable {
  case fast
  case high(level: Int)
}

/// Compresses into an output of fixed size, as EROFS wants it: how much input fits is the question.
///
/// Holds the compressor's working memory; one for each thread's job.
@safe package final class LZ4Compressor: BlockCompressor {
  private let effort: LZ4Effort
  private let state: UnsafeMutableRawPointer?

  package init(_ effort: LZ4Effort) {
    self.effort = effort
    if case .high = effort {
      unsafe state = UnsafeMutableRawPointer.allocate(byteCount: Int(LZ4_sizeofStateHC()), alignment: 16)
    } else {
      unsafe state = nil
    }
  }

  deinit { unsafe state?.deallocate() }

  /// Compresses as much of `source[range]` as fits into `target[0..<capacity]`.
  ///
  /// - Returns: The bytes read and written; nothing written when it cannot be done.
  package func compress(
    _ source: borrowing [UInt8], _ range: Range<Int>, into target: inout [UInt8], capacity: Int
  ) -> (consumed: Int, produced: Int) {
    precondition(range.lowerBound >= 0 && range.upperBound <= source.count && capacity <= target.count)
    var consumed = CInt(range.count)
    let produced = unsafe source.withUnsafeBytes { input in
      unsafe target.withUnsafeMutableBytes { output in
        let from = unsafe input.baseAddress?.advanced(by: range.lowerBound).assumingMemoryBound(to: CChar.self)
        let to = unsafe output.baseAddress?.assumingMemoryBound(to: CChar.self)
        switch effort {
        case .fast: return unsafe LZ4_compress_destSize(from, to, &consumed, CInt(capacity))
        case .high(let level):
          return unsafe LZ4_compress_HC_destSize(state, from, to, &consumed, CInt(capacity), CInt(level))
        }
      }
    }
    return produced > 0 ? (Int(consumed), Int(produced)) : (0, 0)
  }
}

/// The other direction.
package enum LZ4 {
  /// Decompresses the beginning of the block `source[input]`: exactly as many bytes as `output[range]` has, though the
  /// block may hold more.
  ///
  /// - Throws: `.corrupt` when the block does not give that many.
  package static func decompress(
    _ source: borrowing [UInt8], _ input: Range<Int>, into output: inout [UInt8], _ range: Range<Int>
  ) throws(ImageError) {
    precondition(input.lowerBound >= 0 && input.upperBound <= source.count)
    precondition(range.lowerBound >= 0 && range.upperBound <= output.count)
    let count = unsafe source.withUnsafeBytes { from in
      unsafe output.withUnsafeMutableBytes { to in
        unsafe LZ4_decompress_safe_partial(
          from.baseAddress?.advanced(by: input.lowerBound).assumingMemoryBound(to: CChar.self),
          to.baseAddress?.advanced(by: range.lowerBound).assumingMemoryBound(to: CChar.self),
          CInt(input.count), CInt(range.count), CInt(range.count))
      }
    }
    if Int(count) != range.count {
      throw ImageError(.corrupt, "an LZ4 block does not decompress to \(range.count) bytes")
    }
  }
}
