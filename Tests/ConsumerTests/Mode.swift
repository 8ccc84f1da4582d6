import SysextImage
import Testing

/// A way of packing that every consumer must understand.
struct Mode: Sendable, Hashable, CustomTestStringConvertible {
  let compression: ErofsOptions.Compression
  var pclusterByteCount = 4096

  static let all = [
    Mode(compression: .none), Mode(compression: .lz4), Mode(compression: .lz4hc(level: 9)),
    Mode(compression: .lz4, pclusterByteCount: 65_536),
    Mode(compression: .lz4hc(level: 12), pclusterByteCount: 1 << 20),
  ]

  /// For trees that are slow to pack and to read.
  static let few = [Mode(compression: .none), Mode(compression: .lz4, pclusterByteCount: 65_536)]

  var testDescription: String { "\(compression) \(pclusterByteCount >> 10)K" }

  var options: BuildOptions {
    var options = BuildOptions()
    options.erofs.compression = compression
    options.erofs.pclusterByteCount = pclusterByteCount
    return options
  }
}
