import GPT
import ImageCore
import Verity

/// The partition with a dm-verity tree, right behind the one with the data.
struct VerityPartition: Sendable {
  /// Of the tree: 32 bytes.
  let rootHash: [UInt8]
  private let byteCount: UInt64

  /// systemd finds partitions by what their root hash has made of their GUIDs: the data's has the first half.
  var dataGUID: GUID { GUID(bytes: rootHash.prefix(16)) }

  /// Hashes what has just been written, out of the page cache, and writes the tree.
  ///
  /// The salt comes from the seed, and that may come from the content: nothing can be hashed before.
  ///
  /// - Parameters:
  ///   - file: The image.
  ///   - data: The partition with the data.
  ///   - seed: Where salt and UUID come from.
  ///   - threadCount: How many threads hash.
  /// - Returns: The partition.
  /// - Throws: What reading and writing throw; `.cancelled`.
  static func write(
    to file: OutputFile, behind data: Range<UInt64>, _ seed: Seed, _ threadCount: Int
  ) async throws(ImageError) -> VerityPartition {
    let parameters = try VerityParameters(salt: seed.veritySalt)
    let blockCount = (data.upperBound - data.lowerBound) / UInt64(parameters.dataBlockByteCount)
    let hashing = VerityHashing(parameters, threadCount: threadCount)
    let rootHash = try await hashing.format(blockCount, uuid: seed.verityUUID) {
      (offset, buffer, range) throws(ImageError) in
      try file.read(at: data.lowerBound + offset, into: &buffer, range)
    } write: { (bytes, offset) throws(ImageError) in
      try file.write(bytes.rawSpan, at: data.upperBound + offset)
    }
    let layout = try VerityLayout(dataBlockCount: blockCount, parameters)
    return VerityPartition(rootHash: rootHash, byteCount: layout.byteCount(parameters))
  }

  /// What the table says of it.
  func partition(_ data: PartitionType) -> NewPartition {
    let type = PartitionType(designator: data.designator, architecture: data.architecture, role: .verity)
    return NewPartition(
      typeGUID: type.guid, uniqueGUID: GUID(bytes: rootHash.dropFirst(16)), attributes: .readOnly, label: type.label,
      byteCount: byteCount)
  }
}
