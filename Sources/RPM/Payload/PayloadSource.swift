import Compression
import ImageCore

/// The payload as it is in the file, and its digests, computed while it is read.
struct PayloadSource: StreamSource {
  private var source: StoreSource
  private(set) var hashes: [(digest: RPMDigest, hash: RunningHash)]

  /// Takes a payload; what a digest covers in front of it has been taken already.
  init(_ payload: ByteStore, _ hashes: [(digest: RPMDigest, hash: RunningHash)]) {
    source = StoreSource(payload)
    self.hashes = hashes
  }

  var byteCount: UInt64 { source.byteCount }
  var baseOffset: UInt64 { source.baseOffset }

  mutating func read(into output: inout [UInt8], _ range: Range<Int>) throws(ImageError) {
    try source.read(into: &output, range)
    for index in hashes.indices { hashes[index].hash.update(output, range) }
  }
}
