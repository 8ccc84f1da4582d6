import Compression
import Foundation
import ImageCore
import SystemPackage
import TestSupport
import Testing

typealias Outcome = Result<[UInt8], ImageError>

extension StreamFormat {
  /// Those that compress.
  static let compressing = allCases.filter { $0 != .none }

  /// Decodes a whole stream, `pull` bytes at a time from `piece` bytes at a time, and checks what must always hold.
  func decode(
    _ stream: [UInt8], pull: Int = 4096, piece: Int = 128 << 10, limits: StreamLimits = .test,
    expected: UInt64? = nil, comparesChecks: Bool = true, _ location: SourceLocation = #_sourceLocation
  ) -> Outcome {
    var output: [UInt8] = []
    // The stream lies among other bytes, which must not matter; its errors count from their beginning.
    let around = [UInt8](repeating: 0x28, count: 100)
    do throws(ImageError) {
      let store = try ByteStore(around + stream + around).slice(100..<100 + UInt64(stream.count))
      var reader = try StreamReader(
        self, StoreSource(store), limits: limits, expectedByteCount: expected, comparesChecks: comparesChecks,
        pieceByteCount: piece)
      var buffer = [UInt8](repeating: 0x55, count: pull + 2)
      do throws(ImageError) {
        while true {
          let count = try reader.read(into: &buffer, 1..<pull + 1)
          output += buffer[1..<count + 1]
          #expect(buffer[0] == 0x55 && buffer[pull + 1] == 0x55, "bytes outside", sourceLocation: location)
          #expect(reader.producedByteCount == UInt64(output.count), sourceLocation: location)
          if count < pull { break }
        }
      } catch {
        let offset = error.offset ?? 0
        #expect(offset == 100 + reader.consumedByteCount, "\(error)", sourceLocation: location)
        #expect(offset <= 100 + UInt64(stream.count), "\(error)", sourceLocation: location)
        #expect(error.message.hasPrefix("\(rawValue) stream: "), "\(error)", sourceLocation: location)
        throw error
      }
      #expect(reader.consumedByteCount == UInt64(stream.count), "not all was consumed", sourceLocation: location)
      // The end stays the end.
      #expect(try reader.read(into: &buffer, 0..<1) == 0, sourceLocation: location)
    } catch {
      return .failure(error)
    }
    return .success(output)
  }
}

extension StreamLimits {
  /// Enough for all that tests make.
  static var test: StreamLimits {
    var limits = StreamLimits(outputByteCount: 16 << 20)
    limits.memoryByteCount = 128 << 20
    return limits
  }
}

/// A stream of `Fixtures/streams`, made by other programs: `members.xz`.
struct GoldenStream: CustomTestStringConvertible, Sendable {
  let name: String
  let format: StreamFormat
  let bytes: [UInt8]

  var testDescription: String { name }
  /// Whether a changed bit cannot go unseen.
  var isChecked: Bool { format != .lzma && !["unchecked.zstd", "members.xz"].contains(name) }

  static let all: [GoldenStream] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.string)) ?? []
    return names.sorted().compactMap { GoldenStream(named: $0) }
  }()

  /// What they all hold.
  static let text: [UInt8] = (try? Disk.read(folder.appending("text"))) ?? []

  static subscript(_ name: String) -> GoldenStream {
    guard let stream = all.first(where: { $0.name == name }) else { fatalError("no \(name)") }
    return stream
  }

  private static let folder = FilePath(#filePath).removingLastComponent().removingLastComponent()
    .removingLastComponent().removingLastComponent().appending("Fixtures/streams")

  private init?(named name: String) {
    guard let format = StreamFormat(rawValue: FilePath(name).extension ?? ""),
      let bytes = try? Disk.read(Self.folder.appending(name))
    else { return nil }
    self.name = name
    self.format = format
    self.bytes = bytes
  }
}
