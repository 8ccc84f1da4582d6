import Foundation
import GPT
import ImageCore
import SystemPackage
import TestSupport
import Testing

/// Tables of real tools, damaged and made whole: the bytes are again those of the tool, and the tools agree.
@Suite(.tempFolder) struct RepairToolTests {
  private static let root = PartitionType(designator: .root, architecture: .x86_64).guid
  private static let byteCount = 8 << 20

  enum Maker: String, CaseIterable, Sendable {
    case sgdisk, sgdiskOdd, sfdisk, sfdiskShort, parted, repart
  }

  private func make(_ maker: Maker) async throws -> [UInt8] {
    let path = try TempFolder.current["image"]
    try Disk.write([UInt8](repeating: 0, count: Self.byteCount), to: path)
    switch maker {
    case .sgdisk:
      try await Tool("sgdisk").check(
        "--new=5:8192:+1M", "--new=2:4096:8191", "--typecode=2:\(Self.root)", "--change-name=2:Größe", path.string)
    case .sgdiskOdd:
      try await Tool("sgdisk").check("--resize-table=256", "--move-main-table=100", "--new=200:4096:+1M", path.string)
    case .sfdisk, .sfdiskShort:
      let length = maker == .sfdisk ? "" : "table-length: 12\n"
      try await Tool("sfdisk").check(
        [path.string], input: Array("label: gpt\n\(length)7 : start=2048, size=2048, type=\(Self.root)\n".utf8))
    case .parted:
      try await Tool("parted").check(
        "--script", path.string, "mklabel", "gpt", "mkpart", "one", "1MiB", "3MiB", "mkpart", "two", "3MiB", "5MiB")
    case .repart:
      try Disk.write("[Partition]\nType=root-x86-64\nSizeMinBytes=4M\n", to: TempFolder.current["10.conf"])
      try await Tool("systemd-repart", in: .sid).check(
        "--definitions=\(TempFolder.current.path)", "--empty=force", "--dry-run=no",
        "--seed=6b8b4567327b23c6643c986966334873", path.string)
    }
    return try Disk.read(path)
  }

  private func repaired(_ image: [UInt8]) throws -> [UInt8] {
    var image = image
    for area in try GPTReading(ByteStore(image)).repair().areas {
      image.replaceSubrange(Int(area.offset)..<Int(area.offset) + area.bytes.count, with: area.bytes)
    }
    return image
  }

  private func expectSound(_ image: [UInt8], _ comment: Comment) async throws {
    let path = try TempFolder.current["judged"]
    try Disk.write(image, to: path)
    // What it finds unusual in tables of libfdisk.
    let sgdisk = try await Tool("sgdisk").run("--verify", path.string).text
      .replacingOccurrences(of: "Warning: There is a gap between the main partition table", with: "")
    let isSound =
      sgdisk.contains("No problems found")
      && !["Warning", "Problem", "Identified", "ERROR", "CRC", "corrupt", "invalid"].contains { sgdisk.contains($0) }
    #expect(isSound, "\(comment): \(sgdisk)")
    let sfdisk = try await Tool("sfdisk").run("--verify", path.string).text
    #expect(
      sfdisk.contains("No errors detected") && !sfdisk.contains("corrupt") && !sfdisk.contains("mismatch"),
      "\(comment): \(sfdisk)")
  }

  @Test(
    .needs("sgdisk", "sfdisk", "parted"), .needs("systemd-repart", in: .sid), arguments: Maker.allCases)
  func everyDamageIsUndone(_ maker: Maker) async throws {
    let good = try await make(maker)
    let reading = try GPTReading(ByteStore(good))
    #expect(try reading.repair().areas == [])
    let array = try reading.table.entryCount * reading.table.entryByteCount
    let primary = maker == .sgdiskOdd ? 100 * 512 : 1024
    let last = good.count - 512
    let damages = [
      446..<512, 512..<604, primary..<primary + array, 512..<520, last..<last + 92, last - array..<last,
      last - array..<good.count, 512..<primary + array,
    ]
    // When header and entries are gone, nobody knows that the entries were not in the usual place.
    for range in maker == .sgdiskOdd ? damages.dropLast() : damages[...] {
      var bad = good
      for index in range { bad[index] ^= 0xA5 }
      var whole = try repaired(bad)
      // The end in cylinders, heads and sectors, which sgdisk computes and others leave at the greatest.
      whole.replaceSubrange(451..<454, with: good[451..<454])
      #expect(Samples.difference(whole, good) == nil, "\(maker) \(range)")
    }
    // What was made whole is what they made themselves; of odd tables sgdisk says that they are.
    if maker != .sgdiskOdd && maker != .sfdiskShort { try await expectSound(good, "\(maker)") }
  }

  /// A grown image gets the bytes that `sgdisk --move-second-header` writes.
  @Test(.needs("sgdisk", "sfdisk")) func growsAsSgdiskDoes() async throws {
    let grown = try await make(.sgdisk) + [UInt8](repeating: 0, count: 3 << 20)
    let ours = try repaired(grown)
    let path = try TempFolder.current["theirs"]
    try Disk.write(grown, to: path)
    try await Tool("sgdisk").check("--move-second-header", path.string)
    var theirs = try Disk.read(path)
    // It leaves the length in the protective MBR as it was, or not, by version.
    theirs.replaceSubrange(446..<512, with: ours[446..<512])
    #expect(Samples.difference(ours, theirs) == nil)
    try await expectSound(ours, "grown")
  }
}
