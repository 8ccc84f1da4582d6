import Foundation
import ImageCore
import SystemPackage
import TestSupport
import Verity

/// cryptsetup's veritysetup, of a peer's tree.
struct VeritySetup {
  let peer: Peer

  /// A data file, a hash file and what veritysetup says of them.
  struct Formatted {
    let data: FilePath
    let hashes: FilePath
    let rootHash: [UInt8]
  }

  /// Formats data that are in a file.
  func format(_ data: FilePath, _ parameters: VerityParameters, uuid: GUID) async throws -> Formatted {
    let hashes = FilePath(data.string + ".hashes")
    let result = try await Tool("veritysetup", in: peer).check(
      "format", "--hash=\(parameters.algorithm.rawValue)",
      "--salt=\(parameters.salt.isEmpty ? "-" : parameters.salt.hex)",
      "--uuid=\(uuid)", "--data-block-size=\(parameters.dataBlockByteCount)",
      "--hash-block-size=\(parameters.hashBlockByteCount)", data.string, hashes.string)
    let line = result.outputText.split(separator: "\n").first { $0.hasPrefix("Root hash:") } ?? ""
    let hex = line.split(whereSeparator: \.isWhitespace).last ?? ""
    return Formatted(data: data, hashes: hashes, rootHash: bytes(hex: hex.utf8) ?? [])
  }

  /// Whether it takes data, hashes and root hash for consistent.
  func verify(_ data: FilePath, _ hashes: FilePath, _ rootHash: [UInt8]) async throws -> Bool {
    try await Tool("veritysetup", in: peer).run(["verify", data.string, hashes.string, rootHash.hex]).succeeded
  }
}

/// Data of which each block is another one.
func sampleData(_ blockCount: Int, blockByteCount: Int = 4096) -> [UInt8] {
  var bytes = [UInt8](repeating: 0, count: blockCount * blockByteCount)
  for block in 0..<blockCount {
    for index in 0..<8 {
      bytes[block * blockByteCount + index] = UInt8(truncatingIfNeeded: (block + 1) >> (8 * index))
    }
    bytes[(block + 1) * blockByteCount - 1] = 0xA5
  }
  return bytes
}

/// The content of a hash partition, made by us.
func format(
  _ data: [UInt8], _ parameters: VerityParameters, uuid: GUID = .zero, threadCount: Int = 2
) async throws -> (hashes: [UInt8], rootHash: [UInt8]) {
  let blockCount = UInt64(data.count / parameters.dataBlockByteCount)
  let layout = try VerityLayout(dataBlockCount: blockCount, parameters)
  var hashes = [UInt8](repeating: 0xEE, count: Int(layout.byteCount(parameters)))
  let store = ByteStore(data)
  let hashing = VerityHashing(parameters, threadCount: threadCount)
  let rootHash = try await hashing.format(blockCount, uuid: uuid) {
    (offset, buffer, range) throws(ImageError) in
    try store.read(at: offset, into: &buffer, range)
  } write: { (bytes, offset) throws(ImageError) in
    hashes.replaceSubrange(Int(offset)..<Int(offset) + bytes.count, with: bytes)
  }
  return (hashes, rootHash)
}
