import FileTree
public import ImageCore
public import SystemPackage

/// How files whose paths fit a pattern are compressed.
public struct CompressionRule: Sendable, Hashable {
  /// A pattern for paths.
  ///
  /// `*` and `?` stand for any characters but `/`, `**` for any at all. A pattern without `/` is compared with
  /// the file's name, any other with the whole path below the image's root.
  public let pattern: String
  /// The algorithm.
  public let compression: ErofsOptions.Compression
  /// The greatest physical cluster, in bytes; `nil`: the image's.
  public let pclusterByteCount: Int?

  /// Makes a rule.
  public init(_ pattern: String, _ compression: ErofsOptions.Compression, pclusterByteCount: Int? = nil) {
    self.pattern = pattern
    self.compression = compression
    self.pclusterByteCount = pclusterByteCount
  }

  /// Whether the rule is for the file.
  func fits(_ visit: FileTree.Visit) -> Bool {
    let pattern = Array(self.pattern.utf8.drop { $0 == UInt8(ascii: "/") })
    if !self.pattern.utf8.contains(UInt8(ascii: "/")) {
      return Self.matches(pattern[...], (visit.name?.bytes ?? [])[...])
    }
    let path = visit.path.map(\.bytes).joined(separator: [UInt8(ascii: "/")])
    return Self.matches(pattern[...], Array(path)[...])
  }

  /// Compares with backtracking: only the last star of each kind is ever tried again.
  static func matches(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
    let slash = UInt8(ascii: "/")
    let star = UInt8(ascii: "*")
    var (p, t) = (pattern.startIndex, text.startIndex)
    /// Where the pattern goes on after a star, and where in the text that was tried last.
    var single: (pattern: Int, text: Int)?
    var double: (pattern: Int, text: Int)?
    while true {
      if p < pattern.endIndex, pattern[p] == star {
        if p + 1 < pattern.endIndex, pattern[p + 1] == star {
          p += 2
          double = (p, t)
          single = nil
        } else {
          p += 1
          single = (p, t)
        }
        continue
      }
      if t == text.endIndex, p == pattern.endIndex { return true }
      if p < pattern.endIndex, t < text.endIndex,
        pattern[p] == text[t] || (pattern[p] == UInt8(ascii: "?") && text[t] != slash)
      {
        p += 1
        t += 1
      } else if let (next, tried) = single, tried < text.endIndex, text[tried] != slash {
        single = (next, tried + 1)
        (p, t) = (next, tried + 1)
      } else if let (next, tried) = double, tried < text.endIndex {
        double = (next, tried + 1)
        single = nil
        (p, t) = (next, tried + 1)
      } else {
        return false
      }
    }
  }
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
