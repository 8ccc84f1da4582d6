import ImageCore
import TestPackages
import TestSupport
import Testing

@testable import RPM
@testable import SysextPackages

/// Databases in ndb, right and wrong.
@Suite struct NDBTests {
  private func names(_ craft: DatabaseCraft) throws -> [String] {
    try names(craft.bytes)
  }

  private func names(_ bytes: [UInt8], _ limits: RPMDatabase.Limits = .init()) throws -> [String] {
    var names: [String] = []
    try RPMDatabase(ByteStore(bytes), log: nil, limits: limits).forEach { names.append("\($0.identity)") }
    return names
  }

  private let three = DatabaseCraft(["one", "two", "three"].map { DatabaseCraft.blob($0) })

  @Test func packagesOnly() throws {
    var craft = three
    craft.add(9, DatabaseCraft.blob("gpg-pubkey", architecture: nil, source: nil))
    craft.add(10, DatabaseCraft.blob("source", source: nil, [(1106, .int32([1]))]))
    craft.add(11, DatabaseCraft.blob("nowhere", source: nil))
    #expect(
      try names(craft) == ["one-1-2.x86_64", "two-1-2.x86_64", "three-1-2.x86_64", "nowhere-1-2.x86_64"])
  }

  /// What was not installed is not in a base.
  @Test func presentFiles() throws {
    var tags = PackageCraft.files(4).filter { ![1022, 1035, 1044].contains($0.0) }
    tags.append((1029, .bin([0, 2, 0, 1])))
    var blob = DatabaseCraft.blob("made", tags)
    var package: RPMInstalledPackage?
    // FILESTATES are of the type char, which the craft does not have: it is 1, as opposed to 7.
    let index = blob.indices.first { blob[$0...].starts(with: [0, 0, 4, 5, 0, 0, 0, 7]) }
    blob[try #require(index) + 7] = 1
    try RPMDatabase(ByteStore(DatabaseCraft([blob]).bytes)).forEach { package = $0 }
    let made = try #require(package)
    #expect(try made.files().count == 4)
    #expect(try made.presentFiles().map(\.index) == [0, 2])
  }

  typealias Change = @Sendable (inout DatabaseCraft) -> Void
  static let faults: [(String, ImageError.Code, Change)] = [
    ("magic", .unsupported, { $0.magic = "RpmQ" }),
    ("version", .unsupported, { $0.version = 1 }),
    ("no pages", .corrupt, { $0.pageCount = 0 }),
    ("pages behind the end", .corrupt, { $0.pageCount = 0xFFFF_FFFF }),
    (
      "a page that is none", .corrupt,
      {
        $0.pageCount = 2; $0.values += [UInt8](repeating: 1, count: 8192)
      }
    ),
    ("slot magic", .corrupt, { $0.slots[1].magic = "Slop" }),
    ("outside", .corrupt, { $0.slots[2].count += 1 }),
    (
      "far outside", .corrupt,
      {
        $0.slots[2].start = 0xFFFF_FFFF; $0.slots[2].count = 0xFFFF_FFFF
      }
    ),
    ("in the slots", .corrupt, { $0.slots[0].start = 255 }),
    ("empty", .corrupt, { $0.slots[0].count = 0 }),
    ("number 0", .corrupt, { $0.slots[0].number = 0 }),
    (
      "a place twice", .corrupt,
      {
        $0.slots.append($0.slots[1]); $0.slots[3].number = 77
      }
    ),
    ("a number twice", .corrupt, { $0.slots[2].number = 1 }),
    ("another number", .corrupt, { $0.slots[2].number = 8 }),
    ("overlap", .corrupt, { $0.slots[0].count += 1 }),
    ("no whole blocks", .truncated, { $0.values.removeLast() }),
    ("head", .corrupt, { $0.values[0] = 0 }),
    ("tail", .corrupt, { $0.values[$0.values.count - 1] = 0 }),
    ("a bit of a header", .mismatch, { $0.values[100] ^= 1 }),
    ("checksum", .mismatch, { $0.values[$0.values.count - 12] ^= 1 }),
    ("length", .corrupt, { $0.values[12] ^= 16 }),
  ]

  @Test(arguments: faults.indices) func fault(_ number: Int) throws {
    let (name, code, change) = Self.faults[number]
    var craft = three
    change(&craft)
    let bytes = craft.bytes
    let error = #expect(throws: ImageError.self) { try names(bytes) }
    #expect(error?.code == code, "\(name): \(String(describing: error))")
    if code != .unsupported { #expect(error?.offset != nil, "\(name)") }
    // Found in the slots, before any value is read.
    if ["a place twice", "a number twice", "overlap"].contains(name) {
      #expect(error?.offset ?? 4096 < 4096, "\(name)")
    }
  }

  /// A value that is right as a value and no header.
  @Test func headers() throws {
    let blob = DatabaseCraft.blob("one")
    let wrong: [[UInt8]] = [
      [], [0], [UInt8](repeating: 0xFF, count: 64), Array(blob.dropLast()), blob + [0],
      DatabaseCraft.blob("one two"),
    ]
    for bytes in wrong {
      let error = #expect(throws: ImageError.self) { try names(DatabaseCraft([bytes])) }
      #expect(error?.context.first == "package 1" && (error?.offset ?? 0) >= 4096, "\(String(describing: error))")
    }
  }

  /// A length that claims more than rpm allows takes no memory.
  @Test func hugeValue() throws {
    var craft = three
    craft.slots[2].count = 20 << 20
    let source = Sparse(head: craft.bytes, byteCount: 1 << 30)
    let error = #expect(throws: ImageError.self) { try RPMDatabase(ByteStore(source)).forEach { _ in } }
    #expect(error?.code == .limit)
  }

  @Test func limit() throws {
    var limits = RPMDatabase.Limits()
    limits.packageCount = 2
    #expect(throws: ImageError(.limit, "")) { try names(three.bytes, limits) }
  }

  /// Whatever is cut or changed: an error, or what was there.
  @Test func anyDamage() throws {
    let bytes = three.bytes
    let right = try names(bytes)
    for count in stride(from: 0, to: bytes.count, by: 7) {
      #expect(throws: ImageError.self) { try names(Array(bytes[..<count])) }
    }
    var random = SplitMix64(seed: 5)
    for place in Array(0..<96) + Array(4096..<bytes.count) {
      var copy = bytes
      copy[place] ^= UInt8(truncatingIfNeeded: random.next() | 1)
      if let names = try? names(copy) { #expect(Set(names).isSubset(of: right), "\(place)") }
    }
  }
}

/// A few bytes, and then zeros.
private struct Sparse: ByteSource {
  let head: [UInt8]
  let byteCount: UInt64

  func read(at offset: UInt64, into output: inout [UInt8], _ range: Range<Int>) {
    precondition(range.count < 1 << 20)
    for index in range {
      let place = Int(offset) + index - range.lowerBound
      output[index] = place < head.count ? head[place] : 0
    }
  }
}
