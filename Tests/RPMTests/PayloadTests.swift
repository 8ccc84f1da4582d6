import ImageCore
import SystemPackage
import TestPackages
import TestSupport
import Testing

@testable import RPM

/// What comes out of payloads.
@Suite(.tempFolder) struct PayloadTests {
  /// The files that rpm's own program takes out, by content.
  @Test(.needs("rpm2archive", in: .sid), .needs("bsdtar"), arguments: Fixture.all)
  func contents(_ fixture: Fixture) async throws {
    let package = try fixture.package()
    var collector = Collector()
    let digests = try package.unpack(&collector)
    #expect(digests.contains { $0.scope == .archive } && digests.contains { $0.scope == .payload })
    let files = try package.files()
    let ghosts = files.filter { $0.flags.contains(.ghost) }.count
    #expect(!collector.contents.isEmpty && (ghosts > 0) == fixture.testDescription.contains("everything"))

    let archive = try await Tool("rpm2archive", in: .sid).check(["-n", "-"], input: fixture.bytes()).output
    let folder = try TempFolder.current["tree"]
    try Disk.makeFolder(folder)
    try await Tool("bsdtar").check(["-xf", "-", "-C", folder.string], input: archive)
    let links = Dictionary(uniqueKeysWithValues: files.hardLinks.flatMap { group in group.map { ($0, group[0]) } })
    for file in files where file.kind == .regular && !file.flags.contains(.ghost) {
      let first = files[links[file.index] ?? file.index]
      let path = String(decoding: file.path.drop { $0 == 0x2F }, as: UTF8.self)
      let theirs = try Disk.read(folder.appending(path))
      let ours = collector.contents[String(decoding: first.path, as: UTF8.self)]
      #expect(ours == theirs, "\(path)")
    }
    let regular = files.filter { $0.kind == .regular && !$0.flags.contains(.ghost) }
    #expect(collector.contents.count == regular.filter { (links[$0.index] ?? $0.index) == $0.index }.count)
  }

  /// The check of an xz stream is compared unless a digest of what comes out is.
  @Test func checkOfXZ() throws {
    let fixture = Fixture.named("trixie-plain-xz-v4.rpm")
    var bytes = try fixture.bytes()
    // In front of the index, whose length in words of four bytes, less one, the footer has.
    let index = (Int(bytes[bytes.count - 8]) + 1) * 4
    let check = bytes.count - 12 - index - 1
    bytes[check] ^= 1
    let package = try RPMPackage(ByteStore(bytes), fileName: "made.rpm")
    var collector = Collector()
    let unchecked = #expect(throws: ImageError.self) { try package.unpack(&collector, verifiesDigests: false) }
    #expect(unchecked?.code == .corrupt)
    let digest = #expect(throws: ImageError.self) { try package.unpack(&collector) }
    #expect(digest?.code == .mismatch)
  }

  /// Names with and without what packagers put in front of them, in any order.
  @Test(arguments: [".", ""]) func names(_ prefix: String) throws {
    let expected = Dictionary(uniqueKeysWithValues: zip(SmallPackage.paths, SmallPackage.contents))
    #expect(try SmallPackage.whole(prefix: prefix).unpacked() == expected)
    var bare = SmallPackage()
    for index in [2, 0, 3, 1] {
      bare.archive.add(String(SmallPackage.paths[index].dropFirst()), SmallPackage.contents[index])
    }
    bare.archive.addTrailer()
    #expect(try bare.unpacked() == expected)
  }

  /// Hard links, whichever of them has the content.
  @Test(arguments: [[false, false, true], [true, false, false], [true, true, true], [false, true, false]])
  func hardLinks(_ hasContent: [Bool]) throws {
    let content: [UInt8] = [7, 8, 9, 10, 11]
    var package = SmallPackage()
    package.changes += [
      (1028, .int32([5, 5, 5, 3])), (1095, .int32([1, 1, 1, 1])), (1096, .int32([4, 4, 4, 5])),
    ]
    for (path, hasContent) in zip(SmallPackage.paths, hasContent) {
      package.archive.add("." + path, hasContent ? content : [])
    }
    package.archive.add("." + SmallPackage.paths[3], [1, 2, 3])
    package.archive.addTrailer()
    #expect(try package.unpacked() == [SmallPackage.paths[0]: content, SmallPackage.paths[3]: [1, 2, 3]])
  }

