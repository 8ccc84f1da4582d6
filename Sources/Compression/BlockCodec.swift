/// An algorithm with its settings: what compresses a file.
package struct BlockCodec: Sendable, Hashable {
  /// Every way to compress; a new one registers here.
  private static let coders: [any BlockCoder.Type] = [
    LZ4.self, LZ4HC.self, Deflate.self, Zstandard.self, MicroLZMA.self,
  ]

  /// Its place in `coders`.
  private let index: Int
  /// 0 where there are no levels.
  package let level: Int

  private var coder: any BlockCoder.Type { Self.coders[index] }

  /// The codec of that name, at its default level unless told.
  ///
  /// - Returns: `nil` when there is no such codec, or it has no such level.
  package init?(name: some StringProtocol, level: Int? = nil) {
    guard let index = Self.coders.firstIndex(where: { $0.name == name }) else { return nil }
    let coder = Self.coders[index]
    if let level, !coder.levels.contains(where: { $0.contains(level) }) { return nil }
    self.index = index
    self.level = level ?? coder.defaultLevel
  }

  private init(_ coder: any BlockCoder.Type, _ level: Int) {
    guard let codec = BlockCodec(name: coder.name, level: coder.levels.isEmpty ? nil : level) else {
      preconditionFailure("\(coder.name) has no level \(level)")
    }
    self = codec
  }

  package static let lz4 = BlockCodec(LZ4.self, 0)
  package static func lz4hc(level: Int) -> BlockCodec { BlockCodec(LZ4HC.self, level) }
  package static func deflate(level: Int) -> BlockCodec { BlockCodec(Deflate.self, level) }
  package static func zstd(level: Int) -> BlockCodec { BlockCodec(Zstandard.self, level) }
  package static func lzma(level: Int) -> BlockCodec { BlockCodec(MicroLZMA.self, level) }

  /// Every codec at its default level.
  package static var all: [BlockCodec] { coders.map { BlockCodec($0, $0.defaultLevel) } }

  package var name: String { coder.name }
  package var algorithm: BlockAlgorithm { coder.algorithm }

  /// The levels that there are, weakest first; none for a codec without levels.
  package var levels: [ClosedRange<Int>] { coder.levels }

  /// How far back the matches of a block may reach.
  ///
  /// That is LZ4's `max_distance`, MicroLZMA's `dict_size`, and two to the power of DEFLATE's `windowbits` and
  /// Zstandard's window log.
  package func windowByteCount(pclusterByteCount: Int) -> Int {
    coder.windowByteCount(pclusterByteCount: pclusterByteCount)
  }

  /// Makes a compressor for pclusters of up to `pclusterByteCount` bytes; one for each thread.
  package func makeCompressor(pclusterByteCount: Int) -> any BlockCompressor {
    coder.makeCompressor(level: level, pclusterByteCount: pclusterByteCount)
  }
}

extension BlockCodec: LosslessStringConvertible {
  /// `lz4`, or a name and a level: `zstd,3`.
  package var description: String { levels.isEmpty ? name : "\(name),\(level)" }

  /// Parses what `description` prints; a name alone means the default level.
  package init?(_ text: String) {
    let parts = text.split(separator: ",", maxSplits: 1, omittingEmptySubsequences: false)
    if parts.count == 1 {
      self.init(name: text)
    } else if let level = Int(parts[1]), parts[1] == "\(level)" {
      self.init(name: parts[0], level: level)
    } else {
      return nil
    }
  }
}
