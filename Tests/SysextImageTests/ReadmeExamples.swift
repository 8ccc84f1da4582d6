import SysextImage
import SysextStore

/// The README's examples, compiled; `ReadmeTests` holds that the README has these very lines.
enum ReadmeExamples {
  static func build() async throws {
    // begin build
    let tree = try await DirectorySource("root").tree()
    var options = BuildOptions()
    options.erofs.compression = .lz4
    let builder = try SysextBuilder(name: "debug", version: "4.2", architecture: .x86_64, options: options)
    let report = try await builder.build(tree, to: "debug-4.2.x86-64.raw")
    for finding in report.findings { print(finding) }
    // end
  }

  static func inspect() throws {
    // begin inspect
    let image = try SysextInspector(contentsOf: "debug-4.2.x86-64.raw")
    print(image.extensionRelease?["SYSEXT_LEVEL"] ?? "none")
    // end
  }

  static func remote() throws {
    // begin remote
    let remote = try RemoteSource("https://example.org/debug-4.2.x86-64.raw")
    let image = try DiskImage(remote)
    for entry in try image.fileSystem.readDirectory(image.fileSystem.root()) { print(entry.name) }
    print("\(remote.transfer.movedByteCount) bytes moved of \(remote.byteCount)")
    // end
  }
}
