import Compression
import ImageCore
import SystemPackage
import TestPackages
import TestSupport
import Testing

@testable import RPM

/// Headers and packages that no rpm at hand makes.
@Suite(.tempFolder) struct HeaderTests {
  /// The numbers of our table are those of rpm's tags, name by name.
  @Test(.needs("rpm", in: .sid)) func tagTable() async throws {
    let names = RPMTag.mainTable.map(\.name)
    #expect(zip(RPMTag.mainTable, RPMTag.mainTable.dropFirst()).allSatisfy { $0.number < $1.number })
    let known = try await Peer.sid.tags()
    #expect(names.allSatisfy { known.contains($0) || ["HEADERIMAGE", "HEADERSIGNATURES"].contains($0) })
    #expect(RPMTag("FILEMODES") == .fileModes && RPMTag("NOTHING") == nil)
    #expect(RPMTag(rawValue: 4711).name(in: .package) == "#4711")
    #expect(RPMTag(rawValue: 1000).name(in: .signature) == "SIZE")
  }

  /// Values behind the region replace those in it, in headers of a database; packages have none.
  @Test func dribbles() throws {
    let header = HeaderCraft(
      PackageCraft.identity, dribbles: [(1001, .string("9")), (1008, .int32([77])), (99_999, .bin([1]))])
    let blob = try header.opened(.installed)
    #expect(try blob.string(.version) == "9")
    #expect(try blob.string(.release) == "2")
    #expect(try blob.integer(RPMTag(rawValue: 1008)) == 77)
    #expect(blob.entries.map(\.isDribble) == [false, false, false, true, true, true])
    #expect(try blob.binary(RPMTag(rawValue: 99_999)) == [1])
    #expect(throws: ImageError.self) { try header.opened(.package) }
  }

  /// A package as rpm 2.5 made it, and what rpm says of it.
  @Test(.needs("rpm", in: .bookworm)) func oldPackage() async throws {
    let path = try TempFolder.current["old.rpm"]
    try Disk.write(PackageCraft.old(), to: path)
    let package = try RPMPackage(ByteStore(contentsOf: path), fileName: "old.rpm")
    #expect(package.format == 3 && package.identity.description == "old-0.9-1.i386")
    #expect(try package.compressor() == .gzip)
    #expect(try package.verifyFile().isEmpty)
    let files = try package.files()
    #expect(files.map(\.kind) == [.regular, .symlink, .regular])
    #expect(files.map(\.digestAlgorithm) == [.md5, .md5, .md5])
    #expect(try package.dependencies(.requires).map(\.description) == ["/bin/sh", "libc.so.5 >= 5.4"])
    for peer in [Peer.bookworm, .trixie] {
      let theirs = try await peer.values(
        path,
        ["%{NEVRA}\\a", "[%{FILENAMES}\\a]", "[%{FILEDIGESTS}\\a]", "[%{REQUIRENEVRS}\\a]", "[%{FILEUSERNAME}\\a]"])
      #expect(
        theirs == [
          ["old-0.9-1.i386"], files.map { String(decoding: $0.path, as: UTF8.self) },
          files.map { $0.digest?.hex ?? "" },
          try package.dependencies(.requires).map(\.description), files.map(\.userName),
        ], "\(peer)")
    }
  }

  /// Sizes beyond 4 GiB, which only the header claims; inodes of several devices; the compressor that nothing names.
  @Test func largeFiles() throws {
    var values = PackageCraft.changed(1028, nil).filter { $0.0 != 1036 }
    values += [
      (1095, .int32([1, 1, 2, 1])), (1096, .int32([7, 7, 7, 7])),
      (5008, .int64([5 << 30, 1 << 62, 0, 3])), (5009, .int64([6 << 30])),
    ]
    values.sort { $0.0 < $1.0 }
    let package = try RPMPackage(
      ByteStore(PackageCraft.package(HeaderCraft(values), payload: Array("07070X".utf8))), fileName: "large.rpm")
    let files = try package.files()
    #expect(files.map(\.byteCount) == [5 << 30, 1 << 62, 0, 3])
    #expect(files.hardLinks == [[0, 1, 3]])
    #expect(package.installedByteCount == 6 << 30)
    #expect(try package.compressor() == .none)
  }

  /// What the header says must be what the payload begins with.
  @Test func compressors() throws {
    func compressor(_ name: String?, _ payload: [UInt8]) throws -> StreamFormat {
      let header = HeaderCraft(PackageCraft.changed(1125, name.map { .string($0) }))
      return try RPMPackage(ByteStore(PackageCraft.package(header, payload: payload)), fileName: "p.rpm").compressor()
    }
    #expect(try compressor(nil, []) == .gzip)
    #expect(try compressor("lzma", [0x5D, 0, 0, 0x80, 0] + [UInt8](repeating: 0xFF, count: 8) + [0]) == .lzma)
    #expect(try compressor("zstd", []) == .zstd)
    #expect(throws: ImageError(.mismatch, "")) { try compressor("gzip", [0x28, 0xB5, 0x2F, 0xFD]) }
    #expect(throws: ImageError(.unsupported, "")) { try compressor("lrzip", [0, 0]) }
  }

  /// Only what is read can be told: of a payload no more is touched than comes with the first piece.
  @Test func onlyHeadersAreRead() throws {
    let made = MadePackage("made", [MadePackage.File("/usr/large", String(repeating: "x", count: 64 << 10))])
    let package = try RPMPackage(ByteStore(HeadersOnly(bytes: made.bytes, end: 16 << 10)), fileName: "p.rpm")
    #expect(try package.files().map(\.byteCount) == [64 << 10])
    #expect(throws: ImageError(.io, "")) { try package.verifyFile() }
  }
}

/// A file of which everything from `end` on cannot be read.
private struct HeadersOnly: ByteSource {
  let bytes: [UInt8]
  let end: UInt64
  var byteCount: UInt64 { UInt64(bytes.count) }

  func read(at offset: UInt64, into output: inout [UInt8], _ range: Range<Int>) throws(ImageError) {
    guard offset + UInt64(range.count) <= end else { throw ImageError(.io, "not to be read", offset: offset) }
    output.copy(bytes, Int(offset)..<Int(offset) + range.count, to: range.lowerBound)
  }
}
