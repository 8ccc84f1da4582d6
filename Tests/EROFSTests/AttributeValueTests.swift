import FileTree
import ImageCore
import TestSupport
import Testing

@testable import EROFS

/// Values of attributes that Linux does not show.
@Suite struct AttributeValueTests {
  /// The owner, a user, the group, the mask, all others.
  private static let entries: [[UInt8]] = [
    [1, 0, 6, 0, 0xFF, 0xFF, 0xFF, 0xFF], [2, 0, 4, 0, 0xE8, 3, 0, 0], [4, 0, 4, 0, 0xFF, 0xFF, 0xFF, 0xFF],
    [16, 0, 4, 0, 0xFF, 0xFF, 0xFF, 0xFF], [32, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF],
  ]
  private static let list: [UInt8] = [2, 0, 0, 0] + entries.joined()

  private func fault(_ value: some Sequence<UInt8>, _ name: String = "system.posix_acl_access") throws -> String? {
    try AttributeValue.fault(in: ExtendedAttribute(name: Array(name.utf8), value: Array(value))).map {
      "\($0.severity): \($0.message)"
    }
  }

  @Test func lists() throws {
    #expect(try fault(Self.list) == nil)
    #expect(try fault([], "system.posix_acl_default") == "warning: no value" && fault([], "user.acl") == nil)
    #expect(try fault([2, 0, 0, 0]) == "warning: no entries")
    #expect(try fault([2, 0, 0]) == "error: a value of 3 bytes")
    #expect(try fault(Self.list.dropLast()) == "error: a value of 43 bytes")
    #expect(try fault(Self.list + [0]) == "error: a value of 45 bytes")
    #expect(try fault([1] + Self.list.dropFirst()) == "error: a value of version 1")
    for tag in [0, 3, 64, 255] as [UInt8] {
      #expect(try fault(Self.list + [tag, 0, 0, 0, 0, 0, 0, 0]) == "error: an entry with tag \(tag)")
    }
    #expect(try fault(Self.list + [8, 0, 7, 0, 0xFF, 0xFF, 0xFF, 0xFF]) == "error: an entry for nobody")
  }

  @Test func capabilities() throws {
    func fault(_ value: [UInt8]) throws -> String? { try self.fault(value, "security.capability") }
    let zeros = [UInt8](repeating: 0, count: 16)
    #expect(try fault([1, 0, 0, 2] + zeros) == nil && fault([0, 0, 0, 3] + zeros + [1, 0, 0, 0]) == nil)
    #expect(try fault([1, 0, 0, 3] + zeros) == "error: a value of 20 bytes and version 3")
    #expect(try fault([1, 0, 0, 2] + zeros.dropLast()) == "error: a value of 19 bytes and version 2")
    #expect(try fault([]) == "error: a value of 0 bytes and version 0")
  }

  /// The value in a golden image with one byte changed: the kernel shows all attributes, or we say why not.
  @Test(.needsRoot, .needsMount()) func asTheKernel() async throws {
    let good = try Disk.read(GoldenFiles.path("erofs", "flat.small.erofs"))
    let start = try #require((0..<good.count - 44).first { Array(good[$0..<$0 + 44]) == Self.list })
    for (place, value, isSound) in [
      (0, 2, true), (0, 3, false), (3, 1, false), (4, 16, true), (4, 8, false), (4, 3, false), (6, 0xFF, true),
      (12, 1, true), (13, 1, false), (12, 8, true), (16, 7, true), (36, 33, false),
    ] as [(Int, UInt8, Bool)] {
      var bytes = good
      bytes[start + place] = value
      let image = try ErofsFileSystem(ByteStore(bytes))
      let findings = try await image.check(threadCount: 1).findings.kept.filter { $0.severity == .error }
      #expect(findings.map(\.code) == (isSound ? [] : ["erofs-xattr-value"]), "byte \(place): \(value): \(findings)")
      let kernel = try await TempFolder.with { folder in
        try Disk.write(bytes, to: folder["image"])
        return try? await LoopMount.with(folder["image"]) { try await readerManifest(DirectorySource($0).tree()) }
      }
      #expect((kernel != nil) == isSound, "byte \(place): \(value): the kernel")
    }
  }
}
