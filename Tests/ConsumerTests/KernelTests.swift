import SysextImage
import TestSupport
import Testing

/// The kernel's own EROFS reader shows what was packed, entry by entry.
@Suite(.tempFolder)
struct KernelTests {
  @Test(.needsMount(), arguments: TreeCase.small, Mode.few)
  func showsWhatWasPacked(_ tree: TreeCase, _ mode: Mode) async throws {
    try await check([tree], mode)
  }

  @Test(.needsMount(), arguments: TreeCase.all.filter(\.isLarge), Mode.few)
  func showsLargeTrees(_ tree: TreeCase, _ mode: Mode) async throws { try await check([tree], mode) }

  /// Inodes, xattrs and data of all cases beside each other, and a front that is larger than one block.
  @Test(.needsMount(), arguments: Mode.all)
  func showsAllInOne(_ mode: Mode) async throws { try await check(TreeCase.small, mode) }

  private func check(_ cases: [TreeCase], _ mode: Mode) async throws {
    let packed = try await Packed.make(cases, in: try TempFolder.current, mode.options)
    let source = try TreeListing(of: packed.source)
    #expect(TreeListing.differences(source, try await packed.mounted()) == [])
    #expect(packed.report.erofs.statistics.inodeCount == Self.inodeCount(source))
  }

  private static func inodeCount(_ listing: TreeListing) -> Int {
    // Of several names, one is the first: it names itself.
    listing.entries.count { entry in
      entry.fields.first { $0.label == "links" }.map { $0.value.hasSuffix(" first \(entry.path)") } ?? true
    }
  }
}
