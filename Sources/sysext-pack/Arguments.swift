public import ArgumentParser
public import SysextImage
public import SysextPackages

// How values are spelled on the command line.

extension Architecture: ExpressibleByArgument {
  /// Takes systemd's spelling or another's.
  public init?(argument: String) { self.init(anySpelling: argument) }
}

extension BuildOptions.ReleaseFiles: ExpressibleByArgument {}
extension BuildOptions.Verity: ExpressibleByArgument {}

extension ConflictRule: ExpressibleByArgument {}
extension SBOM.Format: ExpressibleByArgument {}
extension ScriptletOptions.Presets: ExpressibleByArgument {}

extension PathPattern: ExpressibleByArgument {
  /// Takes any text.
  public init?(argument: String) { self.init(argument) }
}

extension ErofsOptions.Preset: ExpressibleByArgument {}
extension ErofsOptions.Deduplication: ExpressibleByArgument {}

extension ErofsOptions.Tails: ExpressibleByArgument {}

extension KernelVersion: ExpressibleByArgument {
  /// Takes two numbers, or what `uname -r` prints.
  public init?(argument: String) { self.init(argument) }
  /// As it is typed.
  public var defaultValueDescription: String { description }
}

extension PartitionType.Designator: ExpressibleByArgument {}

extension ImageDiff.Aspect: ExpressibleByArgument {}

extension ErofsOptions.Compression: ExpressibleByArgument {
  /// Takes what `description` prints.
  public init?(argument: String) { self.init(argument) }
  /// As it is typed.
  public var defaultValueDescription: String { description }
}

extension GUID: ExpressibleByArgument {
  /// Takes digits with or without dashes.
  public init?(argument: String) { self.init(argument) }
}

extension SectorSize: ExpressibleByArgument {
  /// Takes the number of bytes.
  public init?(argument: String) {
    guard let count = Int(argument) else { return nil }
    self.init(rawValue: count)
  }
  /// The number of bytes.
  public var defaultValueDescription: String { "\(rawValue)" }
}

/// A length with an optional `K` or `M` for 1024 and 1024².
struct ByteCount: ExpressibleByArgument {
  let value: Int

  init(_ value: Int) { self.value = value }

  init?(argument: String) {
    guard let value = byteCount(parsing: argument) else { return nil }
    self.value = value
  }

  var defaultValueDescription: String { "\(value)" }
}
