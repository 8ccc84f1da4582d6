import Foundation
import ImageCore
import SystemPackage
import TestSupport
import Testing

@testable import Verity

/// The same bytes as veritysetup's, and what it says of ours.
@Suite(.tempFolder, .needs("veritysetup", in: .sid), .needs("veritysetup", in: .bookworm))
struct VeritySetupTests {
  private static let uuid = GUID("0123abcd-4567-489a-8bcd-ef0123456789") ?? .zero
  private static let salt = (0..<32).map { UInt8($0 * 7 & 0xFF) }

  /// One block, both sides of one block of hashes, two, three and four levels.
  @Test(arguments: [1, 2, 127, 128, 129, 300, 16384, 16385]) func sameBytes(_ blockCount: Int) async throws {
    try await compare(sampleData(blockCount), try VerityParameters(salt: Self.salt), .sid)
  }

  @Test(arguments: [
    (VerityAlgorithm.sha512, 4096, 4096, 32), (.sha256, 512, 512, 32), (.sha256, 1024, 4096, 32),
    (.sha256, 4096, 512, 0), (.sha256, 4096, 1024, 256), (.sha512, 512, 512, 1),
  ]) func otherParameters(_ algorithm: VerityAlgorithm, _ data: Int, _ hashes: Int, _ salt: Int) async throws {
    let parameters = try VerityParameters(
      algorithm: algorithm, salt: (0..<salt).map { UInt8(truncatingIfNeeded: $0 &* 11 &+ 3) }, dataBlockByteCount: data,
      hashBlockByteCount: hashes)
    // With blocks of 512 bytes these are four levels and more.
    try await compare(sampleData(4100, blockByteCount: data), parameters, .sid)
    try await compare(sampleData(17, blockByteCount: data), parameters, .bookworm)
  }

  private func compare(_ data: [UInt8], _ parameters: VerityParameters, _ peer: Peer) async throws {
    let path = try TempFolder.current["data-\(peer)"]
    try Disk.write(data, to: path)
    let setup = VeritySetup(peer: peer)
    let theirs = try await setup.format(path, parameters, uuid: Self.uuid)
    let (hashes, rootHash) = try await format(data, parameters, uuid: Self.uuid)
    #expect(rootHash == theirs.rootHash && !rootHash.isEmpty)
    let bytes = [UInt8](try Data(contentsOf: URL(filePath: theirs.hashes.string)))
    // Not the arrays themselves: to print them takes minutes.
    let isSame = bytes == hashes
    #expect(isSame, "\(bytes.count), \(hashes.count)")
    let ours = try TempFolder.current["ours"]
    try Disk.write(hashes, to: ours)
    #expect(try await setup.verify(path, ours, rootHash))
    // And what we say of theirs.
    let check = try VerityCheck(hashes: ByteStore(bytes), dataByteCount: UInt64(data.count))
    #expect(check.parameters == parameters)
    let result = try await check.verify(data: ByteStore(data), rootHash: theirs.rootHash, threadCount: 2)
    #expect(result.faults.isEmpty && result.rootHash == theirs.rootHash)
  }

  /// Four levels of the usual blocks take 8 GiB: a hole, of which every block has one digest.
  @Test func fourLevels() async throws {
    let parameters = try VerityParameters(salt: Self.salt)
    let blockCount = UInt64(128 * 128 * 128 + 1)
    let layout = try VerityLayout(dataBlockCount: blockCount, parameters)
    #expect(layout.levels.map(\.count) == [16385, 129, 2, 1])
    var tree = VerityTree(layout, parameters)
    var hashes = [UInt8](repeating: 0, count: Int(layout.byteCount(parameters)))
    func write(_ bytes: [UInt8], _ offset: UInt64) {
      hashes.replaceSubrange(Int(offset)..<Int(offset) + bytes.count, with: bytes)
    }
    let digest = BlockHasher(parameters).digest(of: [UInt8](repeating: 0, count: 4096))
    let run = [[UInt8]](repeating: digest, count: 4096).flatMap { $0 }
    var left = blockCount
    while left > 0 {
      let count = min(left, 4096)
      try tree.append(Array(run[..<(Int(count) * 32)]), write: write)
      left -= count
    }
    let rootHash = try tree.finish(write: write)
    let path = try TempFolder.current["data"]
    try Disk.write([UInt8](), to: path)
    try await Tool("truncate").check("-s", "\(blockCount * 4096)", path.string)
    let theirs = try await VeritySetup(peer: .sid).format(path, parameters, uuid: .zero)
    #expect(rootHash == theirs.rootHash)
    let bytes = [UInt8](try Data(contentsOf: URL(filePath: theirs.hashes.string)))
    let isSame = bytes.dropFirst(4096) == hashes.dropFirst(4096)
    #expect(isSame)
  }
}
