import FileTree
import ImageCore
import SystemPackage
import TestSupport
import Testing

@testable import SysextPackages

/// Repositories and their lists of packages.
@Suite(.tempFolder) struct RepositoryTests {
  private static let head = """
    <?xml version="1.0" encoding="UTF-8"?>
    <metadata xmlns="http://linux.duke.edu/metadata/common" xmlns:rpm="http://linux.duke.edu/metadata/rpm" packages="2">

    """

  private static func package(
    _ name: String, arch: String = "x86_64", version: String = #"epoch="0" ver="1.0" rel="2""#
  ) -> String {
    """
    <package type="rpm">
      <name>\(name)</name>
      <arch>\(arch)</arch>
      <version \(version)/>
      <checksum type="sha256" pkgid="YES">0123</checksum>
      <summary>name &lt;&amp;&#x41;</summary>
      <description>many
    words</description>
      <packager/>
      <url>http://example.org/</url>
      <time file="1" build="2"/>
      <size package="1" installed="2" archive="3"/>
      <location href="x86_64/\(name).rpm"/>
      <format>
        <rpm:license>MIT</rpm:license>
        <rpm:provides><rpm:entry name="name" flags="EQ" epoch="0" ver="9" rel="9"/></rpm:provides>
        <file type="dir">/usr/bin</file>
        <name>other</name><arch>other</arch><version ver="other"/>
      </format>
    </package>

    """
  }

  private static let whole =
    head + package("one") + package("two", arch: "noarch", version: #"epoch="3" ver="2" rel="1""#)
    + package("three", arch: "src") + package("f&#111;ur", version: #"ver="4" rel="4""#) + "</metadata>\n"
  private static let expected = ["four-4-4.x86_64", "one-1.0-2.x86_64", "two-3:2-1.noarch"]

  private func read(_ text: String, _ limits: BaseLimits = BaseLimits()) throws -> [String] {
    let path = try TempFolder.current["primary.xml"]
    try path.write(Array(text.utf8))
    return try BasePackageList(contentsOf: path, limits).packages.map(\.description)
  }

  @Test func plain() throws {
    #expect(try read(Self.whole) == Self.expected)
    #expect(try read("\u{FEFF}" + Self.whole) == Self.expected)
    let path = try TempFolder.current["utf16.xml"]
    let text = Self.whole.replacing("UTF-8", with: "UTF-16")
    try path.write([0xFF, 0xFE] + text.utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] })
    #expect(try BasePackageList(contentsOf: path).packages.map(\.description) == Self.expected)
    #expect(try BasePackageList(contentsOf: path).form == .primary)
  }

  @Test(arguments: ["gzip", "xz", "bzip2", "zstd"]) func compressed(_ program: String) async throws {
    let path = try TempFolder.current["primary"]
    let many = (0..<3000).map { Self.package("package-\($0)") }.joined()
    try path.write(Array((Self.head + many + "</metadata>").utf8))
    let result = try await Tool(program).check("-c", path.string)
    try path.write(result.output)
    #expect(try BasePackageList(contentsOf: path).packages.count == 3000)
    try path.write(Array(result.output.dropLast(20)))
    #expect(throws: ImageError.self) { try BasePackageList(contentsOf: path) }
  }

  /// What createrepo_c says of the committed packages is what their headers say.
  @Test func createrepo() throws {
    let packages = PeerDatabase.fixtures
    let list = try BasePackageList(contentsOf: packages.removingLastComponent().appending("repository"))
    #expect(list.form == .primary && list.packages.count == 7)
    #expect(try list.packages == BasePackageList(contentsOf: packages).packages)
  }

  /// A repository's folder as `createrepo_c` writes it.
  private func repository(
    _ folder: TempFolder, href: String = "repodata/primary.xml", digest: String? = nil, type: String = "sha256",
    more: String = "", primary: String = whole
  ) throws {
    try folder.makeFolder("repo/repodata")
    try folder["repo/repodata/primary.xml"].write(Array(primary.utf8))
    let digest = digest ?? SHA256.hexadecimal(Array(primary.utf8))
    try folder["repo/repodata/repomd.xml"].write(
      Array(
        """
        <?xml version="1.0" encoding="UTF-8"?>
        <repomd xmlns="http://linux.duke.edu/metadata/repo"><revision>1</revision>
        <data type="filelists"><checksum type="what">0</checksum><location href="../../etc"/></data>
        <data type="primary"><checksum type="\(type)">\(digest)</checksum>
        <open-checksum type="sha256">00</open-checksum><location href="\(href)"/><size>1</size></data>\(more)
        </repomd>
        """.utf8))
  }

