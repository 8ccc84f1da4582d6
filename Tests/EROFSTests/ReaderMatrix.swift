import SystemPackage
import TestSupport

/// What mkfs.erofs of one release can make: every compressor in every length of a pcluster, with the other options in turn.
struct ReaderMatrix {
  /// A release of erofs-utils, such as 1.8.
  struct Version: Comparable, CustomStringConvertible {
    let major: Int
    let minor: Int

    init(_ major: Int, _ minor: Int) {
      self.major = major
      self.minor = minor
    }

    /// The first one in what the program says of itself.
    init?(in text: String) {
      guard let found = text.firstMatch(of: /mkfs\.erofs[^\n]*? (\d+)\.(\d+)/), let major = Int(found.1),
        let minor = Int(found.2)
      else { return nil }
      self.init(major, minor)
    }

    var description: String { "\(major).\(minor)" }

    static func < (left: Version, right: Version) -> Bool { (left.major, left.minor) < (right.major, right.minor) }
  }

  /// Words for the command line, and the first release that knows them.
  private struct Choice {
    let words: String
    let since: Version

    init(_ words: String, _ major: Int = 1, _ minor: Int = 5) {
      self.words = words
      since = Version(major, minor)
    }
  }

  private static let compressors = [
    Choice("-zlz4"), Choice("-zlz4hc"), Choice("-zlzma", 1, 8), Choice("-zdeflate", 1, 8), Choice("-zlibdeflate", 1, 8),
    Choice("-zzstd", 1, 8),
  ]

  private static let pclusters = [Choice("-C4096"), Choice("-C16384"), Choice("-C65536"), Choice("-C1048576")]

  private static let features = [
    Choice(""), Choice("-Eztailpacking"), Choice("-E48bit", 1, 9), Choice("-Efragments", 1, 6),
    Choice("-Elegacy-compress"), Choice("-Eall-fragments", 1, 6), Choice("-E48bit,fragments", 1, 9),
    Choice("-Ededupe", 1, 6), Choice("-Ededupe,fragments", 1, 6), Choice("-Eztailpacking,legacy-compress"),
    Choice("-E48bit,all-fragments,dedupe", 1, 9), Choice("-Efragments,legacy-compress", 1, 6),
    Choice("-Ededupe,ztailpacking", 1, 6), Choice("-Eforce-inode-extended"),
  ]

  private static let blocks = [
    Choice(""), Choice("-b512", 1, 6), Choice(""), Choice("-b2048", 1, 6), Choice("-b1024", 1, 6),
  ]

  private static let others = [
    Choice(""), Choice("-m4096", 1, 9), Choice("--zD", 1, 9), Choice("--xattr-prefix=user.", 1, 7),
    Choice("-m4096:lz4 --xattr-prefix=user. --xattr-prefix=trusted.x", 1, 9), Choice("--MZ=id", 1, 9),
    Choice("-Exattr-name-filter", 1, 7), Choice("--zD -m4096:zstd", 1, 9), Choice("-x1"),
    Choice("-Eplain-xattr-prefixes --xattr-prefix=user. -x1", 1, 9), Choice("--max-extent-bytes=8192"),
  ]

  private static let uncompressed = [
    Choice("-x2"), Choice("--chunksize=4096"), Choice("--chunksize=65536"),
    Choice("--chunksize=4096 -Eforce-chunk-indexes"),
    Choice("--chunksize=8192 -Eforce-inode-blockmap"), Choice("-Enoinline_data"), Choice("-Eforce-inode-extended -x-1"),
    Choice("-b512 --chunksize=512", 1, 6), Choice("-b1024", 1, 6), Choice("-E48bit --chunksize=4096", 1, 9),
    Choice("-E48bit,dot-omitted", 1, 9), Choice("-m4096:lz4", 1, 9), Choice("-m512:zstd -b512", 1, 9),
    Choice("-m4096:lz4 --chunksize=4096 -Eforce-chunk-indexes", 1, 9), Choice("--MZ", 1, 9), Choice("--MZ=i", 1, 9),
    Choice("--zD -zlz4", 1, 9), Choice("--dsunit=4", 1, 8),
  ]

  /// The command lines for a release.
  static func cases(of version: Version) -> [[String]] {
    func known(_ choices: [Choice]) -> [String] { choices.filter { $0.since <= version }.map(\.words) }
    let (features, blocks, others) = (known(features), known(blocks), known(others))
    var lines = known(uncompressed)
    for compressor in known(compressors) {
      for pcluster in known(pclusters) {
        for _ in 0..<2 {
          // The numbers of choices have few common factors, so that most pairs come up.
          let number = lines.count
          let words = [
            compressor, pcluster, features[number % features.count], blocks[number % blocks.count],
            others[number % others.count],
          ]
          if isSpoilt(words, version) {
            lines.append("")
            continue
          }
          lines.append(words.filter { !$0.isEmpty }.joined(separator: " "))
        }
      }
    }
    return lines.filter { !$0.isEmpty }.map { $0.split(separator: " ").map(String.init) }
  }

  /// Wrong data by mkfs.erofs itself, as the kernel and `fsck.erofs` show, too.
  private static func isSpoilt(_ words: [String], _ version: Version) -> Bool {
    guard words.contains(where: { $0.hasPrefix("-Eztailpacking") }) else { return false }
    return version == Version(1, 8)
      ? words.contains("-b512") : version >= Version(1, 9) && words.contains("--max-extent-bytes=8192")
  }

  /// A tree with everything, small enough to be packed often; all times in whole seconds, which all forms keep.
  static func makeTree(at folder: FilePath) throws {
    try TreeBuilder.build(folder) { _ in }
    for treeCase in [TreeCase.xattrs, .acls, .sharedXattrs, .specials, .hardLinks] {
      try treeCase.build(at: folder.appending(treeCase.name))
    }
    try TreeBuilder.build(folder) { tree in
      for (index, size) in [0, 1, 100, 511, 512, 513, 4000, 4096, 4097, 12_000, 70_000].enumerated() {
        let seed = UInt64(index + 1)
        try tree.file("files/text-\(size)", .text(size, seed: seed), .file.xattr("user.same", [1]))
        try tree.file("files/random-\(size)", .random(size / 2, seed: seed), .file.xattr("trusted.x\(size)", []))
        try tree.file("files/copy-\(size)", .joined([.text(777, seed: 99), .text(size, seed: seed)]))
      }
      try tree.file("files/zeros", .zero(300_000))
      try tree.symlink("links/short", to: "x")
      try tree.symlink("links/long", to: RawName(String(repeating: "folder/", count: 500)))
      try tree.file(
        "files/mixed", .joined([.text(150_000, seed: 7), .random(30_000, seed: 8), .text(40_000, seed: 9)]))
      for index in 0..<400 {
        try tree.file("many/name-of-an-entry-\(index)", .text(index % 7 * 30, seed: UInt64(index)))
      }
    }
  }
}
