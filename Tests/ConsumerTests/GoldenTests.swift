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
    #expect(digest == "c690a8dac95bbe127b18debf8dc4a9ac2238f9824d60175e0dbd8525429a9637")
  }

  @Test(
    .enabled("compressed bytes are known for liblz4 1.9.4 only") { knowsCompressedBytes },
    arguments: [
      (Mode.all[1], "33b7518e44449de5ff1c24d909743dd656a55ef5b562be9854a16ba68a6c0125"),
      (Mode.all[2], "35f2cfeab0130a0d75c17a68f6d443dd6080569746562d2a325f1939c58ebccf"),
      (Mode.all[3], "41bac19d98b411d3fcb1271e256d3abfe20a16fe28f2b9c58abc6e9418eaaca7"),
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
