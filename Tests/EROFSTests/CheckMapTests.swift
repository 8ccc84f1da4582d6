import ImageCore
import SystemPackage
import TestSupport
import Testing

@testable import EROFS

/// Faults of maps that reading alone does not meet.
@Suite struct CheckMapTests {
  private func messages(_ bytes: [UInt8]) async throws -> [String] {
    let report = try await ErofsFileSystem(examining: ByteStore(bytes), devices: []).check(threadCount: 2)
    return report.findings.kept.filter { $0.severity == .error }.map(\.message)
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
