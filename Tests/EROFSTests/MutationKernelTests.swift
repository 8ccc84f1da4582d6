import FileTree
import ImageCore
import SystemPackage
import TestSupport
import Testing

@testable import EROFS

/// Spoilt fields that a check finds nothing wrong with, not even a warning: the kernel and `fsck.erofs` read the same.
@Suite(.needs("fsck.erofs", in: .sid), .needsRoot, .needsMount(), .timeLimit(.minutes(30)))
struct MutationKernelTests {
  /// How many images each golden one gives.
  private static let sampleCount = 24

  /// What fsck.erofs 1.9.4 does not extract right even when it is whole: LZ4 of 1.5 without padding, inline data in a
  /// compressed metabox.
  private static let isBeyondFsck: Set = ["legacy.large", "metabox.large", "metabox-prefixes.small"]

  private static let images = GoldenImage.all.filter { !$0.name.hasPrefix("device") }

  @Test(arguments: images) func agrees(_ golden: GoldenImage) async throws {
    let good = try golden.bytes()
    let image = try golden.open()
    let fields = try ImageFields(image, good).all
    var random = SplitMix64(seed: UInt64(good.count))
    var soundCount = 0
    try await TempFolder.with { folder in
      for _ in 0..<2000 where soundCount < Self.sampleCount {
        let field = fields[Int(random.next() % UInt64(fields.count))]
        let values = field.values(in: good, image)
        guard !values.isEmpty else { continue }
        let value = values[Int(random.next() % UInt64(values.count))]
        let bytes = try field.set(value, in: good)
        guard let changed = try? ErofsFileSystem(ByteStore(bytes)) else { continue }
        let report = try await changed.check(threadCount: 1)
        guard report.findings.count(.error) == 0, report.findings.count(.warning) == 0 else { continue }
        soundCount += 1
        let ours = try readerManifest(changed.tree())
        try Disk.write(bytes, to: folder["image"])
        let place = "\(golden): \(field.name) at \(field.offset): \(value), not \(field.value(in: good))"
        await compare(ours, place, "the kernel") {
          try await LoopMount.with(folder["image"]) { try await readerManifest(DirectorySource($0).tree()) }
        }
        guard !Self.isBeyondFsck.contains(golden.name), !isBeyondFsck(field, value) else { continue }
        await compare(Self.withoutAttributes(ours), place, "fsck.erofs") { try await extracted(folder["image"]) }
      }
    }
    #expect(soundCount >= Self.sampleCount / 2)
  }

  /// A packed inode that nothing uses is read all the same, a hole at a file's end is left away, and links have no
  /// permissions.
  private func isBeyondFsck(_ field: ImageField, _ value: UInt64) -> Bool {
    field.name == "superblock packed_nid"
      || field.name.contains("symlink") && field.name.hasSuffix("i_mode")
      || field.name == "chunk startblk_lo" && value == UInt64(UInt32.max)
      || field.name.hasPrefix("extent of") && UInt32(truncatingIfNeeded: value) & PackedLength.mask == 0
  }

  /// A list of what `fsck.erofs` extracts, on a file system that keeps any time.
  private func extracted(_ image: FilePath) async throws -> [String] {
    try await TempFolder.with(.memory) { folder in
      try await Tool("fsck.erofs", in: .sid).check("--extract=\(folder["tree"])", "--preserve", image.string)
      return Self.withoutAttributes(try await readerManifest(DirectorySource(folder["tree"]).tree()))
    }
  }

  /// The list stays true of the images as they are.
  @Test func whatFsckCannotExtract() async throws {
    for golden in Self.images {
      let ours = Self.withoutAttributes(try readerManifest(golden.open().tree()))
      let theirs = try? await extracted(golden.path)
      #expect(
        (theirs == nil || readerDifference(theirs ?? [], ours) != []) == Self.isBeyondFsck.contains(golden.name),
        "\(golden)")
    }
  }

  /// `fsck.erofs --extract` sets owners after attributes, which takes capabilities away, and keeps not all of the others.
  private static func withoutAttributes(_ lines: [String]) -> [String] {
    lines.map { line in line.split(separator: " ").filter { $0 == "=" || !$0.contains("=") }.joined(separator: " ") }
  }

  private func compare(_ ours: [String], _ place: String, _ name: String, _ read: () async throws -> [String]) async {
    do {
      let difference = readerDifference(try await read(), ours)
      if difference != [] {
        Issue.record("\(place): \(name):\n\(difference.prefix(4).map { $0.prefix(160) }.joined(separator: "\n"))")
      }
    } catch { Issue.record("\(place): \(name): \(error)") }
  }
}
