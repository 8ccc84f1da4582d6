import FileTree
import ImageCore
import SystemPackage
import TestSupport
import Testing

@testable import EROFS

/// Golden images cut short and with random bytes: a result or an error, soon; a trap ends the whole run.
///
/// `MutationTests` has what can be wrong with single fields.
@Suite(.timeLimit(.minutes(30))) struct ReaderHostileTests {
  /// One for each way to store things.
  private static let images = GoldenImage.all.filter { golden in
    [
      "flat.small", "lz4.large", "legacy.large", "lz4hc-tails.large", "chunk-indexes.small", "prefixes.large",
      "all-fragments.large", "48bit.large", "metabox.large", "directories.large", "device.small",
    ].contains(golden.name)
  }

  /// Everything that a caller may do; errors are fine.
  private func exercise(_ bytes: [UInt8], _ devices: [ByteStore] = []) -> Result<Int, ImageError> {
    do throws(ImageError) {
      let image = try ErofsFileSystem(ByteStore(bytes), devices: devices)
      let tree = try? image.tree()
      _ = try? image.statistics()
      for path: FilePath in ["/usr/share/many/none", "/usr/share/text", "/usr/share/zeros", "/usr/share/link"] {
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

  @Test func allAreThere() { #expect(Self.images.count == 11) }

  @Test(arguments: images) func everyTruncation(_ golden: GoldenImage) throws {
    let image = try golden.bytes()
    for count in stride(from: 0, to: image.count, by: 173) {
      var bytes = Array(image[..<count])
      #expect(exercise(bytes) == .failure(ImageError(.truncated, "")) || count < 1028, "\(count)")
      // Now a superblock that agrees with the length.
      guard count >= 4096 else { continue }
      for index in 1060..<1064 { bytes[index] = 0 }
      try repairChecksum(&bytes)
      _ = exercise(bytes)
    }
  }

  @Test(arguments: images) func randomBytes(_ golden: GoldenImage) throws {
    var random = SplitMix64(seed: 5)
    let image = try golden.bytes()
    let places = try ImageFields(golden.open(), image).all.flatMap { $0.offset..<$0.offset + $0.byteCount }
    for _ in 0..<500 {
      var bytes = image
      for _ in 0...random.next() % 3 {
        let anywhere = Int(random.next() % UInt64(bytes.count))
        let index = random.next() % 4 == 0 ? anywhere : places[Int(random.next() % UInt64(places.count))]
        bytes[index] = UInt8(truncatingIfNeeded: random.next())
      }
      try repairChecksum(&bytes)
      _ = exercise(bytes, try golden.devices())
    }
  }
}