  /// RPM's form has neither names nor lengths; of hard links, the last one has the content.
  @Test func strippedForm() throws {
    var package = SmallPackage()
    package.changes += [
      (1028, .int32([2, 1, 2, 3])), (1095, .int32([1, 1, 1, 1])), (1096, .int32([4, 5, 4, 6])),
    ]
    package.archive.add(index: 0)
    package.archive.add(index: 1, [9])
    package.archive.add(index: 2, [7, 8])
    package.archive.add(index: 3, [4, 5, 6])
    package.archive.addTrailer()
    let paths = SmallPackage.paths
    #expect(try package.unpacked() == [paths[0]: [7, 8], paths[1]: [9], paths[3]: [4, 5, 6]])
  }

  @Test func checksums() throws {
    var package = SmallPackage.whole()
    package.archive = CpioCraft()
    for (path, content) in zip(SmallPackage.paths, SmallPackage.contents) {
      package.archive.add("." + path, content, crc: UInt32(content.reduce(0) { $0 + Int($1) }))
    }
    package.archive.addTrailer()
    #expect(try package.unpacked().count == 4)
  }

  // MARK: what cannot be

  struct Fault: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let code: ImageError.Code
    /// A part of the error's message.
    let message: String
    let spoil: @Sendable (inout SmallPackage) -> Void

    init(
      _ name: String, _ code: ImageError.Code, _ message: String,
      _ spoil: @escaping @Sendable (inout SmallPackage) -> Void
    ) {
      (testDescription, self.code, self.message, self.spoil) = (name, code, message, spoil)
    }

    /// A package with one more member, in front of the others.
    static func member(
      _ name: String, _ code: ImageError.Code, _ message: String,
      _ add: @escaping @Sendable (inout CpioCraft) -> Void
    ) -> Fault {
      Fault(name, code, message) { package in
        package.archive = CpioCraft()
        add(&package.archive)
        for (path, content) in zip(SmallPackage.paths, SmallPackage.contents) {
          package.archive.add("." + path, content)
        }
        package.archive.addTrailer()
      }
    }

