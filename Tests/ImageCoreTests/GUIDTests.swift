import ImageCore
import Testing

@Suite struct GUIDTests {
  // The EFI system partition's type, as UEFI prints it and as GPT stores it.
  private let text = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"
  private let printed: [UInt8] = [
    0xC1, 0x2A, 0x73, 0x28, 0xF8, 0x1F, 0x11, 0xD2, 0xBA, 0x4B, 0x00, 0xA0, 0xC9, 0x3E, 0xC9, 0x3B,
  ]
  private let stored: [UInt8] = [
    0x28, 0x73, 0x2A, 0xC1, 0x1F, 0xF8, 0xD2, 0x11, 0xBA, 0x4B, 0x00, 0xA0, 0xC9, 0x3E, 0xC9, 0x3B,
  ]

  @Test func bothByteOrders() throws {
    let guid = try #require(GUID(text))
    #expect(guid.bytes == printed && guid.mixedEndian == stored)
    #expect(GUID(bytes: printed) == guid && GUID(mixedEndian: stored) == guid)
    #expect("\(guid)" == text)
  }

  @Test func parsesEitherCaseWithAndWithoutDashes() {
    let guid = GUID(bytes: printed)
    let digits = text.replacing("-", with: "")
    for form in [text, text.uppercased(), digits, digits.uppercased()] { #expect(GUID(form) == guid, "\(form)") }
    #expect(GUID("x\(text)".dropFirst()) == guid)
  }

  @Test(arguments: [
    "", "-", "c12a7328", "c12a7328-f81f-11d2-ba4b-00a0c93ec93", "c12a7328-f81f-11d2-ba4b-00a0c93ec93b0",
    "c12a7328f-81f-11d2-ba4b-00a0c93ec93b", "c12a7328-f81f11d2-ba4b-00a0c93ec93b-",
    "c12a7328-f81f-11d2-ba4b-00a0c93ec9-b", "{c12a7328-f81f-11d2-ba4b-00a0c93ec93b}",
    "g12a7328-f81f-11d2-ba4b-00a0c93ec93b", "c12a7328 f81f 11d2 ba4b 00a0c93ec93b",
    " c12a7328f81f11d2ba4b00a0c93ec93", "c12a7328f81f11d2ba4b00a0c93ec93b0", "c12a7328-f81f11d2ba4b00a0c93ec93b",
    "--------------------------------", "------------------------------------", "é12a7328f81f11d2ba4b00a0c93ec9b",
    "+12a7328f81f11d2ba4b00a0c93ec93b",
  ])
  func anythingElseIsNone(_ text: String) {
    #expect(GUID(text) == nil)
  }

  @Test func versionAndVariant() {
    let zero = GUID.zero.asUUID(version: 4)
    #expect("\(zero)" == "00000000-0000-4000-8000-000000000000")
    let ones = GUID(bytes: repeatElement(0xFF, count: 16)).asUUID(version: 8)
    #expect("\(ones)" == "ffffffff-ffff-8fff-bfff-ffffffffffff")
    #expect(GUID(bytes: printed).asUUID(version: 1) == GUID(bytes: printed))
    #expect(ones.asUUID(version: 8) == ones)
  }

  @Test func takesSixteenBytes() {
    #expect(GUID(bytes: printed + [1, 2]) == GUID(bytes: printed))
    #expect(GUID(mixedEndian: stored + [1, 2]) == GUID(mixedEndian: stored))
    #expect("\(GUID(bytes: [0xAB]))" == "ab000000-0000-0000-0000-000000000000")
    #expect("\(GUID(mixedEndian: [0xAB]))" == "000000ab-0000-0000-0000-000000000000")
    #expect(GUID(bytes: []) == .zero)
  }

  @Test func everyBitCounts() {
    var seen: Set<GUID> = [.zero]
    for bit in 0..<128 {
      var bytes = [UInt8](repeating: 0, count: 16)
      bytes[bit / 8] = 1 << (bit % 8)
      let guid = GUID(bytes: bytes)
      #expect(seen.insert(guid).inserted)
      #expect(guid.bytes == bytes && GUID(mixedEndian: guid.mixedEndian) == guid && GUID("\(guid)") == guid)
    }
  }
}

@Suite struct HexTests {
  @Test func everyByteThereAndBack() {
    let all = (0...255).map { UInt8($0) }
    #expect(all.hex.hasPrefix("000102") && all.hex.hasSuffix("fdfeff") && all.hex.count == 512)
    #expect(bytes(hex: all.hex.utf8) == all)
    #expect(bytes(hex: all.hex.uppercased().utf8) == all)
    #expect(bytes(hex: "".utf8) == [])
  }

  @Test(arguments: ["0", "000", "0g", "0x00", " 00", "-1", "٠٠"])
  func refusesAnythingElse(_ text: String) {
    #expect(bytes(hex: text.utf8) == nil)
  }
}
