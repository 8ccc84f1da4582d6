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
    #expect(digest == "b65fbf175af3d0beefd2d02fa04fe8ec4ca8e4934e55289e4875dc4b05e3aabf")
  }

  @Test(
    .enabled("compressed bytes are known for liblz4 1.9.4 only") { knowsCompressedBytes },
    arguments: [
      (Mode.lz4, "10436394431c4c9b426bf73c1b7025b05c2610c241b197c667ba8a0604a769bb"),
      (Mode.lz4hc, "69488fd1122b6e5e742cbf6c438c14a6e05457a0cc7bae58dae6313e758440c1"),
      (Mode.lz4Inline, "cc404f20e10ec6d841abd31aabe1d318e103e972892296dd8a17931b9d2e5744"),
      (Mode.fragments, "01ce1eeed268f8b94880fcd3af6efda1ab1ac78546d24869751a974eea69c1bb"),
      (Mode.lz4Big, "f25ba7d105236eb4b3984d35266efeeb14b332a768d3877f288f8ffb81538e65"),
    ])
  func compressed(_ mode: Mode, _ expected: String) async throws {
    let digest = try await digest(mode)
    #expect(digest == expected)
  }

  @Test(
    .enabled("compressed bytes are known for one version of each library") { knowsOtherBytes },
    arguments: [
      (Mode.allFragments, "ea5928cc28245ea9a86431e7bec3ff57fe49696f8d0197e607c054d39aba9a55"),
      (Mode.small, "0cd02df76f43c47a124b53985304c6b89d17ad1efd5095a9f5a461129da4116b"),
      (Mode.rules, "c254485c6fb672a3e92921b8fabed923de0ab1f7bc81f01ccf7cf83b83be29ba"),
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
    #expect(digest == "4d73815df6077bb9bdbbe4324099a6fa8c667bc22ac608afaf3affdc6e38fd11")
  }

  private func digest(_ mode: Mode) async throws -> String {
    try await Fixture.digest(in: try TempFolder.current.path, mode.options)
  }
}
