public import SystemPackage

/// Where bytes come from, seen as one range of offsets from 0.
///
/// Immutable and `Sendable`; positional reads from any thread.
public protocol ByteSource: Sendable {
  /// The number of bytes.
  var byteCount: UInt64 { get }
  /// What errors call it; `nil` where it has no name.
  var name: String? { get }
  /// Fills `output[range]` with the bytes from `offset` on; the caller asks only for bytes inside.
  func read(at offset: UInt64, into output: inout [UInt8], _ range: Range<Int>) throws(ImageError)
}

extension ByteSource {
  /// None.
  public var name: String? { nil }
}

/// Immutable bytes of a file, of an array or of a user's own source, and any part of them.
///
/// A partition is a slice of its image's store and a file system reader sees bytes from 0. Errors carry offsets from the
/// beginning of the outermost store.
public struct ByteStore: Sendable {
  private let source: any ByteSource
  private let range: Range<UInt64>

  /// Bytes from a source of one's own.
  public init(_ source: any ByteSource) {
    self.source = source
    range = 0..<source.byteCount
  }

  /// Bytes in memory.
  public init(_ bytes: [UInt8]) { self.init(MemorySource(bytes: bytes)) }

  /// A file, read with `pread`: a file that is cut while it is read gives an error, not a signal.
  ///
  /// - Throws: `.notFound`, `.io`, or `.invalidArgument` for what is neither a regular file nor a block device.
  public init(contentsOf path: FilePath) throws(ImageError) { self.init(try FileSource(path)) }

  private init(source: any ByteSource, range: Range<UInt64>) {
    self.source = source
    self.range = range
  }

  /// The number of bytes.
  public var byteCount: UInt64 { range.upperBound - range.lowerBound }

  /// What errors call the outermost store: a file's path; `nil` where it has no name.
  public var name: String? { source.name }

  /// Where this store begins in the outermost one.
  public var baseOffset: UInt64 { range.lowerBound }

  /// A part of these bytes.
  ///
  /// - Throws: `.truncated` when `part` is not inside.
  public func slice(_ part: Range<UInt64>) throws(ImageError) -> ByteStore {
    try check(part.lowerBound, part.upperBound - part.lowerBound)
    return ByteStore(
      source: source,
      range: range.lowerBound + part.lowerBound..<range.lowerBound + part.upperBound)
  }

  /// `count` bytes from `offset`.
  ///
  /// - Throws: `.truncated` when they are not all inside, `.invalidArgument` for a negative count; the source's error.
  public func bytes(at offset: UInt64, count: Int) throws(ImageError) -> [UInt8] {
    guard let wanted = UInt64(exactly: count) else { throw .negative(count) }
    try check(offset, wanted)
    var output = [UInt8](repeating: 0, count: count)
    if count > 0 { try source.read(at: range.lowerBound + offset, into: &output, 0..<count) }
    return output
  }

  /// Fills `output[part]` with the bytes from `offset` on.
  ///
  /// - Throws: `.truncated` when they are not all inside; the source's error.
  public func read(at offset: UInt64, into output: inout [UInt8], _ part: Range<Int>) throws(ImageError) {
    guard part.lowerBound >= 0, part.upperBound <= output.count else {
      throw ImageError(.invalidArgument, "bytes \(part) of a buffer of \(output.count)")
    }
    try check(offset, UInt64(part.count))
    if !part.isEmpty { try source.read(at: range.lowerBound + offset, into: &output, part) }
  }

  /// Up to `count` bytes from `offset`: fewer, or none, at the end.
  ///
  /// - Throws: `.invalidArgument` for a negative count; the source's error.
  public func bytes(at offset: UInt64, upTo count: Int) throws(ImageError) -> [UInt8] {
    guard let wanted = UInt64(exactly: count) else { throw .negative(count) }
    let there = offset < byteCount ? byteCount - offset : 0
    return try bytes(at: min(offset, byteCount), count: Int(min(wanted, there)))
  }

  /// The same bytes, of which the first are read now and at once: for what is parsed in many small steps.
  ///
  /// - Throws: The source's error.
  package func buffering(first count: Int) throws(ImageError) -> ByteStore {
    let start = try bytes(at: 0, upTo: count)
    return ByteStore(source: BufferedSource(source: source, start: start, offset: range.lowerBound), range: range)
  }

  private func check(_ offset: UInt64, _ count: UInt64) throws(ImageError) {
    if offset > byteCount || count > byteCount - offset {
      throw ImageError(
        .truncated, "\(count) bytes needed, \(byteCount - min(offset, byteCount)) there",
        offset: range.lowerBound &+ offset)
    }
  }
}

extension ImageError {
  fileprivate static func negative(_ count: Int) -> ImageError {
    ImageError(.invalidArgument, "a count of \(count) bytes")
  }
}

private struct MemorySource: ByteSource {
  let bytes: [UInt8]

  var byteCount: UInt64 { UInt64(bytes.count) }

  func read(at offset: UInt64, into output: inout [UInt8], _ range: Range<Int>) {
    output.copy(bytes, Int(offset)..<Int(offset) + range.count, to: range.lowerBound)
  }
}

/// A source of which a part is in memory, too.
private struct BufferedSource: ByteSource {
  let source: any ByteSource
  let start: [UInt8]
  /// Where `start` is.
  let offset: UInt64

  var byteCount: UInt64 { source.byteCount }
  var name: String? { source.name }

  func read(at place: UInt64, into output: inout [UInt8], _ range: Range<Int>) throws(ImageError) {
    guard place >= offset, place - offset <= UInt64(start.count),
      range.count <= start.count - Int(place - offset)
    else { return try source.read(at: place, into: &output, range) }
    let first = Int(place - offset)
    output.copy(start, first..<first + range.count, to: range.lowerBound)
  }
}

private final class FileSource: ByteSource {
  private let path: String
  private let file: FileDescriptor
  let byteCount: UInt64

  init(_ path: FilePath) throws(ImageError) {
    self.path = path.string
    do {
      file = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .nonBlocking])
    } catch {
      throw ImageError.io(error as? Errno ?? .ioError, "open").inFile(path.string)
    }
    do throws(Errno) {
      let status = try POSIX.fstat(file)
      switch status.type {
      case FileStatus.regular: byteCount = status.byteCount
      case FileStatus.blockDevice: byteCount = try POSIX.end(file)
      default: throw .invalidArgument
      }
    } catch {
      try? file.close()
      let failure =
        error == .invalidArgument
        ? ImageError(.invalidArgument, "neither a file nor a block device") : .io(error, "look at")
      throw failure.inFile(path.string)
    }
  }

  deinit { try? file.close() }

  var name: String? { path }

  func read(at offset: UInt64, into output: inout [UInt8], _ range: Range<Int>) throws(ImageError) {
    let count: Int
    do throws(Errno) { count = try POSIX.read(file, at: offset, into: &output, range) } catch {
      throw ImageError.io(error, "read").inFile(path)
    }
    if count < range.count {
      throw ImageError(.changed, "the file was cut while it was read", offset: offset + UInt64(count)).inFile(path)
    }
  }
}
