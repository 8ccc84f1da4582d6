import Compression
import ImageCore
import SystemPackage
import TestSupport
import Testing

@testable import EROFS

/// Faults of maps that reading alone does not meet.
@Suite struct CheckMapTests {
  private func messages(_ bytes: [UInt8], _ least: Finding.Severity = .error) async throws -> [String] {
    let report = try await ErofsFileSystem(examining: ByteStore(bytes), devices: []).check(threadCount: 2)
    return report.findings.kept.filter { $0.severity >= least }.map(\.message)
  }

  /// The kernel goes back from any lcluster that is read; we go forward, and see such a one inside an extent.
  @Test func lclusterThatHasNoWayBack() async throws {
    var bytes = try Disk.read(GoldenFiles.path("erofs", "legacy.large.erofs"))
    #expect(try await messages(bytes) == [])
    // di_advise of a head, whose address ends in zeros.
    bytes.replaceSubrange(40216..<40218, with: [38, 0])
    let messages = try await messages(bytes)
    #expect(messages.contains { $0.contains("has its head 0 before") }, "\(messages)")
  }

  /// One field of a golden image, and what its value leads to.
  struct Spoilt: CustomTestStringConvertible, Sendable {
    let golden: String
    let offset: Int
    let value: [UInt8]
    let message: String

    init(_ golden: String, _ offset: Int, _ value: [UInt8], _ message: String) {
      (self.golden, self.offset, self.value, self.message) = (golden, offset, value, message)
    }

    var testDescription: String { "\(golden) at \(offset)" }
  }

  /// The kernel reads all of these otherwise, or only some of their bytes, or `fsck.erofs` does.
  @Test(arguments: [
    // A NONHEAD in front of others, now the head of an extent inside the one that is behind the inode.
    Spoilt("lz4hc-tails.large", 4170, [0x00, 0x50], "an extent begins at 4096, inside the last one"),
    // h_clusterbits of encoded extents of one length: half of the first has the pcluster of the whole.
    Spoilt("48bit.large", 32807, [4], "decompresses to more than the 65536 bytes"),
    // i_size of a file: a byte more is stored in another file's pcluster.
    Spoilt("lz4.large", 3784, [0x51, 0x14], "has two forms"),
    // delta[1] of a NONHEAD.
    Spoilt("legacy.large", 20734, [30, 0], "the way forward leads past the next head to lcluster 31"),
    // h_clusterbits: lclusters of 16 MiB, longer than an extent may be.
    Spoilt("legacy-64k.large", 4039, [12], "an extent of 16777216 bytes, counted in whole lclusters"),
    // i_size of a socket, max_distance of LZ4.
    Spoilt("chunks.small", 1864, [1], "i_size is 1, and there is no place for data"),
    Spoilt("all-fragments.large", 1154, [4, 0], "LZ4's max_distance is 4"),
    Spoilt("dedupe.large", 28804, [0xFF, 0xFF], "h_advise 65535 has bits that no version knows"),
  ]) func spoiltField(_ spoilt: Spoilt) async throws {
    var bytes = try Disk.read(GoldenFiles.path("erofs", "\(spoilt.golden).erofs"))
    #expect(try await messages(bytes, .warning) == [])
    bytes.replaceSubrange(spoilt.offset..<spoilt.offset + spoilt.value.count, with: spoilt.value)
    try repairChecksum(&bytes)
    let messages = try await messages(bytes, .warning)
    #expect(messages.contains { $0.contains(spoilt.message) }, "\(messages)")
  }

  /// The kernel knows pclusters by where they begin: files may share one only as a whole.
  @Test func pclustersThatBeginTogether() {
    var usage = BlockUsage(blockByteCount: 4096, isShared: true)
    func add(_ offset: UInt64, _ byteCount: UInt64, _ form: Pcluster.Form = .compressed(.lz4)) -> String? {
      usage.add(Usage(offset: offset, byteCount: byteCount, kind: .compressed, form: form)).overlap?.message
    }
    #expect(add(40960, 8192) == nil && add(49152, 4096, .shifted) == nil && add(40960, 8192) == nil)
    #expect(add(40960, 4096) == "the pcluster in the blocks 10 to 10 has two lengths")
    #expect(add(40960, 8192, .shifted) == "the pcluster in the blocks 10 to 11 has two forms")
    #expect(add(49152, 4096, .interlaced) == "the pcluster in the blocks 12 to 12 has two forms")
    // Those that do not end with a block have neighbours.
    #expect(add(81920, 600) == nil && add(82520, 5000) == nil && add(81920, 600) == nil && add(82520, 5000) == nil)
  }

  /// sb_extslots, without a checksum: the kernel refuses what a page does not hold.
  @Test(arguments: [(184, false), (185, true)] as [(UInt8, Bool)])
  func superblockSlotsBeyondAPage(_ count: UInt8, _ isRefused: Bool) async throws {
    var bytes = try Disk.read(GoldenFiles.path("erofs", "legacy.large.erofs"))
    bytes[1032] &= ~1
    bytes[1037] = count
    let messages = try await messages(bytes)
    #expect(messages.contains { $0.contains("sb_extslots is \(count), more than a page") } == isRefused, "\(messages)")
  }

  /// A list that claims to be longer than the image is not searched: that took time for each part of the file.
  @Test func listOfExtentsBeyondTheEnd() async throws {
    let folder = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
    var bytes = try Disk.read(folder.appending("Fixtures/fuzz/erofs/chain-of-extents"))
    // The superblock has no checksum then.
    bytes[1032] &= ~1
    let messages = try await messages(bytes)
    #expect(messages.contains { $0.contains("inode 60: its map or inline data ends beyond") }, "\(messages)")
  }
}
