import Foundation
import ImageCore
import SystemPackage
import TestSupport
import Testing

@testable import Archives
@testable import FileTree

/// Archives, read by GNU tar, bsdtar and Python.
@Suite(.tempFolder) struct TarTests {
  /// Writes a tree to a file and returns its bytes.
  @discardableResult
  private func archive(
    _ tree: FileTree, at path: FilePath? = nil, threadCount: Int = 2
  ) async throws -> (bytes: [UInt8], report: TarWriter.Report) {
    var bytes: [UInt8] = []
    let report = try await TarWriter(threadCount: threadCount).write(tree) { (buffer, count) in
      bytes += buffer[..<count]
    }
    #expect(report.byteCount == UInt64(bytes.count) && bytes.count % 10_240 == 0)
    if let path { try Disk.write(bytes, to: path) }
    return (bytes, report)
  }

  /// Builds a case, writes it as an archive `tar` and makes a folder `target`.
  private func prepare(_ treeCase: TreeCase) async throws -> (source: FilePath, target: FilePath, archive: FilePath) {
    let folder = try TempFolder.current
    let source = try treeCase.build(at: folder["source"])
    try await archive(DirectorySource(source).tree(), at: folder["tar"])
    try Disk.makeFolder(folder["target"])
    return (source, folder["target"], folder["tar"])
  }

  private func differences(_ left: FilePath, _ right: FilePath, without ignored: TreeListing.Fields = []) throws
    -> [String]
  {
    TreeListing.differences(
      try TreeListing(of: left, without: ignored), try TreeListing(of: right, without: ignored), limit: 1000
    ).filter { !($0.hasPrefix("socket") && $0.hasSuffix("only on the left")) }
  }

  @Test(.needsRoot, .needs("tar"), arguments: TreeCase.small.filter { !$0.isBeyondMkfs })
  func gnuTarReadsIt(_ treeCase: TreeCase) async throws {
    let (source, target, archive) = try await prepare(treeCase)
    let result = try await Tool("tar").check([
      "--extract", "--file", archive.string, "--directory", target.string, "--xattrs", "--xattrs-include=*",
      "--same-owner", "--same-permissions", "--numeric-owner", "--delay-directory-restore",
    ])
    let complaints = result.errorText.split(separator: "\n").filter { !$0.contains("time stamp") }
    #expect(complaints.isEmpty, "\(result)")
    #expect(try differences(source, target) == [])
  }

  @Test(.needsRoot, .needs("bsdtar"), arguments: TreeCase.small.filter { !$0.isBeyondMkfs })
  func bsdtarReadsIt(_ treeCase: TreeCase) async throws {
    let (source, target, archive) = try await prepare(treeCase)
    let result = try await Tool("bsdtar").run(
      ["-x", "-p", "--numeric-owner", "--xattrs", "--acls", "-f", archive.string, "-C", target.string])
    #expect(result.succeeded, "\(result)")
    // The folder that it extracts to keeps its own attributes.
    let differences = try differences(source, target, without: .root).filter { line in
      // libarchive takes a fraction before 1970 for one of the second after, in any archive, and knows access lists only
      // as text.
      !(treeCase.name == "times" && line.contains("mtime: -")) && !line.contains("posix_acl")
        && !(treeCase.name == "acls" && line.contains(": mode: "))
    }
    #expect(differences == [])
  }

