import ImageCore
import SystemPackage
import TestPackages
import TestSupport
import Testing

@testable import RPM

/// Headers that lie, are cut or spoilt: an error with a place in the file, or a result, and nothing else.
@Suite(.tempFolder) struct HostileTests {
  /// Asks a package for all it has.
  @discardableResult
  private func readAll(_ bytes: [UInt8]) throws(ImageError) -> Int {
    let package = try RPMPackage(ByteStore(bytes), fileName: "made.rpm")
    var count = 0
    for header in [package.signature, package.header] {
      for entry in header.entries {
        count += (try? header.integers(entry.tag)?.reduce(0) { $0 &+ Int(truncatingIfNeeded: $1) }) ?? 0
        count &+= (try? header.strings(entry.tag)?.reduce(0) { $0 + $1.count }) ?? 0
        count &+= (try? header.binary(entry.tag)?.count) ?? 0
      }
    }
    count &+= (try? package.scriptlets().count) ?? 0
    count &+= (try? package.triggers().count) ?? 0
    for kind in RPMDependency.Kind.allCases { count &+= (try? package.dependencies(kind).count) ?? 0 }
    count &+= (try? package.digests().count) ?? 0
    _ = try? package.compressor()
    _ = (package.format, package.archiveByteCount, package.installedByteCount, package.identity.description)
    if let files = try? package.files() {
      for file in files {
        _ = (file.path, file.kind, file.digest, file.linkTarget, file.capabilityText, file.languages, file.fileClass)
        _ = (file.deviceNumber, file.mimeType, file.verifyFlags, file.color, file.userName, file.groupName)
        if let text = file.capabilityText { _ = try? FileCapabilities(text) }
      }
      count &+= files.hardLinks.count
    }
    return count
  }

