import Compression
import ImageCore

/// What the configurations after the superblock allow.
struct CompressionLimits {
  /// LZ4's greatest pcluster, in blocks; `nil` for an image without LZ4.
  var maxLZ4PclusterBlocks: Int?

  /// Reads and checks one configuration for each bit of `algorithms`.
  ///
  /// - Throws: `.corrupt` with the offset of the configuration that cannot be.
  init(_ store: ByteStore, at start: UInt64, algorithms: UInt16) throws(ImageError) {
    var offset = start
    for algorithm in BlockAlgorithm.allCases where algorithms >> UInt16(algorithm.rawValue) & 1 == 1 {
      offset = offset.roundedUp(to: 4)
      let prefix = try store.bytes(at: offset, count: 2)
      let length = try prefix.rawSpan.u16(at: 0)
      let bytes = try store.bytes(at: offset, count: 2 + Int(length))
      guard try check(algorithm, bytes) else {
        throw ImageError(
          .corrupt, "superblock: a bad configuration of \(algorithm.name)",
          offset: store.baseOffset + offset)
      }
      offset += UInt64(bytes.count)
    }
  }

  private mutating func check(_ algorithm: BlockAlgorithm, _ bytes: [UInt8]) throws(ImageError) -> Bool {
    guard bytes.count >= algorithm.configuration.byteCount else { return false }
    switch algorithm {
    case .lz4:
      maxLZ4PclusterBlocks = max(1, Int(try LZ4Configuration(bytes.rawSpan).maxPclusterBlocks))
      return true
    case .lzma:
      let lzma = try LZMAConfiguration(bytes.rawSpan)
      return lzma.format == 0 && (4096...LZMAConfiguration.maxDictionaryByteCount).contains(lzma.dictionaryByteCount)
    // Some versions of mkfs.erofs write 0 for the greatest.
    case .deflate: return try DeflateConfiguration(bytes.rawSpan).windowBits <= 15
    case .zstd:
      let zstandard = try ZstandardConfiguration(bytes.rawSpan)
      // The greatest window is a pcluster's greatest length: 1 MiB.
      return zstandard.format == 0 && zstandard.windowLog <= 20 - ZstandardConfiguration.minWindowLog
    }
  }
}

extension BlockAlgorithm {
  fileprivate var configuration: any Record.Type {
    switch self {
    case .lz4: LZ4Configuration.self
    case .lzma: LZMAConfiguration.self
    case .deflate: DeflateConfiguration.self
    case .zstd: ZstandardConfiguration.self
    }
  }
}