  /// Python is told what there is, member by member.
  @Test(.needsRoot, .needs("python3"), arguments: TreeCase.small)
  func pythonReadsIt(_ treeCase: TreeCase) async throws {
    let (source, _, archive) = try await prepare(treeCase)
    let script = """
      import sys, tarfile, hashlib, os
      out = sys.stdout.buffer
      for m in tarfile.open(sys.argv[1], errors="surrogateescape"):
          data = tarfile_data = b""
          kind = {b"0": "file", b"1": "link", b"2": "symlink", b"3": "character", b"4": "block", b"5": "directory", b"6": "fifo"}[m.type]
          x = sorted(k for k in m.pax_headers if k.startswith("SCHILY"))
          line = [kind, oct(m.mode)[2:], "%d:%d" % (m.uid, m.gid), str(m.size), m.linkname, "%d" % len(x)]
          if kind in ("character", "block"): line.append("%d,%d" % (m.devmajor, m.devminor))
          out.write(os.fsencode("\\0".join([m.name] + line)) + b"\\0\\n")
      """
    let output = try await Tool("python3").check(["-c", script, archive.string]).output
    let listed = output.split(separator: [0, 10]).map { Array($0) }
    var wanted: [[UInt8]] = []
    var first: [FileTree.NodeID: [UInt8]] = [:]
    let tree = try await DirectorySource(source).tree()
    try tree.walk { (visit) throws(ImageError) in
      let node = tree[visit.node]
      let path = ([[0x2E]] + visit.path.map(\.bytes)).joined(separator: [0x2F])
      var (kind, size, target, device) = ("", 0 as UInt64, [] as [UInt8], nil as DeviceNumber?)
      switch node.kind {
      case .directory: kind = "directory"
      case .regular(let content): (kind, size) = ("file", content.byteCount)
      case .symlink(let link): (kind, target) = ("symlink", link)
      case .characterDevice(let number): (kind, device) = ("character", number)
      case .blockDevice(let number): (kind, device) = ("block", number)
      case .fifo: kind = "fifo"
      case .socket: return true
      }
      var attributeCount = node.attributes.extendedAttributes.count
      if let name = first[visit.node] { (kind, size, target, device, attributeCount) = ("link", 0, name, nil, 0) }
      if first[visit.node] == nil { first[visit.node] = Array(path) }
      let attributes = node.attributes
      var line = Array(path) + [0] + Array("\(kind)\0\(String(attributes.permissions, radix: 8))\0".utf8)
      line += Array("\(attributes.uid):\(attributes.gid)\0\(size)\0".utf8) + target + [0] + "\(attributeCount)".utf8
      if let device { line += Array("\0\(device.major),\(device.minor)".utf8) }
      wanted.append(line)
      return true
    }
    let lines = (Set(listed.map { printable($0) }), Set(wanted.map { printable($0) }))
    #expect(
      lines.0.subtracting(lines.1).sorted().prefix(5) == [] && lines.1.subtracting(lines.0).sorted().prefix(5) == [])
    #expect(listed.count == wanted.count)
  }

  @Test(.needs("python3")) func pythonReadsContentsAndTimes() async throws {
    let folder = try TempFolder.current
    var tree = FileTree()
    let times: [(Int64, UInt32)] = [
      (0, 0), (1, 5), (-1, 0), (-1, 500_000_000), (-2, 1), (8_589_934_592, 0), (1 << 40, 999_999_999),
    ]
    for (index, time) in times.enumerated() {
      var attributes = FileAttributes.file
      attributes.modified = Timestamp(seconds: time.0, nanoseconds: time.1)
      attributes.uid = index == 0 ? 2_097_152 : 2_097_151
      let text = [UInt8](repeating: UInt8(index + 65), count: index * 511)
      try tree.insert(FileTree.Node(.regular(MemoryContent(text)), attributes), at: FilePath("\(index)"))
    }
    try await archive(tree, at: folder["tar"])
    let script = """
      import sys, tarfile
      for m in tarfile.open(sys.argv[1]):
          if m.isfile():
              t = m.pax_headers.get("mtime", str(m.mtime))
              data = tarfile.open(sys.argv[1]).extractfile(m).read()
              print(m.name, t, m.uid, data == bytes([int(m.name[2:]) + 65]) * (int(m.name[2:]) * 511))
      """
    let output = try await Tool("python3").check(["-c", script, folder["tar"].string]).outputText
    #expect(
      output.split(separator: "\n") == [
        "./0 0 2097152 True", "./1 1.000000005 2097151 True", "./2 -1 2097151 True", "./3 -0.5 2097151 True",
        "./4 -1.999999999 2097151 True", "./5 8589934592 2097151 True", "./6 1099511627776.999999999 2097151 True",
      ])
  }

  @Test func bytesAreTheSameOnAnyNumberOfThreads() async throws {
    var tree = FileTree()
    for index in 0..<300 {
      let bytes = Content.random(index * 977 % 50_000, seed: UInt64(index)).bytes
      try tree.insert(
        FileTree.Node(.regular(MemoryContent(bytes)), .file), at: FilePath("folder-\(index % 7)/\(index)"))
    }
    try tree.insert(
      FileTree.Node(.regular(MemoryContent(Content.text(5_000_001, seed: 1).bytes)), .file), at: "folder-3/large")
    let one = try await archive(tree, threadCount: 1).bytes
    for count in [2, 5] { #expect(try await archive(tree, threadCount: count).bytes == one) }
  }

  @Test func socketsAreLeftOut() async throws {
    var tree = FileTree()
    try tree.insert(FileTree.Node(.socket, .file), at: "a/socket")
    let report = try await archive(tree).report
    #expect(report.memberCount == 2 && report.findings.map(\.code) == ["sockets-left-out"])
  }

  // MARK: headers

  @Test func paths() {
    func split(_ text: String) -> [String]? {
      UstarHeader.split(Array(text.utf8)).map {
        [String(decoding: $0.prefix, as: UTF8.self), String(decoding: $0.name, as: UTF8.self)]
      }
    }
    let (a100, a155) = (String(repeating: "a", count: 100), String(repeating: "p", count: 155))
    #expect(split(a100) == ["", a100])
    #expect(split("a" + a100) == nil)
    #expect(split("x/" + a100) == ["x", a100])
    #expect(split(a155 + "/" + a100) == [a155, a100])
    #expect(split("p" + a155 + "/" + a100) == nil)
    #expect(split(a155 + "/" + a100.dropLast() + "/") == [a155, a100.dropLast() + "/"])
    #expect(split(a155 + "/" + a100 + "/") == nil)
    #expect(split("p/" + String(repeating: "b", count: 99) + "/") == ["p", String(repeating: "b", count: 99) + "/"])
    #expect(split(String(repeating: "b", count: 120) + "/") == nil)
  }

  @Test func recordLengthsCountThemselves() {
    for count in [0, 1, 84, 85, 86, 87, 88, 89, 90, 980, 981, 982, 983, 984, 985, 986, 987, 9978, 9979, 9980] {
      let value = [UInt8](repeating: 10, count: count)
      let records = PaxRecords(
        for: UstarHeader(kind: .regular, path: [97]), [ExtendedAttribute(name: Array("u.a=%".utf8), value: value)])
      let text = records.bytes
      let length = text.prefix { $0 != 0x20 }
      #expect(Int(String(decoding: length, as: UTF8.self)) == text.count)
      #expect(text.dropFirst(length.count + 1).starts(with: "SCHILY.xattr.u.a%3D%25=".utf8))
    }
  }
}
