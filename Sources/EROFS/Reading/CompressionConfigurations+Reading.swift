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
    for number in 0..<4 where algorithms >> UInt16(number) & 1 == 1 {
      offset = offset.roundedUp(to: 4)
      let prefix = try store.bytes(at: offset, count: 2)
      let length = try prefix.rawSpan.u16(at: 0)
      let bytes = try store.bytes(at: offset, count: 2 + Int(length))
      guard try check(number, bytes) else {
        throw ImageError(
          .corrupt, "superblock: a bad configuration of \(ErofsSuperblock.algorithmNames[number])",
          offset: store.baseOffset + offset)
      }
      offset += UInt64(bytes.count)
    }
  }

  private mutating func check(_ algorithm: Int, _ bytes: [UInt8]) throws(ImageError) -> Bool {
    let wanted = [
      LZ4Configuration.byteCount, LZMAConfiguration.byteCount, DeflateConfiguration.byteCount,
      ZstandardConfiguration.byteCount,
    ]
    guard bytes.count >= wanted[algorithm] else { return false }
    switch algorithm {
    case 0:
      maxLZ4PclusterBlocks = max(1, Int(try LZ4Configuration(bytes.rawSpan).maxPclusterBlocks))
      return true
    case 1:
      let lzma = try LZMAConfiguration(bytes.rawSpan)
      return lzma.format == 0 && (4096...LZMAConfiguration.maxDictionaryByteCount).contains(lzma.dictionaryByteCount)
    case 2: return (8...15).contains(try DeflateConfiguration(bytes.rawSpan).windowBits)
    default:
      let zstandard = try ZstandardConfiguration(bytes.rawSpan)
      // The greatest window is a pcluster's greatest length: 1 MiB.
      return zstandard.format == 0 && zstandard.windowLog <= 20 - ZstandardConfiguration.minWindowLog
    }
  }
}
