import GPT
import ImageCore
import TestSupport
import Testing

@Suite struct PartitionTypeTests {
  static let all = PartitionType.Designator.allCases.flatMap { designator in
    Architecture.allCases.flatMap { architecture in
      PartitionType.Role.allCases.map {
        PartitionType(designator: designator, architecture: architecture, role: $0)
      }
    }
  }

  @Test func allCombinationsHaveTheirOwnGUID() {
    #expect(PartitionTypeTests.all.count == 126)
    let guids = Set(PartitionTypeTests.all.map(\.guid))
    #expect(guids.count == 126)
    #expect(!guids.contains(.zero))
    #expect(Set(PartitionTypeTests.all.map(\.label)).count == 126)
  }

  @Test func everyGUIDLeadsBackToItsType() {
    for type in PartitionTypeTests.all {
      #expect(PartitionType(guid: type.guid) == type)
      #expect(PartitionType.name(of: type.guid) == type.label)
    }
  }

  /// From UAPI.2, typed in by hand.
  @Test(
    arguments: [
      ("root-x86-64", "4f68bce3-e8cd-4db1-96e7-fbcaf984b709"),
      ("root-x86-64-verity", "2c7357ed-ebd2-46d9-aec1-23d437ec2bf5"),
      ("root-x86-64-verity-sig", "41092b05-9fc8-4523-994f-2def0408b176"),
      ("usr-x86-64", "8484680c-9521-48c6-9c11-b0720656f69e"),
      ("usr-x86-64-verity", "77ff5f63-e7b6-4633-acf4-1565b864c0e6"),
      ("usr-x86-64-verity-sig", "e7bb33fb-06cf-4e81-8273-e543b413e2e2"),
      ("root-arm64", "b921b045-1df0-41c3-af44-4c6f280d3fae"),
      ("root-arm64-verity", "df3300ce-d69f-4c92-978c-9bfb0f38d820"),
      ("usr-arm64-verity-sig", "c23ce4ff-44bd-4b00-b2d4-b41b3419e02a"),
      ("root-riscv64", "72ec70a6-cf74-40e6-bd49-4bda08e8f224"),
      ("usr-riscv64-verity", "8f1056be-9b05-47c4-81d6-be53128e5b54"),
      ("root-s390x", "5eead9a9-fe09-4a1e-a1d7-520d00531306"),
      ("usr-ppc64-le", "15bb03af-77e7-4d4a-b12b-c0d084f7491c"),
      ("root-x86", "44479540-f297-41b2-9af7-d131d5f0458a"),
      ("usr-mips-le-verity-sig", "3e23ca0b-a4bc-4b4e-8087-5ab6a26aa8a9"),
    ] as [(String, String)])
  func knownTypes(label: String, text: String) throws {
    let guid = try #require(GUID(text))
    #expect(PartitionType(guid: guid)?.label == label)
  }

  /// util-linux has a list of its own; what it calls root or usr must be what we take it for.
  @Test(.needs("sfdisk")) func agreesWithUtilLinux() async throws {
    let text = try await Tool("sfdisk").check("--label", "gpt", "--list-types").outputText
    func bare(_ text: some StringProtocol) -> String { text.lowercased().filter { $0.isLetter || $0.isNumber } }
    var compared = 0
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ", maxSplits: 1).map(String.init)
      guard words.count == 2, let guid = GUID(words[0]) else { continue }
      let parts = words[1].split(whereSeparator: { "()".contains($0) }).map(bare)
      guard parts.count == 2, parts[0].hasPrefix("linuxroot") || parts[0].hasPrefix("linuxusr") else { continue }
      let type = try #require(PartitionType(guid: guid), "\(line)")
      #expect(type.designator == (parts[0].hasPrefix("linuxroot") ? .root : .usr), "\(line)")
      #expect((type.role == .data) == !parts[0].contains("verity"), "\(line)")
      #expect((type.role == .veritySignature) == parts[0].contains("sign"), "\(line)")
      #expect(bare(type.architecture.rawValue) == (parts[1] == "mips32le" ? "mipsle" : parts[1]), "\(line)")
      compared += 1
    }
    #expect(compared > 80)
  }

  /// And systemd's list knows every type by our name, beside names that are its own.
  @Test(.needs("systemd-id128", in: .sid)) func agreesWithSystemd() async throws {
    let text = try await Tool("systemd-id128", in: .sid).check("show", "--uuid").outputText
    let lines = text.split(separator: "\n").map { $0.split(separator: " ") }.filter { $0.count == 2 }
    let known = Dictionary(lines.map { (String($0[0]), GUID($0[1])) }) { first, _ in first }
    for type in PartitionTypeTests.all { #expect(known[type.label] == type.guid, "\(type.label)") }
  }

  @Test func otherTypesHaveNames() throws {
    let generic = try #require(GUID("0fc63daf-8483-4772-8e79-3d69d8477de4"))
    #expect(PartitionType(guid: generic) == nil)
    #expect(PartitionType.name(of: generic) == "linux-generic")
    #expect(PartitionType.name(of: try #require(GUID("c12a7328-f81f-11d2-ba4b-00a0c93ec93b"))) == "esp")
    #expect(PartitionType.name(of: Samples.guid(1)) == nil)
  }
}