  /// Cut anywhere in its headers, a package is an error.
  @Test(arguments: ["trixie-plain-zstd-v4.rpm", "sid-plain-none-v6.rpm"]) func truncations(_ name: String) throws {
    let bytes = try Fixture.named(name).bytes()
    let package = try RPMPackage(ByteStore(bytes), fileName: name)
    for count in 0..<Int(package.payloadRange.lowerBound) {
      let error = #expect(throws: ImageError.self) { try readAll(Array(bytes[..<count])) }
      #expect(
        error?.offset != nil && error?.context.first == "made.rpm", "cut at \(count): \(String(describing: error))")
    }
    let cut = Array(bytes.dropLast())
    let error = #expect(throws: ImageError.self) { try RPMPackage(ByteStore(cut), fileName: name).verifyFile() }
    #expect(error?.code == .truncated)
  }

  /// Every byte of a package's headers, spoilt in three ways: an error, or values that the digests contradict.
  @Test(arguments: [0xFF, 0x01, 0x80] as [UInt8]) func flippedBytes(_ mask: UInt8) throws {
    let bytes = try Fixture.named("bookworm-everything-v4.rpm").bytes()
    let package = try RPMPackage(ByteStore(bytes), fileName: "made.rpm")
    let start = Int(package.header.offset)
    for place in 0..<Int(package.payloadRange.lowerBound) {
      var spoilt = bytes
      spoilt[place] ^= mask
      do throws(ImageError) {
        try readAll(spoilt)
        guard place >= start else { continue }
        let error = #expect(throws: ImageError.self, "byte \(place)") {
          try RPMPackage(ByteStore(spoilt), fileName: "made.rpm").verifyHeader()
        }
        #expect(error?.code == .mismatch)
      } catch {
        #expect(error.offset != nil && error.context.first == "made.rpm", "byte \(place): \(error)")
      }
    }
  }

  /// Indexes whose numbers cannot be.
  @Test(arguments: IndexFault.all) func indexes(_ fault: IndexFault) throws {
    var header = HeaderCraft(PackageCraft.identity + PackageCraft.files(4))
    _ = try header.opened()
    fault.spoil(&header)
    let error = #expect(throws: ImageError.self) { try header.opened() }
    #expect(error?.code == fault.code && error?.offset != nil, "\(String(describing: error))")
  }

  /// Lengths that are claimed are compared with limits and with what is there, before memory is asked for.
  @Test func claimedLengths() {
    var intro: [UInt8] = [0x8E, 0xAD, 0xE8, 1, 0, 0, 0, 0, 0, 0, 0, 1]
    for (length, code) in [(0x0FFF_FFD0, ImageError.Code.truncated), (0x0FFF_FFFF, .limit), (0x1000_0000, .limit)] {
      let bytes = intro + bigEndian(UInt32(length))
      let error = #expect(throws: ImageError.self) { try RPMHeaderBlob(ByteStore(bytes), kind: .package) }
      #expect(error?.code == code, "\(length)")
    }
    intro[11] = 33
    let bytes = intro + bigEndian(UInt32(16))
    let error = #expect(throws: ImageError.self) { try RPMHeaderBlob(ByteStore(bytes), kind: .signature) }
    #expect(error?.code == .limit)
  }

  /// Lists of files that contradict themselves, with the tag that is at fault.
  @Test(arguments: ColumnFault.fileLists) func fileLists(_ fault: ColumnFault) throws {
    let good = PackageCraft.package(HeaderCraft(PackageCraft.identity + PackageCraft.files(4)))
    #expect(try RPMPackage(ByteStore(good), fileName: "made.rpm").files().count == 4)
    let bytes = PackageCraft.package(HeaderCraft(PackageCraft.changed(fault.tag, fault.value)))
    let package = try RPMPackage(ByteStore(bytes), fileName: "made.rpm")
    let error = #expect(throws: ImageError.self) { try package.files() }
    #expect(error?.code == .corrupt && error?.context == ["made.rpm", fault.name], "\(String(describing: error))")
    let place = try #require(error?.offset)
    #expect(place >= package.header.offset && place < package.payloadRange.lowerBound)
  }

  /// A symbolic link must lead somewhere.
  @Test func linkWithoutTarget() throws {
    let modes: [UInt16] = [0o100644, 0o120777, 0o100644, 0o100644]
    let bytes = PackageCraft.package(HeaderCraft(PackageCraft.changed(1030, .int16(modes))))
    let error = #expect(throws: ImageError.self) { try RPMPackage(ByteStore(bytes), fileName: "made.rpm").files() }
    #expect(error?.context == ["made.rpm", "FILELINKTOS"])
  }

  /// Names that would become parts of paths, and triggers without scripts.
  @Test(arguments: ColumnFault.identities) func identities(_ fault: ColumnFault) {
    let bytes = PackageCraft.package(HeaderCraft(PackageCraft.changed(fault.tag, fault.value)))
    let error = #expect(throws: ImageError.self) { try RPMPackage(ByteStore(bytes), fileName: "made.rpm") }
    #expect(error?.context == ["made.rpm", fault.name])
  }

  @Test func triggers() throws {
    func package(_ index: [UInt32]) throws -> RPMPackage {
      let values: [(UInt32, HeaderCraft.Value)] = [
        (1065, .strings(["one", "two"])), (1066, .strings(["a", "b"])), (1067, .strings(["", ""])),
        (1068, .int32([1 << 16, 1 << 17])), (1069, .int32(index)),
      ]
      return try RPMPackage(
        ByteStore(PackageCraft.package(HeaderCraft(PackageCraft.identity + values))), fileName: "made.rpm")
    }
    #expect(try package([1, 0]).triggers().map(\.event) == [.un, .in])
    #expect(try package([1, 0]).triggers().map(\.interpreter) == ["/bin/sh", "/bin/sh"])
    let faults: [[UInt32]] = [[0, 2], [0], [.max, 0]]
    for index in faults {
      let error = #expect(throws: ImageError.self) { try package(index).triggers() }
      #expect(error?.context == ["made.rpm", "TRIGGERINDEX"])
    }
  }
}
