import ImageCore
import RPM
import SystemPackage
import TestPackages
import TestSupport
import Testing

@testable import SysextPackages

/// Databases that rpm 4.18, 4.20 and 6 have made, as they read them themselves.
@Suite(.tempFolder, .needs("rpm", in: .bookworm), .needs("rpm", in: .trixie), .needs("rpm", in: .sid))
struct DatabaseAgreementTests {
  /// Debian's 4.18 was built without ndb.
  static let kinds: [(Peer, RPMDatabase.Backend)] = [
    (.bookworm, .sqlite), (.trixie, .sqlite), (.trixie, .ndb), (.sid, .sqlite), (.sid, .ndb),
  ]

  @Test(arguments: kinds) func packagesAndFiles(_ peer: Peer, _ backend: RPMDatabase.Backend) async throws {
    let database = PeerDatabase(peer: peer, backend: backend, folder: try TempFolder.current["db"])
    let everything = ["bookworm-everything-v4", "trixie-everything-v4", "sid-everything-v6"]
    try await database.install(
      everything[Peer.trees.firstIndex(of: peer) ?? 0], "trixie-plain-gzip-v4", "trixie-plain-zstd-v4",
      "trixie-plain-xz-v4", "trixie-plain-bzip2-v4", peer == .sid ? "sid-plain-none-v6" : "trixie-plain-none-v4")
    try await database.remove("plain-xz")
    try await database.install("trixie-plain-lzma-v4")

    let list = try BasePackageList(contentsOf: database.file)
    #expect(list.form == .database && list.hasFileLists)
    let names = try await database.query("%{NEVRA}\\n").sorted()
    #expect(names.count == 6 && !names.contains { $0.contains("plain-xz") })
    #expect(list.packages.map(\.description).sorted() == names)
    // The folder, too, is enough.
    #expect(try BasePackageList(contentsOf: database.folder).packages == list.packages)

    let files = try await database.query(
      "[%{=NEVRA} %{FILENAMES} %{FILEMODES} %{FILEDIGESTS} %{FILELINKTOS} %{FILEUSERNAME} %{FILECOLORS}\\n]")
    var ours: [String] = []
    try list.forEachPackage { package throws(ImageError) in
      for file in try package.files() {
        let path = String(decoding: file.path, as: UTF8.self)
        let target = String(decoding: file.linkTarget, as: UTF8.self)
        ours.append(
          "\(package.identity) \(path) \(file.mode) \(file.digest?.hex ?? "") \(target) \(file.userName) \(file.color)")
      }
    }
    #expect(ours.count > 40)
    #expect(ours.sorted() == files.sorted())
  }

  /// So many that ndb has several pages of slots, and SQLite a tree.
  @Test(arguments: [(Peer.trixie, RPMDatabase.Backend.sqlite), (.trixie, .ndb)])
  func manyPackages(_ peer: Peer, _ backend: RPMDatabase.Backend) async throws {
    let folder = try TempFolder.current
    let database = PeerDatabase(peer: peer, backend: backend, folder: folder["db"])
    var paths: [FilePath] = []
    for number in 0..<300 {
      // rpm takes none that does not say what it is for.
      let made = MadePackage(
        "many-\(number)", [MadePackage.File("/usr/share/many/\(number)", "text")],
        tags: [(1021, .string("linux")), (1124, .string("cpio"))])
      let path = folder[made.fileName]
      try path.write(made.bytes)
      paths.append(path)
    }
    try await database.install(paths)
    let list = try BasePackageList(contentsOf: database.file)
    #expect(list.packages.count == 300)
    #expect(try await database.query("%{NEVRA}\\n").sorted() == list.packages.map(\.description).sorted())
    // The same packages as files.
    let packages = try BasePackageList(contentsOf: folder.path)
    #expect(packages.form == .packages && packages.packages == list.packages)
  }
}

extension FilePath {
  func write(_ bytes: [UInt8]) throws {
    let file = try FileDescriptor.open(
      self, .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
    try file.closeAfter { _ = try file.writeAll(bytes) }
  }
}
