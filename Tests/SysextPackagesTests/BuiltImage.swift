import Foundation
import ImageCore
import RPM
import SysextImage
import SystemPackage
import TestPackages
import TestSupport
import Testing

/// A small image and packages that it could be made of.
struct BuiltImage {
  let report: BuildReport
  let packages: [RPMPackage]

  /// Builds an image called `fileName` in the test's folder; the same one each time.
  init(
    _ fileName: String = "debug-4.2.x86-64.raw", osRelease: String = "ID=opensuse-microos\nVERSION_ID=20250329\n",
    packages: [RPMPackage], fields: [String] = []
  ) async throws {
    let folder = try TempFolder.current
    var tree = FileTree()
    try tree.insert(.init(.regular(MemoryContent(Array("hello".utf8))), .file), at: "usr/bin/hello")
    var options = BuildOptions()
    options.latestTime = Timestamp(seconds: 1_600_000_000)
    options.allRoot = true
    options.replacesExisting = true
    options.osRelease = OSRelease(osRelease)
    options.release.additional = try fields.map { try OSRelease.Field(assignment: $0) }
    let output = folder[fileName]
    report = try await SysextBuilder(output: output, options: options).build(tree, to: output)
    self.packages = packages
  }

  /// The committed packages whose names begin so.
  static func fixtures(_ prefix: String = "") throws -> [RPMPackage] {
    let folder = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
      .appending("Fixtures/rpm")
    return try FileManager.default.contentsOfDirectory(atPath: folder.string)
      .filter { $0.hasSuffix(".rpm") && $0.hasPrefix(prefix) && !$0.contains("source") }.sorted()
      .map { try RPMPackage(ByteStore(contentsOf: folder.appending($0)), fileName: $0) }
  }

  static func package(_ name: String, _ change: (inout MadePackage) -> Void = { _ in }) throws -> RPMPackage {
    var made = MadePackage(name, [])
    change(&made)
    return try RPMPackage(ByteStore(made.bytes), fileName: made.fileName)
  }
}
