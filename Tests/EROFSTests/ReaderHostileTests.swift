import FileTree
import ImageCore
import SystemPackage
import TestSupport
import Testing

@testable import EROFS

/// Spoilt images: a result or an error, soon; a trap ends the whole run.
@Suite(.needs("mkfs.erofs", in: .sid), .needsRoot, .timeLimit(.minutes(20))) struct ReaderHostileTests {
  private static let options = [
    "", "-zlz4", "-zlz4 -C16384 -Elegacy-compress", "-zlz4hc -C65536 -Eztailpacking", "--chunksize=4096",
    "-zlz4 -Efragments,dedupe --xattr-prefix=user.", "-zlz4 -C65536 -Eall-fragments", "-zlz4 -C65536 -E48bit",
    "-zlz4 -m4096 --zD --xattr-prefix=user.",
  ]

  /// Images of a small folder with all kinds of files.
  private static func images() async throws -> [[UInt8]] {
    try await TempFolder.with { folder in
      try makeSource(at: folder["source"])
      var images: [[UInt8]] = []
      for options in options {
        let words = ["-T1"] + options.split(separator: " ").map(String.init)
        _ = try await readerImage(of: folder["source"], words, at: folder["image"], by: .sid)
        let store = try ByteStore(contentsOf: folder["image"])
        images.append(try store.bytes(at: 0, count: Int(store.byteCount)))
      }
      return images
    }
  }

  private static func entryName(_ index: Int) -> RawName {
    "a/b/entry-with-a-very-long-name-so-that-two-blocks-are-needed-by-fifty-of-them-\(index)"
  }

  private static let paths: [[FileName]] = [
    ["a", "b", "entry-with-a-very-long-name-so-that-two-blocks-are-needed-by-fifty-of-them-17"],
    ["a", "b", "zeros"], ["a", "mix"], ["link"],
  ]

  private static func makeSource(at folder: FilePath) throws {
    let attributes = Attributes.file.xattr("user.same", [1, 2, 3])
    try TreeBuilder.build(folder) { tree in
      try tree.file("small", .utf8("small"), attributes)
      try tree.file("a/text", .text(30_000, seed: 1), attributes)
      try tree.file(
        "a/mix", .joined([.text(20_000, seed: 2), .random(9999, seed: 3), .text(30_000, seed: 4)]), attributes)
      try tree.file("a/b/zeros", .zero(100_000), .file.xattr("user.own", []))
      for index in 0..<50 { try tree.file(entryName(index)) }
      try tree.symlink("link", to: "a/text")
      try tree.link("a/hard", to: "small")
      try tree.directory("x", .folder.xattr("user.same", [1, 2, 3]).xattr("trusted.x", [4]))
    }
  }

  /// Everything that a caller may do; errors are fine.
  private func exercise(_ bytes: [UInt8]) -> Result<Int, ImageError> {
    do throws(ImageError) {
      let image = try ErofsFileSystem(ByteStore(bytes))
      let tree = try? image.tree()
      _ = try? image.statistics()
      for path in Self.paths {
        guard let inode = try? image.lookup(path) else { continue }
        _ = try? image.attributes(of: inode)
        if let content = try? image.content(of: inode) { read(content) }
      }
      try tree?.walk { (visit) throws(ImageError) in
        if let tree, case .regular(let content) = tree[visit.node].kind { read(content) }
        return true
      }
      return .success(tree?.entries(of: FileTree().root).count ?? 0)
    } catch { return .failure(error) }
  }

  private func read(_ content: any FileContent) {
    guard content.byteCount > 0 else { return }
    for offset in [0, content.byteCount / 2, content.byteCount - 1] {
      let count = Int(min(content.byteCount - offset, 20_000))
      var buffer = [UInt8](repeating: 0, count: count)
      try? content.read(at: offset, into: &buffer, 0..<count)
    }
  }

  /// Writes the checksum that the superblock should have now.
  private func repair(_ bytes: inout [UInt8]) throws {
    guard bytes.count >= 4096 else { return }
    let checksum = try Superblock.checksum(ofFirstBlock: Array(bytes[..<4096]))
    for index in 0..<4 { bytes[1028 + index] = UInt8(truncatingIfNeeded: checksum >> UInt32(8 * index)) }
  }

  @Test func everyTruncation() async throws {
    for image in try await Self.images() {
      for count in stride(from: 0, to: image.count, by: 173) {
        var bytes = Array(image[..<count])
        #expect(exercise(bytes) == .failure(ImageError(.truncated, "")) || count < 1028, "\(count)")
        // Now a superblock that agrees with the length.
        guard count >= 4096 else { continue }
        for index in 1060..<1064 { bytes[index] = 0 }
        try repair(&bytes)
        _ = exercise(bytes)
      }
    }
  }

  @Test func everyField() async throws {
    var runs = 0
    for image in try await Self.images() {
      for (offset, byteCount) in try fields(of: image) {
        for change in 0..<5 {
          var bytes = image
          for index in 0..<byteCount {
            let carry: UInt8 = change == 3 && index == 0 ? 1 : 0
            switch change {
            case 0: bytes[offset + index] = 0
            case 1: bytes[offset + index] = 0xFF
            case 2: bytes[offset + index] = index == byteCount - 1 ? 0x7F : 0xFF
            default: bytes[offset + index] &+= change == 3 ? carry : (index == 0 ? 0xFF : 0)
            }
          }
          try repair(&bytes)
          _ = exercise(bytes)
          runs += 1
        }
      }
    }
    #expect(runs > 3000)
  }

  @Test func randomBytes() async throws {
    var random = SplitMix64(seed: 5)
    for image in try await Self.images() {
      let places = try fields(of: image).flatMap { $0.offset..<$0.offset + $0.byteCount }
      for _ in 0..<500 {
        var bytes = image
        for _ in 0...random.next() % 3 {
          let anywhere = Int(random.next() % UInt64(bytes.count))
          let index = random.next() % 4 == 0 ? anywhere : places[Int(random.next() % UInt64(places.count))]
          bytes[index] = UInt8(truncatingIfNeeded: random.next())
        }
        try repair(&bytes)
        _ = exercise(bytes)
      }
    }
  }

  /// Where the fields of all metadata are.
  private func fields(of image: [UInt8]) throws -> [(offset: Int, byteCount: Int)] {
    var result = Superblock().described.filter { $0.name != "checksum" }.map { (1024 + $0.offset, $0.byteCount) }
    let opened = try ErofsFileSystem(ByteStore(image))
    var reader = MetadataReader(opened.volume)
    var inodes: [ErofsInode] = []
    try reader.walk { (step, _) throws(ImageError) in
      guard let inode = step.inode else { return }
      // One empty file stands for all of them.
      if inode.kind != .regular || inode.byteCount > 0 { inodes.append(inode) }
    }
    if opened.volume.packedNID != nil { inodes.append(try reader.packedInode()) }
    if opened.volume.metaboxNID != nil { inodes.append(try reader.metaboxInode()) }
    // What is compressed has its places elsewhere.
    for inode in inodes where inode.offset & ErofsVolume.inMetabox == 0 {
      let start = Int(inode.offset)
      let isExtended = inode.xattrOffset - inode.offset == 64
      let record: any Record = isExtended ? ExtendedInode() : CompactInode()
      result += record.described.map { (start + $0.offset, $0.byteCount) }
      result += stride(from: 0, to: inode.xattrByteCount, by: 4).map { (Int(inode.xattrOffset) + $0, 4) }
      let tail = Int(inode.tailOffset.roundedUp(to: 8))
      switch inode.storage {
      case .compressed: result += MapHeader().described.map { (tail + $0.offset, $0.byteCount) }
      case .chunks, .flat, .inline: break
      }
      if inode.storage == .compressed || inode.storage == .chunks {
        result += (0..<24).map { (tail + 8 + $0 * 2, 2) }.filter { $0.0 + 2 <= image.count }
      }
      if inode.isDirectory, inode.storage != .compressed {
        let data = Int(opened.volume.offset(of: 0, in: inode))
        result += (0..<4).flatMap { index in
          Dirent().described.map { (data + 12 * index + $0.offset, $0.byteCount) }
        }
      }
    }
    return result.filter { $0.0 + $0.1 <= image.count }
  }
}
