import Compression
import ImageCore
import SystemPackage
import TestSupport

/// What is compressed in these tests.
enum Sample: String, CaseIterable, Sendable {
  case text
  case random
  case zeros
  case program
  /// Parts that compress and parts that do not.
  case mixed
  /// Begins with what does not compress, so that some coders begin with a stored block.
  case randomThenZeros
  case short
  case oneByte

  private static let all = Dictionary(uniqueKeysWithValues: allCases.map { ($0, $0.made) })

  var bytes: [UInt8] { Self.all[self] ?? [] }

  private var made: [UInt8] {
    switch self {
    case .text: return Content.text(300_000, seed: 1).bytes
    case .random: return Content.random(200_000, seed: 2).bytes
    case .zeros: return Content.zero(300_000).bytes
    case .program: return Self.machineCode
    case .mixed:
      return Content.joined([
        .text(3000, seed: 3), .random(2500, seed: 4), .zero(9000), .text(60_000, seed: 5), .random(70_000, seed: 6),
        .text(100_000, seed: 7),
      ]).bytes
    case .randomThenZeros: return Content.joined([.random(70_000, seed: 8), .zero(200_000)]).bytes
    case .short: return Content.repeating([1, 2, 3], count: 30).bytes
    case .oneByte: return [7]
    }
  }

  /// Machine code: the beginning of the running program.
  private static let machineCode: [UInt8] = {
    do throws(ImageError) {
      return try ByteStore(contentsOf: "/proc/self/exe").bytes(at: 0, upTo: 300_000)
    } catch {
      fatalError("\(error)")
    }
  }()
}

/// A compressed block and what it holds.
struct Block {
  let codec: BlockCodec
  let bytes: [UInt8]
  let content: [UInt8]

  /// The beginning of `source` in a block of `capacity`; `nil` when there is no gain.
  init?(_ codec: BlockCodec, _ source: [UInt8], capacity: Int, with compressor: (any BlockCompressor)? = nil) {
    let compressor = compressor ?? codec.makeCompressor(pclusterByteCount: capacity)
    let place = 5..<5 + capacity
    var target = [UInt8](repeating: 0xAA, count: capacity + 13)
    let (consumed, produced) = compressor.compress(source, source.indices, into: &target, place)
    let around = target[..<place.lowerBound] + target[place.upperBound...]
    guard produced > 0, around.allSatisfy({ $0 == 0xAA }) else { return nil }
    self.codec = codec
    bytes = Array(target[place].prefix(produced))
    content = Array(source[..<consumed])
  }

  /// What came of decompressing.
  enum Outcome: Equatable {
    case bytes([UInt8])
    case corrupt
    /// Another error, or bytes outside of the range have changed.
    case fault(String)
  }

  /// The first `count` bytes that a block decompresses to, in a buffer that was full of `filler`.
  static func decompress(_ algorithm: BlockAlgorithm, _ bytes: [UInt8], _ count: Int, filler: UInt8 = 0x55) -> Outcome {
    var output = [UInt8](repeating: filler, count: count + 32)
    // The block lies among other bytes, which must not matter.
    let source = [0xFF, 0xFF] + bytes + [0xFF, 0xFF, 0xFF]
    var outcome: Outcome?
    do throws(ImageError) {
      try algorithm.decompress(source, 2..<2 + bytes.count, into: &output, 16..<16 + count)
    } catch {
      outcome = error.code == .corrupt ? .corrupt : .fault("\(error)")
    }
    let isIntact = (output[..<16] + output[(16 + count)...]).allSatisfy { $0 == filler }
    return isIntact ? outcome ?? .bytes(Array(output[16..<16 + count])) : .fault("bytes outside of the range")
  }

  func decompressed(_ count: Int) -> Outcome { Self.decompress(codec.algorithm, bytes, count) }
}
