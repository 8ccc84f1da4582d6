import Foundation
import ImageCore
import RPM
import SysextImage
import SysextPackages
import TestPackages
import TestSupport
import Testing

/// What mkosi would have written, and more.
@Suite(.tempFolder) struct ImageManifestTests {
  @Test func wholeText() async throws {
    let packages = [
      try BuiltImage.package("zlib") { $0.tags = [(1009, .int32([4096]))] },
      try BuiltImage.package("a-b") {
        $0.architecture = "noarch"
        $0.tags = [(1003, .int32([3])), (5009, .int64([5_000_000_000]))]
      },
      try BuiltImage.package("a") { $0.version = "1~rc1+git" },
    ]
    let image = try await BuiltImage(packages: packages, fields: ["EXTENSION_RELOAD_MANAGER=1"])
    var options = ImageManifest.Options()
    options.scriptlets = .object([.init("handled", .array([]))])
    options.rootHash = [0xAB, 0xCD]
    options.findings = [Finding(.note, "dropped", place: "etc/a", "left out")]
    let manifest = ImageManifest(report: image.report, packages: packages, options: options)
    #expect(manifest.findings.isEmpty)
    #expect(
      manifest.text == """
        {
          "manifest_version": 1,
          "config": {
            "name": "debug",
            "distribution": "opensuse",
            "architecture": "x86-64",
            "output_format": "sysext",
            "version": "4.2",
            "release": "tumbleweed"
          },
          "packages": [
            {
              "type": "rpm",
              "name": "a",
              "version": "1~rc1+git-2",
              "architecture": "x86_64",
              "size": 0
            },
            {
              "type": "rpm",
              "name": "a-b",
              "version": "3:1-2",
              "architecture": "noarch",
              "size": 5000000000
            },
            {
              "type": "rpm",
              "name": "zlib",
              "version": "1-2",
              "architecture": "x86_64",
              "size": 4096
            }
          ],
          "extension": {
            "ID": "opensuse-microos",
            "VERSION_ID": "20250329",
            "SYSEXT_ID": "debug",
            "SYSEXT_VERSION_ID": "4.2",
            "SYSEXT_SCOPE": "initrd system portable",
            "ARCHITECTURE": "x86-64",
            "EXTENSION_RELOAD_MANAGER": "1"
          },
          "sysext_pack": {
            "image": {
              "size": \(image.report.byteCount),
              "seed": "\(image.report.seed.value)",
              "roothash": "abcd"
            },
            "inputs": [
              {
                "file": "a-1~rc1+git-2.x86_64.rpm",
                "header_sha256": "\(packages[2].headerSHA256.hex)"
              },
              {
                "file": "a-b-1-2.noarch.rpm",
                "header_sha256": "\(packages[1].headerSHA256.hex)"
              },
              {
                "file": "zlib-1-2.x86_64.rpm",
                "header_sha256": "\(packages[0].headerSHA256.hex)"
              }
            ],
            "findings": [
              {
                "severity": "note",
                "code": "dropped",
                "place": "etc/a",
                "message": "left out"
              }
            ],
            "scriptlets": {
              "handled": []
            }
          }
        }
        """)
  }

  /// The order and the shape that Python's json has, which mkosi writes with.
  @Test(.needs("python3")) func asPythonWritesIt() async throws {
    let image = try await BuiltImage(packages: try BuiltImage.fixtures())
    let text = ImageManifest(report: image.report, packages: image.packages).text
    let python = try await Tool("python3").check(
      ["-c", "import json, sys; json.dump(json.load(sys.stdin), sys.stdout, indent=2)"], input: Array(text.utf8))
    #expect(python.outputText == text)
  }

  @Test func ourDiffReadsIt() async throws {
    let packages = try BuiltImage.fixtures()
    let image = try await BuiltImage(packages: packages)
    let text = Array(ImageManifest(report: image.report, packages: packages).text.utf8)
    let read = try PackageManifest(text)
    #expect(Set(packages.map(\.identity.name)).isSubset(of: read.versions.keys))
    let path = try TempFolder.current["debug-4.2.x86-64.manifest"]
    try Data(text).write(to: URL(filePath: path.string))
    #expect(try PackageManifest.beside(TempFolder.current["debug-4.2.x86-64.raw"]) == read)
  }

  /// The header's digest is the one that the package claims.
  @Test func headerDigests() throws {
    for package in try BuiltImage.fixtures() {
      let claimed = try package.digests().first { $0.scope == .header && $0.algorithm == .sha256 }
      #expect(claimed?.value == package.headerSHA256)
    }
  }

  /// sysextmgr puts the file name together from three parts.
  @Test(arguments: [
    ("debug-4.2.x86-64.raw", true), ("k3s-1.31.5+k3s1-29.1.x86-64.raw", true), ("git-lfs-3.arm64.raw", true),
    ("debug.raw", false), ("debug_4.2_x86-64.raw", false), ("debug-4.2.raw", false), ("debug-4.2-x86-64.raw", false),
    ("debug-4.2.x86_64.raw", false),
  ]) func name(_ fileName: String, _ isFound: Bool) async throws {
    let image = try await BuiltImage(fileName, packages: [])
    let manifest = ImageManifest(report: image.report, packages: [])
    let object = try #require(try JSONSerialization.jsonObject(with: Data(manifest.text.utf8)) as? [String: Any])
    let config = try #require(object["config"] as? [String: String])
    let composed = "\(config["name"] ?? "")-\(config["version"] ?? "").\(config["architecture"] ?? "").raw"
    #expect((composed == fileName) == isFound)
    #expect(manifest.findings.map(\.code) == (isFound ? [] : ["manifest-name"]))
  }

  @Test(
    arguments: [
      ("ID=_any\n", "custom", nil), ("ID=fedora\nVERSION_ID=43\n", "fedora", "43"),
      ("ID=opensuse-leap\nVERSION_ID=16.0\n", "opensuse", "16.0"), ("", "custom", nil),
    ] as [(String, String, String?)]) func distribution(_ osRelease: String, _ word: String, _ release: String?)
    async throws
  {
    let image = try await BuiltImage(osRelease: osRelease, packages: [])
    let manifest = ImageManifest(report: image.report, packages: [])
    let object = try #require(try JSONSerialization.jsonObject(with: Data(manifest.text.utf8)) as? [String: Any])
    let config = try #require(object["config"] as? [String: String])
    #expect(config["distribution"] == word)
    #expect(config["release"] == release)
  }
}
