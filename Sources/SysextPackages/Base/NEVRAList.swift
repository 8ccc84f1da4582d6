import FileTree
import ImageCore

/// A list of packages as `rpm -qa` prints it, a line for each.
///
/// Also read: an epoch in front of the version, the names of packages' files, blank lines, and lines that begin with `#`.
enum NEVRAList {
  /// The packages of a list; public keys and source packages are left out.
  ///
  /// - Throws: `.corrupt` for a line that is no package, with its number and where it begins.
  static func packages(_ text: [UInt8], _ limits: BaseLimits) throws(ImageError) -> [BasePackage] {
    var packages: [BasePackage] = []
    var (start, number) = (0, 0)
    let newline = UInt8(ascii: "\n")
    while start < text.count {
      let end = text.rawSpan.firstIndex(of: newline, in: start..<text.count) ?? text.count
      number += 1
      let line = trimmed(text[start..<end])
      if !line.isEmpty && line.first != UInt8(ascii: "#") && !line.starts(with: "gpg-pubkey-".utf8) {
        guard let package = package(line) else {
          throw ImageError(
            .corrupt, "\"\(printable(line.prefix(80)))\" is not a package's name-version-release.architecture",
            offset: UInt64(start), context: ["line \(number)"])
        }
        guard packages.count < limits.packageCount else {
          throw ImageError(.limit, "more than \(limits.packageCount) packages", context: ["line \(number)"])
        }
        if package.isInstallable { packages.append(package) }
      }
      start = end + 1
    }
    return packages
  }

  private static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let spaces = Array(" \t\r".utf8)
    let rest = line.drop { spaces.contains($0) }
    return rest[rest.startIndex..<(rest.lastIndex { !spaces.contains($0) } ?? rest.startIndex - 1) + 1]
  }

  /// The package of a line; `nil` for what is none.
  private static func package(_ line: ArraySlice<UInt8>) -> BasePackage? {
    let (dash, colon) = (UInt8(ascii: "-"), UInt8(ascii: ":"))
    var line = line
    let ending = Array(".rpm".utf8)
    if line.suffix(ending.count).elementsEqual(ending) { line = line.dropLast(ending.count) }
    guard let dot = line.lastIndex(of: UInt8(ascii: ".")),
      let second = line[..<dot].lastIndex(of: dash), let first = line[..<second].lastIndex(of: dash)
    else { return nil }
    var version = line[(first + 1)..<second]
    var epoch: UInt32?
    if let end = version.firstIndex(of: colon) {
      guard let number = BasePackage.epoch(version[..<end]) else { return nil }
      epoch = number
      version = version[(end + 1)...]
    }
    let (name, release, architecture) = (line[..<first], line[(second + 1)..<dot], line[(dot + 1)...])
    guard !name.contains(colon), !release.contains(colon), !version.contains(colon), isArchitecture(architecture),
      let name = BasePackage.word(name), let version = BasePackage.word(version),
      let release = BasePackage.word(release), let architecture = BasePackage.word(architecture)
    else { return nil }
    return BasePackage(name: name, epoch: epoch, version: version, release: release, architecture: architecture)
  }

  private static func isArchitecture(_ bytes: ArraySlice<UInt8>) -> Bool {
    bytes.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || byte == UInt8(ascii: "_")
    }
  }
}
