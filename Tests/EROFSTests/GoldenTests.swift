import EROFS
import FileTree
import ImageCore
import TestSupport
import Testing

/// Images of three releases of mkfs.erofs, against lists that were made of their sources; needs no tool and no root.
@Suite struct GoldenTests {
  /// Whatever a list is compared by must itself be right (FIPS 180-4's examples).
  @Test func digests() {
    #expect(
      SHA256.hexadecimal([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(
      SHA256.hexadecimal(Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8))
        == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
  }

  @Test(arguments: GoldenImage.all) func equalsItsSource(_ golden: GoldenImage) throws {
    let image = try golden.open()
    let expected = try golden.expected()
    let difference = readerDifference(expected, try GoldenImage.lines(image.tree()))
    #expect(difference == [], "\(difference.prefix(6).joined(separator: "\n"))")
    // Each path leads to an inode, too, by the search that a tree does without.
    let tree = try image.tree()
    try tree.walk { (visit) throws(ImageError) in
      guard let inode = try image.lookup(visit.path) else {
        Issue.record("\(visit.description) is not found")
        return true
      }
      #expect(try image.attributes(of: inode) == tree[visit.node].attributes)
      return true
    }
  }

  @Test(arguments: GoldenImage.all) func isSound(_ golden: GoldenImage) async throws {
    let report = try await golden.open().check(threadCount: 2)
    #expect(report.findings.kept.filter { $0.severity > .note } == [], "\(report.findings.kept.prefix(5))")
    #expect(report.counts.unusedBlockCount == 0)
  }

  /// The collection as a whole has every feature that the reader knows.
  @Test func everyFeatureIsThere() throws {
    #expect(GoldenImage.all.count > 30)
    var (features, compatible) = (IncompatibleFeatures(), CompatibleFeatures())
    var storages: Set<ErofsInode.Storage> = []
    var blockSizes: Set<Int> = []
    var deviceCount = 0
    for golden in GoldenImage.all {
      let image = try golden.open()
      features.formUnion(image.superblock.incompatibleFeatures)
      compatible.formUnion(image.superblock.compatibleFeatures)
      storages.formUnion(try image.statistics().fileCountByStorage.keys)
      blockSizes.insert(Int(image.superblock.blockByteCount))
      deviceCount += image.devices.count
    }
    #expect(features == .readable)
    // No mkfs.erofs sets `sharedXattrsInMetabox` yet.
    #expect(
      compatible == [.superblockChecksum, .modificationTime, .xattrFilter, .plainXattrPrefixes], "\(compatible.names)")
    #expect(storages == Set(ErofsInode.Storage.allCases))
    #expect(blockSizes == [512, 1024, 2048, 4096] && deviceCount == 2)
  }
}
