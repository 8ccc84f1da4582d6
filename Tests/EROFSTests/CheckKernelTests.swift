import FileTree
import ImageCore
import SystemPackage
import TestSupport
import Testing

@testable import EROFS

/// What a check finds nothing wrong with, the kernel reads, and it reads the same.
@Suite(.needs("mkfs.erofs", in: .sid), .needsRoot, .needsMount(), .timeLimit(.minutes(30)))
struct CheckKernelTests {
  private static func makeSource(at folder: FilePath) throws {
    let attributes = Attributes.file.xattr("user.same", [1, 2, 3])
    try TreeBuilder.build(folder) { tree in
      try tree.file("small", .utf8("small"), attributes)
      try tree.file("a/text", .text(30_000, seed: 1), attributes)
      try tree.file("a/mix", .joined([.text(9000, seed: 2), .random(5000, seed: 3), .text(9000, seed: 4)]), attributes)
      try tree.file("a/b/zeros", .zero(50_000), .file.xattr("user.own", []))
      for index in 0..<12 { try tree.file("a/b/entry-\(index)", .text(300 * index, seed: UInt64(index))) }
      try tree.symlink("link", to: "a/text")
      try tree.link("a/hard", to: "small")
    }
  }

  private func repairChecksum(_ bytes: inout [UInt8]) throws {
    let checksum = try Superblock.checksum(ofFirstBlock: Array(bytes[..<4096]))
    for index in 0..<4 { bytes[1028 + index] = UInt8(truncatingIfNeeded: checksum >> UInt32(8 * index)) }
  }

  /// A byte that a reader looks at: all bytes of inodes, maps, directories and data that are not zero, and the zeros
  /// beside them.
  private func places(_ bytes: [UInt8]) -> [Int] {
    (1024..<bytes.count).filter { index in
      bytes[index] != 0 || bytes[index - 1] != 0 || (index + 1 < bytes.count && bytes[index + 1] != 0)
    }
  }

  @Test(
    arguments: [
      "", "-zlz4", "-zlz4 -C16384 -Eztailpacking", "--chunksize=4096", "-zlz4 -Efragments", "-zzstd -C16384",
      "-zlz4 -Elegacy-compress", "-zdeflate -C16384 -Efragments,dedupe", "-zlzma -C16384",
    ])
  func changedBytes(_ options: String) async throws {
    try await TempFolder.with { folder in
      try Self.makeSource(at: folder["source"])
      let words = ["-T1"] + options.split(separator: " ").map(String.init)
      _ = try await readerImage(of: folder["source"], words, at: folder["image"], by: .sid)
      let good = try Disk.read(folder["image"])
      let places = places(good)
      var random = SplitMix64(seed: 9)
      var soundCount = 0
      for round in 0..<120 {
        var bytes = good
        let place = places[Int(random.next() % UInt64(places.count))]
        bytes[place] ^= round % 2 == 0 ? 1 << UInt8(random.next() % 8) : UInt8(1 + random.next() % 255)
        try repairChecksum(&bytes)
        guard let image = try? ErofsFileSystem(ByteStore(bytes)) else { continue }
        let report = try await image.check(threadCount: 1)
        guard report.findings.count(.error) == 0 else { continue }
        soundCount += 1
        let ours = try readerManifest(image.tree())
        try Disk.write(bytes, to: folder["changed"])
        do {
          let kernel = try await LoopMount.with(folder["changed"]) {
            try await readerManifest(DirectorySource($0).tree())
          }
          let difference = readerDifference(kernel, ours)
          #expect(difference == [], "\(options): byte \(place): \(good[place]) to \(bytes[place])")
        } catch {
          Issue.record("\(options): byte \(place): \(good[place]) to \(bytes[place]): the kernel: \(error)")
        }
      }
      #expect(soundCount > 0)
    }
  }
}
