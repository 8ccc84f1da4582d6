public import FileTree
public import ImageCore
public import SystemPackage

/// How files whose paths fit a pattern are compressed.
public struct CompressionRule: Sendable, Hashable {
  /// Which files it is for.
  public let pattern: PathPattern
  /// The algorithm.
  public let compression: ErofsOptions.Compression
  /// The greatest physical cluster, in bytes; `nil`: the image's.
  public let pclusterByteCount: Int?

  /// Makes a rule.
  public init(_ pattern: String, _ compression: ErofsOptions.Compression, pclusterByteCount: Int? = nil) {
    self.pattern = PathPattern(pattern)
    self.compression = compression
    self.pclusterByteCount = pclusterByteCount
  }

  /// Whether the rule is for the file.
  func fits(_ visit: FileTree.Visit) -> Bool { pattern.fits(visit) }
}

extension CompressionRule {
  /// Reads a file of rules.
  ///
  /// - Throws: What `parse` and reading throw, with the file's name.
  public static func read(_ path: FilePath) throws(ImageError) -> [CompressionRule] {
    let store = try ByteStore(contentsOf: path)
    guard store.byteCount <= 1 << 20 else {
      throw ImageError(.limit, "too large for a file of rules", context: [path.string])
    }
    let bytes = try store.bytes(at: 0, count: Int(store.byteCount))
    do throws(ImageError) { return try parse(String(decoding: bytes, as: UTF8.self)) } catch {
      throw error.inContext(path.string)
    }
  }

  /// Parses a file of rules.
  ///
  /// In each line an algorithm, optionally the size of pclusters (`64K`), and a pattern, which goes to the end of the
  /// line. Empty lines and lines that begin with `#` are skipped.
  ///
  /// - Throws: `.invalidArgument` with the line's number.
  public static func parse(_ text: String) throws(ImageError) -> [CompressionRule] {
    var rules: [CompressionRule] = []
    // A carriage return and what follows it are one character.
    let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
    for (number, line) in lines.enumerated() {
      guard let first = line.first(where: { $0 != " " && $0 != "\t" }), first != "#" else { continue }
      rules.append(try rule(line, number + 1))
    }
    return rules
  }

  private static func rule(_ line: Substring, _ number: Int) throws(ImageError) -> CompressionRule {
    var rest = line
    func word() -> Substring {
      rest = rest.drop { $0 == " " || $0 == "\t" }
      let word = rest.prefix { $0 != " " && $0 != "\t" }
      return word
    }
    let name = word()
    guard let compression = ErofsOptions.Compression(String(name)) else {
      throw ImageError(
        .invalidArgument, "line \(number): \(name) is no compression; \(ErofsOptions.Compression.allowed)")
    }
    rest = rest.dropFirst(name.count)
    var pcluster: Int?
    let size = word()
    if let byteCount = byteCount(parsing: size), rest.count > size.count {
      pcluster = byteCount
      rest = rest.dropFirst(size.count)
      _ = word()
    }
    guard !rest.isEmpty else { throw ImageError(.invalidArgument, "line \(number): no pattern") }
    return CompressionRule(String(rest), compression, pclusterByteCount: pcluster)
  }
}
