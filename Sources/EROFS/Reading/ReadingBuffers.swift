import Compression
import ImageCore
import Synchronization

/// What a reader works with, kept from call to call: windows on metadata, compressed bytes, decoders.
struct ReadingBuffers: Sendable {
  /// A part of the metadata.
  struct Window: Sendable {
    var start: UInt64 = 0
    var count = 0
    var bytes: [UInt8] = []

    func contains(_ offset: UInt64, _ end: UInt64) -> Bool { start <= offset && end <= start + UInt64(count) }
  }

  /// By the numbers of their slots, once there is one.
  var windows: [Window] = []
  /// Compressed bytes, and where in the image they begin.
  var input: [UInt8] = []
  var run = PclusterRun()
  var decompressor = BlockDecompressor()
  /// Maps of compressed files that were read last, the latest at the end.
  var maps: [CompressedMap] = []
  /// The buffers of the reader that reads the metabox for this one; one element or none.
  var metabox: [ReadingBuffers] = []

  /// A map that may be wanted again, taken out.
  mutating func takeMap(of nid: UInt64) -> CompressedMap? {
    guard let index = maps.lastIndex(where: { $0.nid == nid }) else { return nil }
    return maps.remove(at: index)
  }

  /// Keeps a map, and few others.
  mutating func keep(_ map: CompressedMap) {
    if maps.count == 3 { maps.removeFirst() }
    maps.append(map)
  }
}

/// Buffers that no call uses now: as many as calls went on at one time.
final class ReadingBufferPool: Sendable {
  private let free = Mutex<[ReadingBuffers]>([])

  func take() -> ReadingBuffers { free.withLock { $0.popLast() } ?? ReadingBuffers() }

  func give(_ buffers: ReadingBuffers) {
    free.withLock { if $0.count < Self.limit { $0.append(buffers) } }
  }

  /// Beyond it memory goes back to the system.
  private static let limit = 16
}

extension ErofsVolume {
  /// Runs `body` with a reader whose memory was used before, where there is some; errors name the image's file.
  func withReader<R>(
    _ access: MetadataReader.Access = .scattered, _ body: (inout MetadataReader) throws(ImageError) -> R
  ) throws(ImageError) -> R {
    var reader = MetadataReader(self, access, buffers: pool.take())
    defer { pool.give(reader.buffers) }
    do { return try body(&reader) } catch { throw error.inFile(store.name) }
  }
}
