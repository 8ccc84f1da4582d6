import GPT
import ImageCore
import Verity

/// What is wrong with an image's dm-verity tree.
struct VerityFindings {
  let image: DiskImage

  /// Compares the tree, and unless told to be quick all data with it.
  ///
  /// - Throws: What reading throws; `.cancelled`. Faults of the image are findings.
  func findings(isQuick: Bool, threadCount: Int) async throws(ImageError) -> [Finding] {
    guard let data = image.partition, let tree = try treePartition(of: data) else { return [] }
    do throws(ImageError) {
      let store = try image.store.slice(try data.byteRange)
      let hashes = try image.store.slice(try tree.byteRange)
      let check = try VerityCheck(hashes: hashes, dataByteCount: store.byteCount)
      let rootHash = try check.rootHash(data: store)
      var findings: [Finding] = []
      if data.uniqueGUID.bytes + tree.uniqueGUID.bytes != Array(rootHash.prefix(32)) {
        findings.append(
          Finding(
            .error, "verity-guids", place: tree.place,
            "the root hash is \(rootHash.hex), but the GUIDs of data and tree are not its halves: systemd passes over them"
          ))
      }
      if isQuick { return findings }
      let result = try await check.verify(data: store, rootHash: nil, threadCount: threadCount)
      findings += result.faults.map { finding($0, check, data, tree) }
      if result.faultCount > UInt64(result.faults.count) {
        findings.append(
          Finding(
            .error, "verity-blocks", place: data.place,
            "\(result.faultCount) blocks in all are not what the dm-verity tree says"))
      }
      return findings
    } catch {
      guard error.isFaultOfImage else { throw error }
      return [Finding(.error, "verity-unreadable", place: tree.place, error.descriptionInFile)]
    }
  }

  private func treePartition(of data: Partition) throws(ImageError) -> Partition? {
    guard let table = try image.gpt?.table, let type = PartitionType(guid: data.typeGUID) else { return nil }
    let wanted = PartitionType(designator: type.designator, architecture: type.architecture, role: .verity).guid
    return table.partitions.first { $0.typeGUID == wanted }
  }

  private func finding(
    _ fault: VerityCheck.Fault, _ check: VerityCheck, _ data: Partition, _ tree: Partition
  ) -> Finding {
    switch fault {
    case .data(let block):
      let offset = block * UInt64(check.parameters.dataBlockByteCount)
      return Finding(
        .error, "verity-data", place: data.place,
        "block \(block), at byte \(offset) of the partition, is not what the dm-verity tree says")
    case .hash(let block):
      return Finding(
        .error, "verity-tree", place: tree.place,
        "block \(block) of the tree is not what the level above it says: nothing below it can be told")
    case .root:
      return Finding(.error, "verity-root", place: tree.place, "another root hash than the one that was given")
    }
  }
}
