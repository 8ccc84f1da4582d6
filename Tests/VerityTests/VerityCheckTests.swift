import ImageCore
import Testing

@testable import Verity

/// Which blocks do not agree.
struct VerityCheckTests {
  private func parameters(_ blockByteCount: Int = 512) throws -> VerityParameters {
    try VerityParameters(
      salt: [1, 2, 3], dataBlockByteCount: blockByteCount, hashBlockByteCount: blockByteCount)
  }

  private func check(
    _ data: [UInt8], _ hashes: [UInt8], _ rootHash: [UInt8]?, threadCount: Int = 2
  ) async throws -> VerityCheck.Result {
    try await VerityCheck(hashes: ByteStore(hashes), dataByteCount: UInt64(data.count)).verify(
      data: ByteStore(data), rootHash: rootHash, threadCount: threadCount)
  }

  /// 1,000 blocks of data: 63 blocks of leaves, 4 above, and the top.
  @Test(arguments: [1, 2, 5]) func everyBlockOfData(_ threadCount: Int) async throws {
    let data = sampleData(1000, blockByteCount: 512)
    let (hashes, rootHash) = try await format(data, try parameters(), threadCount: threadCount)
    #expect(try await check(data, hashes, rootHash, threadCount: threadCount).faults.isEmpty)
    for block in [0, 1, 15, 16, 17, 500, 998, 999] {
      var spoilt = data
      spoilt[block * 512 + 200] ^= 0x10
      let result = try await check(spoilt, hashes, rootHash, threadCount: threadCount)
      #expect(result.faults == [.data(UInt64(block))] && result.faultCount == 1)
      #expect(result.rootHash == rootHash)
    }
    var spoilt = data
    for block in [3, 700, 701] { spoilt[block * 512] ^= 1 }
    #expect(try await check(spoilt, hashes, rootHash).faults == [.data(3), .data(700), .data(701)])
  }

  @Test func everyBlockOfHashes() async throws {
    let data = sampleData(1000, blockByteCount: 512)
    let (hashes, rootHash) = try await format(data, try parameters())
    // The superblock, the top, 4 and 63.
    #expect(hashes.count == 69 * 512)
    for block in 1..<69 {
      for place in [0, 100, 511] {
        var spoilt = hashes
        spoilt[block * 512 + place] ^= 0x80
        let result = try await check(data, spoilt, rootHash)
        if block == 1 {
          // The top: its digest is the root hash, and one of its entries may be what was spoilt.
          #expect(result.faults.first == .root && result.rootHash != rootHash)
        } else {
          #expect(result.faults == [.hash(UInt64(block))], "\(block), \(place)")
        }
      }
    }
  }

  /// Nothing is said of what is below hashes that do not agree.
  @Test func belowBadHashes() async throws {
    var data = sampleData(1000, blockByteCount: 512)
    var (hashes, rootHash) = try await format(data, try parameters())
    // The second block of leaves, which has the data's blocks 16 to 31.
    hashes[7 * 512 + 32 * 4] ^= 1
    data[16 * 512] ^= 1
    data[20 * 512] ^= 1
    data[32 * 512] ^= 1
    #expect(try await check(data, hashes, rootHash).faults == [.hash(7), .data(32)])
    rootHash[0] ^= 1
    #expect(try await check(data, hashes, rootHash).faults == [.root, .hash(7), .data(32)])
    #expect(try await check(data, hashes, nil).faults == [.hash(7), .data(32)])
  }

  @Test func oneBlock() async throws {
    var data = sampleData(1, blockByteCount: 512)
    let (hashes, rootHash) = try await format(data, try parameters())
    #expect(hashes.count == 512)
    #expect(try await check(data, hashes, rootHash).faults.isEmpty)
    data[0] ^= 1
    #expect(try await check(data, hashes, rootHash).faults == [.root])
  }

