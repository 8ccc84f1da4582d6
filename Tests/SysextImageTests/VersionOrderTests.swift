import SysextImage
import TestSupport
import Testing

@Suite("order of versions")
struct VersionOrderTests {
  static let ascending = [
    "122.1", "123~rc1-1", "123", "123-a", "123-a.1", "123-1", "123-1.1", "123^post1", "123.a-1", "123.1-1", "123a-1",
    "124-1",
  ]

  @Test("each is older than all that follow, and not than itself", arguments: ascending.indices)
  func row(_ index: Int) {
    for other in Self.ascending.indices {
      let expected: VersionOrder.Result = index < other ? .older : index > other ? .newer : .same
      #expect(VersionOrder.compare(Self.ascending[index], Self.ascending[other]) == expected)
    }
  }

  @Test(
    "equal ones",
    arguments: [("1_", "1"), ("+1", "1"), ("11α", "11β"), ("01", "1"), ("", ""), ("~", "~"), ("-^.", "-^.")]
      as [(String, String)])
  func equal(_ left: String, _ right: String) {
    #expect(VersionOrder.compare(left, right) == .same)
    #expect(VersionOrder.compare(right, left) == .same)
  }

  @Test(
    "older and newer",
    arguments: [
      ("1.9", "1.10"), ("", "1"), ("~", ""), ("1~", "1"), ("A", "a"), ("a", "ab"), ("a", "1"), ("1.0", "1.0.0"),
      ("999999999999999999999998", "999999999999999999999999"),
    ] as [(String, String)])
  func older(_ left: String, _ right: String) {
    #expect(VersionOrder.compare(left, right) == .older)
    #expect(VersionOrder.compare(right, left) == .newer)
  }

  @Test("random strings end and give mirrored answers")
  func hostile() {
    var random = SplitMix64(seed: 5)
    let alphabet = Array("019aZ~^-._+ä")
    func string() -> String {
      String((0..<Int.random(in: 0..<8, using: &random)).compactMap { _ in alphabet.randomElement(using: &random) })
    }
    for _ in 0..<20_000 {
      let (left, right) = (string(), string())
      let mirrored: VersionOrder.Result =
        switch VersionOrder.compare(right, left) {
        case .older: .newer
        case .same: .same
        case .newer: .older
        }
      #expect(VersionOrder.compare(left, right) == mirrored, "\(left) \(right)")
    }
  }

  @Test(
    "agrees with systemd-analyze compare-versions", .needs("systemd-analyze", in: .bookworm),
    .needs("systemd-analyze", in: .trixie), .needs("systemd-analyze", in: .sid), arguments: Peer.trees)
  func systemd(_ peer: Peer) async throws {
    var random = SplitMix64(seed: 6)
    let alphabet = Array("019aZ~^-._+")
    for _ in 0..<100 {
      // A letter in front: no word may look like an option, or be empty.
      let words = (0..<2).map { _ in
        "a" + (0..<Int.random(in: 0..<7, using: &random)).compactMap { _ in alphabet.randomElement(using: &random) }
      }
      let result = try await Tool("systemd-analyze", in: peer).run(["compare-versions"] + words)
      let expected: VersionOrder.Result? =
        switch result.status {
        case 0: .same
        case 11: .newer
        case 12: .older
        default: nil
        }
      #expect(VersionOrder.compare(words[0], words[1]) == expected, "\(words) \(result)")
    }
  }
}
