import Compression
import ImageCore

extension ErofsOptions {
  /// The algorithm for file data, with its level.
  public enum Compression: Sendable, Hashable {
    case none
    case lz4
    /// LZ4's slower match finder, level 1 to 12.
    case lz4hc(level: Int)
    /// DEFLATE (kernel 6.6).
    case deflate(level: Int)
    /// Zstandard (kernel 6.10).
    case zstd(level: Int)
    /// MicroLZMA (kernel 5.16).
    case lzma(level: Int)

    /// What compresses; `nil` for none, or where there is no such level.
    var codec: BlockCodec? {
      switch self {
      case .none: nil
      case .lz4: .lz4
      case .lz4hc(let level): BlockCodec(name: "lz4hc", level: level)
      case .deflate(let level): BlockCodec(name: "deflate", level: level)
      case .zstd(let level): BlockCodec(name: "zstd", level: level)
      case .lzma(let level): BlockCodec(name: "lzma", level: level)
      }
    }

    /// What a reader must know.
    var features: [KernelFeature] {
      switch self {
      case .none, .lz4, .lz4hc: []
      case .deflate: [.deflate]
      case .zstd: [.zstd]
      case .lzma: [.lzma]
      }
    }

    /// The longest pcluster, in blocks: an index has eleven bits for it, and Linux takes no more than a MiB of pages of
    /// LZ4, however small the blocks are (`z_erofs_load_lz4_config`).
    var maxPclusterBlockCount: Int {
      switch self {
      case .lz4, .lz4hc: 256
      case .none, .deflate, .zstd, .lzma: 1024
      }
    }

    func validate() throws(ImageError) {
      guard self == .none || codec != nil else {
        throw ImageError(.invalidArgument, "there is no compression \(self); \(Self.allowed)")
      }
    }

    /// All algorithms and their levels, for messages and help.
    public static var allowed: String {
      let codecs = BlockCodec.all.map { codec in
        let levels = codec.levels.map { "\($0.lowerBound) to \($0.upperBound)" }.joined(separator: " and ")
        return levels.isEmpty ? codec.name : "\(codec.name) with levels \(levels)"
      }
      return "none, " + codecs.joined(separator: ", ")
    }
  }
}

extension ErofsOptions.Compression: LosslessStringConvertible {
  /// `none`, `lz4` or `zstd,3`.
  public var description: String {
    switch self {
    case .none: "none"
    case .lz4: "lz4"
    case .lz4hc(let level): "lz4hc,\(level)"
    case .deflate(let level): "deflate,\(level)"
    case .zstd(let level): "zstd,\(level)"
    case .lzma(let level): "lzma,\(level)"
    }
  }

  /// Parses what `description` prints; a name alone means its default level.
  public init?(_ text: String) {
    if text == "none" {
      self = .none
      return
    }
    guard let codec = BlockCodec(text) else { return nil }
    switch codec.name {
    case "lz4": self = .lz4
    case "lz4hc": self = .lz4hc(level: codec.level)
    case "deflate": self = .deflate(level: codec.level)
    case "zstd": self = .zstd(level: codec.level)
    case "lzma": self = .lzma(level: codec.level)
    default: return nil
    }
  }
}
