import Foundation
import ImageCore
import SystemPackage
import TestSupport
import Testing

/// A source that claims any length and gives the low byte of each offset.
private struct Endless: ByteSource {
  let byteCount: UInt64

  func read(at offset: UInt64, into output: inout [UInt8], _ range: Range<Int>) {
    for index in range { output[index] = UInt8(truncatingIfNeeded: offset + UInt64(index - range.lowerBound)) }
  }
}

@Suite(.tempFolder) struct ByteStoreTests {
  private static let content = Content.random(10_000, seed: 1).bytes

  /// The same bytes from memory, from a file, and from a slice in the middle of others.
  private func stores() throws -> [ByteStore] {
    let file = try TempFolder.current["file"]
    try Disk.write(Self.content, to: file)
    let around = [UInt8](repeating: 0xEE, count: 700) + Self.content + [UInt8](repeating: 0xEE, count: 300)
    return [
      ByteStore(Self.content), try ByteStore(contentsOf: file), try ByteStore(around).slice(700..<10_700),
      try ByteStore(around).slice(600..<10_800).slice(100..<10_100),
    ]
  }

  @Test func allBackingsGiveTheSameBytes() throws {
    for store in try stores() {
      #expect(store.byteCount == 10_000)
      for (offset, count) in [(0, 10_000), (0, 0), (0, 1), (9999, 1), (10_000, 0), (4095, 4098)] as [(UInt64, Int)] {
        #expect(try store.bytes(at: offset, count: count) == Array(Self.content[Int(offset)..<Int(offset) + count]))
      }
      #expect(try store.bytes(at: 9990, upTo: 100) == Array(Self.content[9990...]))
      #expect(try store.bytes(at: 9990, upTo: 5) == Array(Self.content[9990..<9995]))
      for offset in [10_000, 10_001, .max] as [UInt64] { #expect(try store.bytes(at: offset, upTo: .max) == []) }
    }
  }

  @Test func outsideIsTruncated() throws {
    for store in try stores() {
      for (offset, count) in [
        (0, 10_001), (10_000, 1), (10_001, 0), (9999, 2), (0, .max), (.max, 0), (.max, .max), (1 << 63, 1),
      ] as [(UInt64, Int)] {
        let error = #expect(throws: ImageError.self) { try store.bytes(at: offset, count: count) }
        #expect(error?.code == .truncated && error?.offset == store.baseOffset &+ offset, "\(offset), \(count)")
        let there = offset > 10_000 ? 0 : 10_000 - offset
        #expect(error?.message == "\(count) bytes needed, \(there) there")
      }
      #expect(throws: ImageError(.invalidArgument, "")) { try store.bytes(at: 0, count: -1) }
      #expect(throws: ImageError(.invalidArgument, "")) { try store.bytes(at: 0, upTo: .min) }
    }
  }

  @Test func slicesKnowWhereTheyAre() throws {
    let store = ByteStore(Self.content)
    let inner = try store.slice(1000..<9000).slice(500..<600)
    #expect(inner.baseOffset == 1500 && inner.byteCount == 100)
    #expect(try inner.bytes(at: 0, count: 100) == Array(Self.content[1500..<1600]))
    let error = #expect(throws: ImageError.self) { try inner.bytes(at: 50, count: 51) }
    #expect(error?.offset == 1550)
    #expect(try inner.slice(100..<100).byteCount == 0)
    for range in [0..<101, 101..<101, 100..<101, UInt64.max - 1..<UInt64.max, 0..<UInt64.max] {
      let error = #expect(throws: ImageError.self) { try inner.slice(range) }
      #expect(error?.code == .truncated && error?.offset == 1500 &+ range.lowerBound)
    }
  }

  @Test func lengthsBeyondAnInt() throws {
    let store = ByteStore(Endless(byteCount: .max))
    #expect(store.byteCount == .max)
    #expect(try store.bytes(at: .max - 3, count: 3) == [0xFC, 0xFD, 0xFE])
    #expect(try store.bytes(at: .max - 3, upTo: 100).count == 3)
    let upper = try store.slice(1 << 63..<UInt64.max)
    #expect(upper.baseOffset == 1 << 63 && upper.byteCount == 1 << 63 - 1)
    #expect(throws: ImageError(.truncated, "")) { try store.bytes(at: .max - 3, count: 4) }
  }

  @Test func aFileThatIsCutWhileItIsRead() throws {
    let path = try TempFolder.current["file"]
    try Disk.write(Self.content, to: path)
    let store = try ByteStore(contentsOf: path).slice(1000..<10_000)
    try Disk.setByteCount(5000, of: path)
    #expect(try store.bytes(at: 0, count: 4000) == Array(Self.content[1000..<5000]))
    let error = #expect(throws: ImageError.self) { try store.bytes(at: 3000, count: 2000) }
    #expect(error?.code == .changed && error?.offset == 5000 && error?.context == [path.string])
    try Disk.setByteCount(0, of: path)
    #expect(throws: ImageError(.changed, "")) { try store.bytes(at: 8999, count: 1) }
    #expect(store.byteCount == 9000)
  }

  @Test func aFileThatGrowsOrGoesIsReadAsItWas() throws {
    let path = try TempFolder.current["file"]
    try Disk.write(Self.content, to: path)
    let store = try ByteStore(contentsOf: path)
    try Disk.setByteCount(20_000, of: path)
    #expect(store.byteCount == 10_000)
    try Disk.remove(path)
    #expect(try store.bytes(at: 0, count: 10_000) == Self.content)
  }

  @Test func emptyFiles() throws {
    let path = try TempFolder.current["file"]
    try Disk.write("", to: path)
    let store = try ByteStore(contentsOf: path)
    #expect(try store.byteCount == 0 && store.bytes(at: 0, count: 0) == [] && store.bytes(at: 0, upTo: 9) == [])
  }

  @Test func symbolicLinksAreFollowed() throws {
    let folder = try TempFolder.current
    try Disk.write(Self.content, to: folder["file"])
    try Disk.makeLink(folder["link"], to: "file")
    #expect(try ByteStore(contentsOf: folder["link"]).byteCount == 10_000)
  }

  // MARK: what is no file

  private func error(at path: FilePath) -> ImageError? {
    #expect(throws: ImageError.self) { try ByteStore(contentsOf: path) }
  }

  @Test func missingFilesAreNamed() throws {
    let folder = try TempFolder.current
    let missing = error(at: folder["missing"])
    #expect(missing?.code == .notFound && missing?.context == [folder["missing"].string])
    try Disk.write("", to: folder["file"])
    #expect(error(at: folder["file"].appending("inside"))?.code == .notADirectory)
    try Disk.makeLink(folder["link"], to: "nowhere")
    #expect(error(at: folder["link"])?.code == .notFound)
    #expect(error(at: "")?.code == .notFound)
  }

  @Test func otherKindsOfFilesAreRefused() throws {
    for path in [try TempFolder.current.path, "/dev/null", "/dev/zero"] {
      let error = error(at: path)
      #expect(error?.code == .invalidArgument && error?.context == [path.string], "\(path)")
    }
  }

  /// In another process with a clock, because nothing ends a thread that waits for a writer.
  @Test func namedPipesAreRefusedAtOnce() async throws {
    let path = try TempFolder.current["fifo"]
    try Disk.makeFIFO(path)
    await #expect(processExitsWith: .success) { [path = path.string as String] in
      alarm(30)
      let error = #expect(throws: ImageError.self) { try ByteStore(contentsOf: FilePath(path)) }
      #expect(error?.code == .invalidArgument && error?.context == [path])
    }
  }

  @Test(.needsRoot) func socketsAreRefused() throws {
    let folder = try TempFolder.current
    try TreeBuilder.build(folder["tree"]) { try $0.socket("socket") }
    #expect(error(at: folder["tree"].appending("socket"))?.code == .io)
  }

  @Test(.needsRoot, .needsLoopDevices, .needs("losetup")) func blockDevicesAreRead() async throws {
    let path = try TempFolder.current["file"]
    let content = Content.random(64 << 10, seed: 2).bytes
    try Disk.write(content, to: path)
    try await LoopMount.withDevice(path) { device in
      let store = try ByteStore(contentsOf: device)
      #expect(store.byteCount == 64 << 10)
      #expect(try store.bytes(at: 5000, count: 10_000) == Array(content[5000..<15_000]))
    }
  }
}