    static let all: [Fault] = [
      .member("unknown", .mismatch, "the header has not") { $0.add("./etc/passwd", [1]) },
      .member("parent", .mismatch, "the header has not") { $0.add("./usr/../usr/share/one/file-0") },
      .member("empty name", .mismatch, "the header has not") { $0.add("") },
      .member("twice", .mismatch, "twice in the payload") { $0.add("./usr/share/one/file-0") },
      .member("twice under another spelling", .mismatch, "twice in the payload") { $0.add("/usr/share/one/file-0") },
      .member("index outside", .mismatch, "the header has not") { $0.add(index: 4) },
      .member("greatest index", .mismatch, "the header has not") { $0.add(index: .max) },
      .member("longer", .mismatch, "1 bytes in the payload, 0 in the header") { $0.add("./usr/share/one/file-0", [1]) },
      .member("absurdly long", .mismatch, "4294967295 bytes in the payload") {
        $0.add("./usr/share/one/file-0", size: .max)
      },
      .member("another kind", .mismatch, "mode 40755 in the payload") {
        $0.add("./usr/share/one/file-0", mode: 0o040755)
      },
      .member("NUL in a name", .corrupt, "a name that does not end") { $0.add("./usr/share/one\u{0}/file-0") },
      .member("wrong sum", .mismatch, "add up to 1, not 2") { $0.add("./usr/share/two/file-1", [1], crc: 2) },
      .member("longest name", .mismatch, "the header has not") { $0.add(String(repeating: "x", count: 4095)) },
      .member("name too long", .corrupt, "a name of 4097 bytes") { $0.add(String(repeating: "x", count: 4096)) },
      Fault("no archive", .corrupt, "no header of a cpio archive") {
        $0.changes.append((1125, .string("none")))
        $0.archive = CpioCraft(garbage: 200)
      },
      Fault("missing", .truncated, "not in the payload") {
        $0.archive = CpioCraft()
        $0.archive.addTrailer()
      },
      Fault("empty", .truncated, "not in the payload") {
        $0.changes.append((1125, .string("none")))
        $0.archive = CpioCraft()
      },
      Fault("no end", .truncated, "ends in the middle") {
        $0.archive = CpioCraft()
        for (path, content) in zip(SmallPackage.paths, SmallPackage.contents) { $0.archive.add("." + path, content) }
      },
      Fault("something behind", .corrupt, "something follows") { $0.archive.addTrailer() },
      Fault("wrong digest", .mismatch, "MD5 is") { $0.changes = [] },
      Fault("link elsewhere", .mismatch, "leads to y in the payload, to x") {
        $0.changes += [
          (1030, .int16([0o100644, 0o120777, 0o100644, 0o100644])), (1036, .strings(["", "x", "", ""])),
        ]
        $0.archive = CpioCraft()
        $0.archive.add("./usr/share/one/file-0")
        $0.archive.add("./usr/share/two/file-1", mode: 0o120777, [UInt8(ascii: "y")])
        $0.archive.add("./usr/share/one/file-2", [1, 2])
        $0.archive.add("./usr/share/two/file-3", [1, 2, 3])
        $0.archive.addTrailer()
      },
      Fault("hard links without content", .truncated, "not in the payload") {
        $0.changes += [
          (1028, .int32([2, 1, 2, 3])), (1095, .int32([1, 1, 1, 1])), (1096, .int32([4, 5, 4, 6])),
        ]
        $0.archive = CpioCraft()
        let contents: [[UInt8]] = [[], [1], [], [1, 2, 3]]
        for (path, content) in zip(SmallPackage.paths, contents) { $0.archive.add("." + path, content) }
        $0.archive.addTrailer()
      },
      Fault("a claim of exabytes", .limit, "at most 1073741824") {
        $0.changes += [(1028, nil), (5008, .int64([0, 1, 1 << 62, 1 << 63]))]
      },
    ]
  }

  @Test(arguments: Fault.all) func faults(_ fault: Fault) throws {
    var package = SmallPackage.whole()
    _ = try package.unpacked()
    fault.spoil(&package)
    let error = #expect(throws: ImageError.self) { try package.unpacked() }
    #expect(error?.code == fault.code && error?.context.first == "made.rpm", "\(String(describing: error))")
    #expect(error?.message.contains(fault.message) == true, "\(String(describing: error))")
  }

  /// More than the header says comes out of few bytes: it ends there.
  @Test(.needs("gzip")) func bombs() async throws {
    var package = SmallPackage.whole()
    let bytes = try await Tool("sh").check(
      ["-c", "{ cat; head -c 300000000 /dev/zero; } | gzip -9"], input: package.archive.bytes)
    package.archive = CpioCraft(bytes.output)
    let error = #expect(throws: ImageError.self) { try package.unpacked() }
    #expect(error?.code == .limit, "\(String(describing: error))")
    var limits = RPMLimits()
    limits.ratio = 1
    package = SmallPackage.whole()
    package.changes += [(1028, .int32([0, 1, 2, 1 << 30]))]
    #expect(throws: ImageError(.limit, "")) { try package.unpacked(limits: limits) }
  }

  /// Who asks for it gets what has wrong digests, but nothing that contradicts the header.
  @Test func withoutDigests() throws {
    var package = SmallPackage.whole()
    package.changes = []
    let bytes = package.bytes
    var collector = Collector()
    let made = try RPMPackage(ByteStore(bytes), fileName: "made.rpm")
    #expect(try made.unpack(&collector, verifiesDigests: false).isEmpty)
    #expect(collector.contents.count == 4)
    var other = Collector()
    #expect(throws: ImageError(.mismatch, "")) { try made.unpack(&other) }
  }

  /// Cut anywhere or changed anywhere, a payload is an error.
  @Test(arguments: ["trixie-plain-gzip-v4.rpm", "trixie-plain-zstd-v4.rpm", "sid-plain-none-v6.rpm"])
  func damage(_ name: String) throws {
    let bytes = try Fixture.named(name).bytes()
    let start = Int(try Fixture.named(name).package().payloadRange.lowerBound)
    for place in stride(from: start, to: bytes.count, by: 7) {
      var spoilt = bytes
      spoilt[place] ^= 0x10
      for changed in [spoilt, Array(bytes[..<place])] {
        var receiver = RPMNoReceiver()
        let error = #expect(throws: ImageError.self) {
          try RPMPackage(ByteStore(changed), fileName: name).unpack(&receiver)
        }
        #expect(error?.context.first == name)
      }
    }
  }
}
