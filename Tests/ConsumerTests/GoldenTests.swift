import CDeflate
import CLZ4
import CLZMA
import CZstd
import SysextImage
import TestSupport
import Testing

/// Images whose every byte is known: a change of them must be a decision.
@Suite(.tempFolder)
struct GoldenTests {
  /// What compressed bytes depend on beside this package.
  private static let knowsCompressedBytes = LZ4_versionNumber() == 10_904
  private static let knowsOtherBytes =
    knowsCompressedBytes && ZSTD_versionNumber() == 10_504 && lzma_version_number() == 50_040_012
    && (LIBDEFLATE_VERSION_MAJOR, LIBDEFLATE_VERSION_MINOR) == (1, 14)

  @Test func withoutCompression() async throws {
    let digest = try await digest(Mode.stored)
    #expect(digest == "c690a8dac95bbe127b18debf8dc4a9ac2238f9824d60175e0dbd8525429a9637")
  }

  @Test(
    .enabled("compressed bytes are known for liblz4 1.9.4 only") { knowsCompressedBytes },
    arguments: [
      (Mode.lz4, "8b59cba7b09c7bfdb9a44e8da44acde8d95875b4fa2936c6c7e62c9b9cbdb899"),
      (Mode.lz4hc, "56e922cdeaf3d5a62586bd70a80c7b65d60e57c83bcbb87b5bf3e872aea73455"),
      (Mode.lz4Inline, "e003628beff9666f864149271dc6370ad4350caa0ef0c8cac61f3e5b4aa93685"),
      (Mode.fragments, "67c9736f946b22a7f811a5536db5416aa62a8eb70a3db9b6db2189dd54d4c04d"),
      (Mode.lz4Big, "6205bb4aa4d9bd31956790a3bab161c7906167f58cdcdf6c710a2d53dcc1b68c"),
    ])
  func compressed(_ mode: Mode, _ expected: String) async throws {
    let digest = try await digest(mode)
    #expect(digest == expected)
  }

  @Test(
    .enabled("compressed bytes are known for one version of each library") { knowsOtherBytes },
    arguments: [
      (Mode.allFragments, "c072084f31521921a600fde58b8caefbe917497b2cb430787cf598b17d981244"),
      (Mode.small, "913237f69f274663b612f39fe6ae0d0154ad41c8108bd08e0214780a2d211708"),
      (Mode.rules, "662fca5027e4351309a8496ce4ab8870a4e82d46e8d8aca09f7126e537fd5222"),
    ])
  func compressedByOthers(_ mode: Mode, _ expected: String) async throws {
    let digest = try await digest(mode)
    #expect(digest == expected)
  }

  @Test func withASeedAndLargeSectors() async throws {
    var options = Mode.stored.options
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
