public import ImageCore

/// How an EROFS image is made.
public struct ErofsOptions: Sendable, Hashable {
  /// The algorithm for file data.
  public enum Compression: Sendable, Hashable {
    case none
    case lz4
    /// LZ4's slower match finder, level 1 to 12.
    case lz4hc(level: Int)
  }

  /// Where the end of a compressed file goes when it does not fill a physical cluster.
  public enum Tails: String, Sendable, Hashable, CaseIterable {
    /// To blocks of its own.
    case blocks
    /// Beside the inode (ztailpacking).
    case inline
    /// To the packed inode, compressed with the ends of other files.
    case fragments
    /// The same, and small files as a whole.
    case allFragments = "all-fragments"
  }

  /// The algorithm for file data.
  public var compression = Compression.lz4
  /// The greatest physical cluster, in bytes: a multiple of 4096, at most 1 MiB.
  public var pclusterByteCount = 4096
  /// The file system's block, in bytes: 512, 1024, 2048 or 4096.
  public var blockByteCount = 4096
  /// Where the end of a compressed file goes.
  public var tails = Tails.blocks
  /// Whether files that are equal share their data.
  public var sharesFiles = true
  /// Whether the indexes of compressed files have the older, larger form.
  public var usesFullIndexes = false
  /// The volume's name, at most 16 bytes of UTF-8.
  public var volumeName = ""
  /// How many threads compress; the bytes do not depend on it.
  ///
  /// `nil`: all processors.
  public var threadCount: Int?

  /// The default: LZ4 in clusters of 4 KiB.
  public init() {}

  /// Checks the values against the format's limits.
  ///
  /// - Throws: `.invalidArgument` that says what is allowed.
  public func validate() throws(ImageError) {
    let block = 4096
    if pclusterByteCount % block != 0 || !(block...1 << 20).contains(pclusterByteCount) {
      throw ImageError(
        .invalidArgument, "a pcluster size of \(pclusterByteCount) bytes; allowed are multiples of 4096 up to 1048576")
    }
    if case .lz4hc(let level) = compression, !(1...12).contains(level) {
      throw ImageError(.invalidArgument, "lz4hc level \(level); allowed are 1 to 12")
    }
    if volumeName.utf8.count > 16 {
      throw ImageError(.invalidArgument, "the volume name has \(volumeName.utf8.count) bytes, at most 16 fit")
    }
  }
}

extension ErofsOptions.Compression: CustomStringConvertible {
  /// `none`, `lz4` or `lz4hc,9`.
  public var description: String {
    switch self {
    case .none: "none"
    case .lz4: "lz4"
    case .lz4hc(let level): "lz4hc,\(level)"
    }
  }

  /// Parses what `description` prints; `lz4hc` alone means level 9.
  public init?(_ text: String) {
    switch text {
    case "none": self = .none
    case "lz4": self = .lz4
    case "lz4hc": self = .lz4hc(level: 9)
    default:
      guard text.hasPrefix("lz4hc,"), let level = Int(text.dropFirst(6)), (1...12).contains(level) else { return nil }
      self = .lz4hc(level: level)
    }
  }
}
