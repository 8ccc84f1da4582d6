public import ImageCore
public import RPM
import SysextImage

/// Lists the files of packages, by their headers alone.
public struct PackageLister: Sendable {
  /// What is listed of each file.
  public struct Options: Sendable {
    /// Whether there is more than paths.
    public var isLong = false
    /// Whether lengths are given in units that fit.
    public var hasHumanSizes = false

    /// Paths.
    public init() {}
  }

  private let options: Options

  /// Makes a lister.
  public init(_ options: Options = Options()) { self.options = options }

  /// The files of a package in the header's order, a line for each, safe to print.
  ///
  /// - Returns: The text's bytes.
  /// - Throws: `.corrupt` for a list of files that contradicts itself.
  public func text(of package: RPMPackage) throws(ImageError) -> [UInt8] {
    var output: [UInt8] = []
    if options.isLong {
      let files = try package.files()
      let counts = files.linkCounts
      LongFormat(hasHumanSizes: options.hasHumanSizes)
        .write(files.map { LongFormat.Row($0, linkCount: counts[$0.index]) }, to: &output)
    } else {
      let paths = try package.paths()
      output.reserveCapacity(paths.count * 48)
      for path in paths {
        output.append(printable: path)
        output.append(0x0A)
      }
    }
    return output
  }
}

extension RPMFileList {
  /// How many names each file has.
  var linkCounts: [Int] {
    var counts = [Int](repeating: 1, count: count)
    for group in hardLinks { for index in group { counts[index] = group.count } }
    return counts
  }
}

extension LongFormat.Row {
  init(_ file: RPMFile, linkCount: Int) {
    let isDevice = file.kind == .characterDevice || file.kind == .blockDevice
    self.init(
      letter: file.kind.letter, permissions: file.permissions, linkCount: UInt64(linkCount), user: file.userName,
      group: file.groupName,
      device: isDevice ? DeviceNumber(major: file.deviceNumber.major, minor: file.deviceNumber.minor) : nil,
      byteCount: file.byteCount, modified: Timestamp(seconds: Int64(file.modificationTime)), name: file.path,
      target: file.kind == .symlink ? file.linkTarget : nil)
  }
}
