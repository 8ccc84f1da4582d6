import ImageCore
import SysextImage
import Testing

/// UUIDs are derived as systemd-repart derives them.
struct SeedTests {
  /// What `systemd-repart --seed=` made of it for x86-64; the last one by Python's hmac and hashlib.
  @Test func derivesAsRepart() throws {
    let seed = Seed(try guid("6b8b4567-327b-23c6-643c-986966334873"))
    let root = try guid("4f68bce3-e8cd-4db1-96e7-fbcaf984b709")
    let partition = seed.partitionGUID(root)
    #expect("\(seed.diskGUID)" == "205aabf2-8d7c-4aad-8cfd-989b20fc0ada")
    #expect("\(partition)" == "79364239-afcd-4763-a0ea-be941b7ab06a")
    #expect("\(seed.fileSystemUUID(partition: partition))" == "84af0864-183b-44d2-bcce-29eb5c94fdb0")
  }

  /// By Python's hmac and hashlib.
  @Test(arguments: [
    ("8484680c-9521-48c6-9c11-b0720656f69e", "ef25bb42-1ae0-44a4-9bae-749695c62808"),
    ("b921b045-1df0-41c3-af44-4c6f280d3fae", "36132322-dc44-409e-ae78-3e4abd63ee39"),
  ])
  func derivesForEachType(_ type: String, _ expected: String) throws {
    let seed = Seed(try guid("6b8b4567-327b-23c6-643c-986966334873"))
    #expect("\(seed.partitionGUID(try guid(type)))" == expected)
  }

  @Test func otherSeedsGiveOtherUUIDs() throws {
    let root = try guid("4f68bce3-e8cd-4db1-96e7-fbcaf984b709")
    let seeds = [Seed(.zero), Seed(root)]
    #expect(seeds[0].diskGUID != seeds[1].diskGUID)
    #expect(seeds[0].partitionGUID(root) != seeds[1].partitionGUID(root))
    #expect(seeds[0].diskGUID != seeds[0].partitionGUID(root))
  }

  private func guid(_ text: String) throws -> GUID { try #require(GUID(text)) }
}