  @Test func manyFaultsAreCounted() async throws {
    let data = sampleData(1000, blockByteCount: 512)
    let (hashes, rootHash) = try await format(data, try parameters())
    let result = try await check([UInt8](repeating: 0, count: data.count), hashes, rootHash)
    #expect(result.faultCount == 1000 && result.faults == (0..<100).map { VerityCheck.Fault.data($0) })
  }

  @Test(arguments: [1, 2, 16, 17, 1000]) func proofs(_ blockCount: Int) async throws {
    let data = sampleData(blockCount, blockByteCount: 512)
    let (hashes, rootHash) = try await format(data, try parameters())
    let check = try VerityCheck(hashes: ByteStore(hashes), dataByteCount: UInt64(data.count))
    for block in Set([0, blockCount / 2, blockCount - 1]) {
      let proof = try check.proof(of: UInt64(block))
      #expect(proof.hashBlocks.count == check.layout.levels.count)
      var bytes = Array(data[block * 512..<(block + 1) * 512])
      #expect(proof.proves(bytes, rootHash: rootHash))
      #expect(!proof.proves(bytes, rootHash: Array(rootHash.reversed())))
      #expect(!proof.proves(Array(bytes.dropLast()), rootHash: rootHash))
      bytes[7] ^= 1
      #expect(!proof.proves(bytes, rootHash: rootHash))
      bytes[7] ^= 1
      if blockCount > 1 {
        let other = try VerityProof(
          proof.parameters, block: UInt64((block + 1) % blockCount), hashBlocks: proof.hashBlocks)
        #expect(!other.proves(bytes, rootHash: rootHash))
        let short = try VerityProof(
          proof.parameters, block: UInt64(block), hashBlocks: proof.hashBlocks.dropLast())
        #expect(!short.proves(bytes, rootHash: rootHash))
      }
    }
    #expect(throws: ImageError(.invalidArgument, "")) { try check.proof(of: UInt64(blockCount)) }
  }

  // MARK: superblocks

  static let faults: [(offset: Int, bytes: [UInt8], code: ImageError.Code, words: String)] = [
    (0, [0], .corrupt, "no dm-verity superblock"), (8, [2], .unsupported, "version 2"),
    (12, [0], .unsupported, "type 0"), (32, Array("crc32c".utf8), .unsupported, "crc32c"),
    (32, [0xFF, 0x1B], .unsupported, "?"), (64, [1], .corrupt, "blocks of"),
    (64, [0, 0, 0, 1], .corrupt, "16777216"), (68, [0, 1], .corrupt, "blocks of 256"),
    (72, [0, 0], .corrupt, "no data"), (72, [0xE9, 0x03], .truncated, "1001 blocks"),
    (72, [UInt8](repeating: 0xFF, count: 8), .truncated, "18446744073709551615 blocks"),
    (80, [1, 1], .corrupt, "257"),
  ]

  @Test(arguments: faults.indices) func badSuperblocks(_ index: Int) async throws {
    let fault = Self.faults[index]
    let data = sampleData(1000, blockByteCount: 512)
    var (hashes, _) = try await format(data, try parameters())
    hashes.replaceSubrange(fault.offset..<fault.offset + fault.bytes.count, with: fault.bytes)
    let error = #expect(throws: ImageError.self) {
      try VerityCheck(hashes: ByteStore(hashes), dataByteCount: UInt64(data.count))
    }
    #expect(error?.code == fault.code && error?.message.contains(fault.words) == true, "\(String(describing: error))")
  }

  @Test func cutHashes() async throws {
    let data = sampleData(1000, blockByteCount: 512)
    let (hashes, _) = try await format(data, try parameters())
    for count in [0, 1, 511, 512, hashes.count - 1] {
      let error = #expect(throws: ImageError.self) {
        try VerityCheck(hashes: ByteStore(Array(hashes[..<count])), dataByteCount: UInt64(data.count))
      }
      #expect(error?.code == .truncated)
    }
  }
}
