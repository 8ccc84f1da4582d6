import ImageCore
package import RPM

/// What came out of a payload.
package struct Collector: RPMContentReceiver {
  package var contents: [String: [UInt8]] = [:]
  private var path = ""

  package init() {}

  package mutating func begin(_ file: RPMFile, at offset: UInt64) {
    path = String(decoding: file.path, as: UTF8.self)
    precondition(contents[path] == nil, "twice")
    contents[path] = []
  }

  package mutating func data(_ bytes: borrowing [UInt8], _ range: Range<Int>) { contents[path]? += bytes[range] }
  package mutating func end() { path = "" }
}

/// A package of four files, `/usr/share/{one,two}/file-{0,1,2,3}`, of 0, 1, 2 and 3 bytes.
package struct SmallPackage {
  /// Changes of the header, by tag.
  package var changes: [(UInt32, HeaderCraft.Value?)] = [(1035, nil)]
  package var archive = CpioCraft()

  package init() {}

  package static let paths = ["one/file-0", "two/file-1", "one/file-2", "two/file-3"].map { "/usr/share/" + $0 }
  package static let contents: [[UInt8]] = [[], [1], [1, 2], [1, 2, 3]]

  /// The archive that belongs to it.
  package static func whole(prefix: String = ".") -> SmallPackage {
    var package = SmallPackage()
    for (path, content) in zip(paths, contents) { package.archive.add(prefix + path, content) }
    package.archive.addTrailer()
    return package
  }

  package var bytes: [UInt8] {
    var values = PackageCraft.identity + PackageCraft.files(4)
    for (tag, value) in changes {
      values.removeAll { $0.0 == tag }
      if let value { values.append((tag, value)) }
    }
    values.sort { $0.0 < $1.0 }
    return PackageCraft.package(HeaderCraft(values), payload: archive.bytes)
  }

  package func unpacked(limits: RPMLimits = RPMLimits()) throws -> [String: [UInt8]] {
    var collector = Collector()
    try RPMPackage(ByteStore(bytes), fileName: "made.rpm").unpack(&collector, limits: limits)
    return collector.contents
  }
}
