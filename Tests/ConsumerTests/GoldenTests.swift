import CLZ4
import SysextImage
import TestSupport
import Testing

/// Images whose every byte is known: a change of them must be a decision.
@Suite(.tempFolder)
struct GoldenTests {
  /// What compressed bytes depend on beside this package.
  private static let knowsCompressedBytes = LZ4_versionNumber() == 10_904

  @Test func withoutCompression() async throws {
    let digest = try await digest(Mode.all[0])
    #expect(digest == "b22fc419c3ce72aff144dbc82b6118d9a56a73509457b41e2d63d79f7dc33057")
  }

  @Test(
    .enabled("compressed bytes are known for liblz4 1.9.4 only") { knowsCompressedBytes },
    arguments: [
      (Mode.all[1], "4ae5aee4cdec47f9e59662e4312e28ad0c1d590833ca5861e58d4e0beda0037b"),
      (Mode.all[2], "acd5da1b8126a9bed4415549c7af172753fb1842e5ab11facdfeb48ecce48e3d"),
      (Mode.all[3], "729bae81d284545790a3cc40469b63f406983760d21b213fd5d403082107daee"),
    ])
  func compressed(_ mode: Mode, _ expected: String) async throws {
    let digest = try await digest(mode)
    #expect(digest == expected)
  }

  @Test func withASeedAndLargeSectors() async throws {
    var options = Mode.all[0].options
    options.seed = Seed(try #require(GUID("6b8b4567-327b-23c6-643c-986966334873")))
    options.sectorSize = .bytes4096
    options.partition = .usr
    let digest = try await Fixture.digest(in: try TempFolder.current.path, options)
    #expect(digest == "102a6ae42b855eecd5e2cf5cb36ebbbbbfff49de483cf2f1f1e763cee3a144e8")
  }

  private func digest(_ mode: Mode) async throws -> String {
    try await Fixture.digest(in: try TempFolder.current.path, mode.options)
  }
}
