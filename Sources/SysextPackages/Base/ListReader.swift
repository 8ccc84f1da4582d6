import Compression
import ImageCore
import RPM

/// Reads lists of packages, in text or XML and compressed in any way.
struct ListReader {
  let limits: BaseLimits

  private static let pieceByteCount = 64 << 10

  /// The packages of a list.
  ///
  /// - Parameters:
  ///   - store: The list's file.
  ///   - expected: The checksum that it must have.
  /// - Returns: The packages, and which kind of list it is.
  /// - Throws: `.unsupported` for what is no list, `.truncated`, `.corrupt`, `.limit`; `.mismatch` for a wrong checksum; the
  ///   store's error.
  func packages(
    _ store: ByteStore, expected: RepositoryIndex.Entry? = nil
  ) throws(ImageError) -> (packages: [BasePackage], isXML: Bool) {
    var hash: RunningHash?
    if let algorithm = expected?.algorithm { hash = RunningHash(algorithm) }
    var reader = try open(HashingSource(StoreSource(store), hash), store)
    var piece = [UInt8](repeating: 0, count: Self.pieceByteCount)
    let count = try reader.read(into: &piece, piece.indices)
    let isXML = Self.isXML(piece[..<count])
    let packages: [BasePackage]
    if isXML {
      let list = PrimaryList(limits)
      try parse(&reader, &piece, count, list)
      packages = list.packages
    } else {
      packages = try NEVRAList.packages(try rest(&reader, piece, count), limits)
    }
    let source = try reader.finish()
    if let expected, let digest = source.hash?.value, digest != expected.digest {
      throw ImageError(
        .mismatch,
        "the \(expected.algorithm?.description ?? "checksum") is \(digest.hex), and \(expected.digest.hex) in repomd.xml"
      )
    }
    return (packages, isXML)
  }

  /// A repository's index.
  func index(_ store: ByteStore) throws(ImageError) -> RepositoryIndex {
    var reader = try open(HashingSource(StoreSource(store), nil), store)
    var piece = [UInt8](repeating: 0, count: Self.pieceByteCount)
    let count = try reader.read(into: &piece, piece.indices)
    let index = RepositoryIndex()
    try parse(&reader, &piece, count, index)
    return index
  }

  /// Whether a document begins so; in UTF-16, too.
  static func isXML(_ head: some Collection<UInt8>) -> Bool {
    let noText: [UInt8] = [0x20, 0x09, 0x0A, 0x0D, 0xEF, 0xBB, 0xBF, 0xFE, 0xFF, 0]
    return head.first { !noText.contains($0) } == UInt8(ascii: "<")
  }

  private func open(_ source: consuming HashingSource, _ store: ByteStore) throws(ImageError) -> StreamReader<
    HashingSource
  > {
    let head = try store.bytes(at: 0, upTo: StreamFormat.recognizedByteCount)
    var stream = StreamLimits(outputByteCount: limits.xmlByteCount)
    stream.memoryByteCount = limits.decoderByteCount
    return try StreamReader(StreamFormat(recognizing: head) ?? .none, source, limits: stream)
  }

  private func parse(
    _ reader: inout StreamReader<HashingSource>, _ piece: inout [UInt8], _ count: Int, _ receiver: any XMLReceiver
  ) throws(ImageError) {
    let parser = try XMLParser(receiver)
    var count = count
    while true {
      try checkCancellation()
      let isLast = count < piece.count
      try parser.parse(piece, 0..<count, isLast: isLast)
      if isLast { return }
      count = try reader.read(into: &piece, piece.indices)
    }
  }

  private func rest(
    _ reader: inout StreamReader<HashingSource>, _ piece: [UInt8], _ count: Int
  ) throws(ImageError) -> [UInt8] {
    var text: [UInt8] = []
    var next = piece
    var count = count
    while true {
      guard text.count <= limits.textByteCount - count else {
        throw ImageError(.limit, "a list of more than \(limits.textByteCount) bytes")
      }
      text += next[..<count]
      if count < next.count { return text }
      count = try reader.read(into: &next, next.indices)
    }
  }
}

/// The bytes of a store, with their digest where one is wanted.
struct HashingSource: StreamSource {
  private var source: StoreSource
  private(set) var hash: RunningHash?

  init(_ source: StoreSource, _ hash: RunningHash?) {
    self.source = source
    self.hash = hash
  }

  var byteCount: UInt64 { source.byteCount }
  var baseOffset: UInt64 { source.baseOffset }

  mutating func read(into output: inout [UInt8], _ range: Range<Int>) throws(ImageError) {
    try source.read(into: &output, range)
    hash?.update(output, range)
  }
}
