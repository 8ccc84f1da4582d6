import FileTree
import ImageCore
import RPM

/// The content of a file of which only the digest is known: one of a package that is somewhere else.
struct DigestContent: FileContent {
  let byteCount: UInt64
  let algorithm: RPMDigestAlgorithm
  /// Of an empty file there may be none.
  let digest: [UInt8]?

  init(_ file: RPMFile) {
    byteCount = file.byteCount
    algorithm = file.digestAlgorithm
    digest = file.digest
  }

  func read(at offset: UInt64, into output: inout [UInt8], _ range: Range<Int>) throws(ImageError) {
    if !range.isEmpty { throw ImageError(.notFound, "only the digest of the base's file is known") }
  }

  /// Whether a content of the same length is the same; unknown counts as different.
  func isEqual(to other: any FileContent, _ file: RPMFile?) throws(ImageError) -> Bool {
    if byteCount == 0 { return true }
    guard let digest else { return false }
    if let file, let otherDigest = file.digest, file.digestAlgorithm == algorithm { return otherDigest == digest }
    return try other.digest(algorithm) == digest
  }
}

extension FileContent {
  /// The digest of all bytes; `nil` for an algorithm that is not known.
  func digest(_ algorithm: RPMDigestAlgorithm) throws(ImageError) -> [UInt8]? {
    guard var hash = RunningHash(algorithm) else { return nil }
    var buffer = [UInt8](repeating: 0, count: Int(min(byteCount, 1 << 20)))
    var offset: UInt64 = 0
    while offset < byteCount {
      let count = Int(min(UInt64(buffer.count), byteCount - offset))
      try read(at: offset, into: &buffer, 0..<count)
      hash.update(buffer, 0..<count)
      offset += UInt64(count)
    }
    return hash.value
  }
}
