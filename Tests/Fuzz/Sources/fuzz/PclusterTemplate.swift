import Glibc
import SysextImage

/// An image with one compressed file, whose pclusters can be replaced by other bytes.
struct PclusterTemplate: Sendable {
  private let bytes: [UInt8]
  /// Where the file's data is: from the second block to the metadata, as our writer lays images out.
  private let data: Range<Int>

  /// Those in the folder that `FUZZ_TEMPLATES` names, one for each algorithm.
  static let all: [PclusterTemplate] = {
    let folder = getenv("FUZZ_TEMPLATES").map { String(cString: $0) } ?? "."
    return ["lz4", "deflate", "zstd", "lzma"].map { name in
      do { return try PclusterTemplate(ByteStore(contentsOf: FilePath("\(folder)/\(name).erofs"))) } catch {
        fatalError("\(error)")
      }
    }
  }()

  private init(_ store: ByteStore) throws(ImageError) {
    let bytes = try store.bytes(at: 0, count: Int(store.byteCount))
    guard let content = Self.content(bytes) else { throw ImageError(.notFound, "no /usr/file") }
    // Blocks that can be anything without the file being lost are its data.
    var end = 4096
    while end < bytes.count, Self.isFound(Self.spoilt(bytes, end..<end + 4096)) { end += 4096 }
    guard Self.content(Self.spoilt(bytes, 4096..<end)) != content else {
      throw ImageError(.mismatch, "the data is not where it is looked for")
    }
    self.bytes = bytes
    data = 4096..<end
  }

  private static func spoilt(_ bytes: [UInt8], _ range: Range<Int>) -> [UInt8] {
    var bytes = bytes
    for index in range { bytes[index] ^= 0x55 }
    return bytes
  }

  private static func isFound(_ bytes: [UInt8]) -> Bool {
    guard let fileSystem = try? ErofsFileSystem(ByteStore(bytes)) else { return false }
    return ((try? fileSystem.lookup("/usr/file")) ?? nil)?.kind == .regular
  }

  private static func content(_ bytes: [UInt8]) -> [UInt8]? {
    guard let fileSystem = try? ErofsFileSystem(ByteStore(bytes)), let file = try? fileSystem.lookup("/usr/file") else {
      return nil
    }
    return try? fileSystem.content(of: file).bytes()
  }

  /// The image with `input` where the file's data begins, and zeros behind it.
  func image(with input: ArraySlice<UInt8>) -> [UInt8] {
    var result = bytes
    for (place, byte) in zip(data, input) { result[place] = byte }
    for place in data.dropFirst(input.count) { result[place] = 0 }
    return result
  }
}
