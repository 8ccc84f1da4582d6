import ImageCore

/// The decoder of one format: what a file of this folder brings.
///
/// A stream is a row of members (gzip's word; frames of Zstandard, streams of bzip2), each of which stands alone. A class,
/// because the libraries' states must stay where they are and be freed.
protocol StreamDecoder: AnyObject {
  /// How many bytes `begin` looks at, where there are so many.
  var headerByteCount: Int { get }

  /// Makes ready for a member that begins with `input[range]`.
  func begin(_ input: borrowing [UInt8], _ range: Range<Int>, isFirst: Bool) throws(StreamFault)

  /// Decodes from `input[range]` into `output[place]`, which is not empty, until one of them is used up or the member ends.
  ///
  /// `isLast` says that nothing comes after `input[range]`.
  func decode(
    _ input: borrowing [UInt8], _ range: Range<Int>, isLast: Bool, into output: inout [UInt8], _ place: Range<Int>
  ) throws(StreamFault) -> StreamStep
}

/// What came of one step.
struct StreamStep {
  var consumed: Int
  var produced: Int
  /// Whether the member is over, and all its bytes are out and checked.
  var isEnd: Bool
}

/// Why a stream cannot be decoded.
struct StreamFault: Error {
  var code: ImageError.Code = .corrupt
  var message: String
  /// How many bytes of the step's input are in front of the fault, as far as the library says.
  var consumed = 0

  static let noMemory = StreamFault(code: .limit, message: "no memory for the decoder")
  static let truncated = StreamFault(code: .truncated, message: "ends in the middle")

  static func unsupported(_ message: String) -> StreamFault { StreamFault(code: .unsupported, message: message) }

  /// A decoder that needs more memory than it may have.
  static func memory(_ needed: UInt64, limit: UInt64) -> StreamFault {
    StreamFault(code: .limit, message: "the decoder needs \(needed) bytes of memory, and may have \(limit)")
  }

  /// Checks that a member begins with its magic, as far as there are bytes: of the rest, the libraries know.
  static func checkMagic(
    _ magic: [UInt8], _ input: borrowing [UInt8], _ range: Range<Int>, isFirst: Bool
  ) throws(StreamFault) {
    for (index, byte) in zip(range, magic) where input[index] != byte { throw .wrongMagic(isFirst: isFirst) }
  }

  static func wrongMagic(isFirst: Bool) -> StreamFault {
    StreamFault(message: isFirst ? "does not begin as it should" : "something else follows its end")
  }
}

/// Calls a library with a step's two buffers.
func withBuffers<Result>(
  _ input: borrowing [UInt8], _ range: Range<Int>, _ output: inout [UInt8], _ place: Range<Int>,
  _ body: (UnsafeBufferPointer<UInt8>, UnsafeMutableBufferPointer<UInt8>) -> Result
) -> Result {
  unsafe input.withUnsafeBufferPointer { from in
    unsafe output.withUnsafeMutableBufferPointer { to in
      unsafe body(UnsafeBufferPointer(rebasing: from[range]), UnsafeMutableBufferPointer(rebasing: to[place]))
    }
  }
}

/// What is not compressed.
final class PlainDecoder: StreamDecoder {
  let headerByteCount = 0

  func begin(_ input: borrowing [UInt8], _ range: Range<Int>, isFirst: Bool) {}

  func decode(
    _ input: borrowing [UInt8], _ range: Range<Int>, isLast: Bool, into output: inout [UInt8], _ place: Range<Int>
  ) -> StreamStep {
    let count = min(range.count, place.count)
    output.copy(input, range.lowerBound..<range.lowerBound + count, to: place.lowerBound)
    return StreamStep(consumed: count, produced: count, isEnd: isLast && count == range.count)
  }
}
