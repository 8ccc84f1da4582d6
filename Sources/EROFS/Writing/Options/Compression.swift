import Compression
import ImageCore

extension ErofsOptions {
  /// The algorithm for file data, with its level.
  public struct Compression: Sendable, Hashable {
    private let name: String
    /// `nil` where there are no levels.
    private let level: Int?

    private init(name: String, level: Int? = nil) {
      self.name = name
      self.level = level
    }

    /// Blocks as they are.
    public static let none = Compression(name: "none")
    /// LZ4 with a fast match finder.
    public static let lz4 = Compression(name: "lz4")
    /// LZ4's slower match finder, level 1 to 12.
    public static func lz4hc(level: Int) -> Compression { Compression(name: "lz4hc", level: level) }
    /// DEFLATE (kernel 6.6).
    public static func deflate(level: Int) -> Compression { Compression(name: "deflate", level: level) }
    /// Zstandard (kernel 6.10).
    public static func zstd(level: Int) -> Compression { Compression(name: "zstd", level: level) }
    /// MicroLZMA (kernel 5.16).
    public static func lzma(level: Int) -> Compression { Compression(name: "lzma", level: level) }

    /// What compresses; `nil` for none, or where there is no such level.
    var codec: BlockCodec? { BlockCodec(name: name, level: level) }

    /// What a reader must know.
    var features: [KernelFeature] {
      switch codec?.algorithm {
      case nil, .lz4: []
      case .deflate: [.deflate]
      case .zstd: [.zstd]
      case .lzma: [.lzma]
      }
    }

    /// The longest pcluster, in blocks: an index has eleven bits for it, and Linux takes no more than a MiB of pages of
    /// LZ4, however small the blocks are (`z_erofs_load_lz4_config`).
    var maxPclusterBlockCount: Int { codec?.algorithm == .lz4 ? 256 : 1024 }

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
  public var description: String { level.map { "\(name),\($0)" } ?? name }

  /// Parses what `description` prints; a name alone means its default level.
  public init?(_ text: String) {
    if text == "none" {
      self = .none
    } else if let codec = BlockCodec(text) {
      self.init(name: codec.name, level: codec.levels.isEmpty ? nil : codec.level)
    } else {
      return nil
    }
  }
}