  @Test(arguments: ["repo", "repo/repodata", "repo/repodata/repomd.xml"]) func repository(_ place: String) throws {
    let folder = try TempFolder.current
    try repository(folder)
    let list = try BasePackageList(contentsOf: folder[place])
    #expect(list.form == .primary && list.packages.map(\.description) == Self.expected)
  }

  @Test func repositoryFaults() throws {
    let folder = try TempFolder.current
    func code() -> ImageError.Code? {
      do {
        _ = try BasePackageList(contentsOf: folder["repo"])
        return nil
      } catch { return error.code }
    }
    try repository(folder, digest: String(repeating: "0", count: 64))
    #expect(code() == .mismatch)
    for href in ["../primary.xml", "/etc/passwd", "repodata/../x", "", "http://x/y", "repodata//primary.xml", "./x"] {
      try repository(folder, href: href)
      #expect(code() == .corrupt, "\(href)")
    }
    try repository(folder, href: "repodata/missing.xml")
    #expect(code() == .notFound)
    for digest in ["", "12", "xyz"] {
      try repository(folder, digest: digest)
      #expect(code() == .corrupt)
    }
    try repository(folder, type: "crc")
    #expect(code() == .unsupported)
    try repository(folder, more: "<data type=\"primary\"/>")
    #expect(code() == .corrupt)
    try repository(folder)
    #expect(code() == nil)
  }

  static let faults: [(String, ImageError.Code, String)] = [
    ("no end", .corrupt, head + package("one")),
    ("no XML", .corrupt, "<metadata <"),
    ("something behind it", .corrupt, head + "</metadata><metadata/>"),
    ("another document", .unsupported, "<html><body/></html>"),
    ("entities", .unsupported, "<!DOCTYPE metadata [<!ENTITY a \"aaaa\">]><metadata>&a;</metadata>"),
    ("outside", .unsupported, "<!DOCTYPE metadata SYSTEM \"file:///etc/passwd\"><metadata/>"),
    ("an entity of no document type", .corrupt, head + "&lol;</metadata>"),
    ("depth", .limit, head + String(repeating: "<a>", count: 100_000)),
    ("names", .limit, head + (0..<1000).map { "<n\($0)/>" }.joined() + "</metadata>"),
    ("attributes", .limit, head + (0..<1000).map { "<n n\($0)=''/>" }.joined() + "</metadata>"),
    ("a tag", .limit, head + "<a b='" + String(repeating: "x", count: 9 << 20) + "'/></metadata>"),
    ("a comment", .limit, head + "<!--" + String(repeating: "x", count: 9 << 20) + "--></metadata>"),
    ("a name's length", .limit, head + package(String(repeating: "x", count: 5000)) + "</metadata>"),
    ("a long name", .corrupt, head + package(String(repeating: "x", count: 300)) + "</metadata>"),
    ("a name of words", .corrupt, head + package("two words") + "</metadata>"),
    ("no name", .corrupt, head + package("") + "</metadata>"),
    ("no architecture", .corrupt, head + package("one", arch: "") + "</metadata>"),
    ("no version", .corrupt, head + package("one", version: "epoch='0'") + "</metadata>"),
    ("an epoch", .corrupt, head + package("one", version: "epoch='x' ver='1' rel='1'") + "</metadata>"),
    ("nothing of it", .corrupt, head + "<package type='rpm'/></metadata>"),
  ]

  @Test(arguments: faults.indices) func fault(_ number: Int) throws {
    let (name, code, text) = Self.faults[number]
    let error = #expect(throws: ImageError.self) { try read(text) }
    #expect(error?.code == code, "\(name): \(String(describing: error))")
    #expect(error?.context.last?.hasPrefix("line ") == true, "\(name): \(String(describing: error))")
  }

  @Test func limits() throws {
    var limits = BaseLimits()
    limits.packageCount = 2
    #expect(throws: ImageError(.limit, "")) { try read(Self.whole, limits) }
    limits = BaseLimits()
    limits.xmlByteCount = 1000
    #expect(throws: ImageError(.limit, "")) { try read(Self.whole, limits) }
  }

  @Test func anyDamage() throws {
    let bytes = Array(Self.whole.utf8)
    var random = SplitMix64(seed: 3)
    for _ in 0..<1500 {
      var copy = bytes
      for _ in 0..<2 { copy[Int(random.next() % UInt64(copy.count))] = UInt8(truncatingIfNeeded: random.next()) }
      if random.next() & 3 == 0 { copy.removeLast(Int(random.next() % UInt64(copy.count))) }
      _ = try? ListReader(limits: BaseLimits()).packages(ByteStore(copy))
    }
  }
}
