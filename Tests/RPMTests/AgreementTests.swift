import Compression
import ImageCore
import SystemPackage
import TestPackages
import TestSupport
import Testing

@testable import RPM

/// The same packages, read by rpm 4.18, 4.20 and 6.
@Suite(.tempFolder, .needs("rpm", in: .bookworm), .needs("rpm", in: .trixie), .needs("rpm", in: .sid))
struct AgreementTests {
  /// Every tag of the main header that rpm has a name for, value by value.
  @Test(arguments: Fixture.all, Peer.trees) func tags(_ fixture: Fixture, _ peer: Peer) async throws {
    let header = try fixture.package().header
    let known = try await peer.tags()
    // Of FILECLASS, rpm prints what the index stands for.
    let entries = header.entries.filter { known.contains($0.tag.name(in: .package)) && $0.tag != .fileClass }
    #expect(entries.count > 30)
    let groups = entries.map { entry in
      let name = entry.tag.name(in: .package)
      return entry.type == .i18nString ? "%{\(name)}\\a" : "[%{\(name)}\\a]"
    }
    let theirs = try await peer.values(fixture.path, groups)
    try #require(theirs.count == entries.count)
    for (entry, values) in zip(entries, theirs) {
      let ours: [String] =
        switch entry.type {
        case .i18nString: [try header.string(entry.tag) ?? ""]
        case .string, .stringArray: try header.strings(entry.tag)?.map { String(decoding: $0, as: UTF8.self) } ?? []
        case .bin: [try header.binary(entry.tag)?.hex ?? ""]
        default: try header.integers(entry.tag)?.map { "\($0)" } ?? []
        }
      #expect(ours == values, "\(entry.tag.name(in: .package))")
    }
  }

  /// The signature header's tags, under the names that they get when rpm adds them to the main one.
  @Test(arguments: Fixture.all, Peer.trees) func signatureTags(_ fixture: Fixture, _ peer: Peer) async throws {
    let package = try fixture.package()
    let names: [(UInt32, String)] = [
      (269, "SHA1HEADER"), (273, "SHA256HEADER"), (279, "SHA3_256HEADER"), (1000, "SIGSIZE"), (1004, "SIGMD5"),
      (1007, "ARCHIVESIZE"),
    ]
    let known = try await peer.tags()
    let tags = names.filter { known.contains($0.1) }
    let theirs = try await peer.values(fixture.path, tags.map { "[%{\($0.1)}\\a]" })
    for ((number, name), values) in zip(tags, theirs) {
      let tag = RPMTag(rawValue: number)
      let ours: String? =
        switch package.signature[tag]?.type {
        case .bin: try package.signature.binary(tag)?.hex
        case .string: try package.signature.string(tag)
        case .int32: try package.signature.integer(tag).map { "\($0)" }
        default: nil
        }
      #expect((ours ?? "(none)") == values.first ?? "(none)", "\(name)")
    }
  }

  /// NEVRA and the like.
  @Test(arguments: Fixture.all, Peer.trees) func identity(_ fixture: Fixture, _ peer: Peer) async throws {
    let package = try fixture.package()
    let theirs = try await peer.values(
      fixture.path,
      [
        "%{NEVRA}\\a", "%{EVR}\\a", "%{SUMMARY}\\a", "%{LICENSE}\\a", "%{VENDOR}\\a", "%{URL}\\a", "%{BUILDTIME}\\a",
        "%{BUILDHOST}\\a", "%{DISTRIBUTION}\\a", "%{SOURCERPM}\\a", "%{PAYLOADFORMAT}\\a",
        "%|SOURCEPACKAGE?{source}:{binary}|\\a", "%{RPMVERSION}\\a", "%{DESCRIPTION}\\a",
      ])
    let ours: [String?] = [
      package.identity.description, package.identity.evr, package.summary, package.license, package.vendor, package.url,
      package.buildTime.map { "\($0)" }, package.buildHost, package.distribution, package.sourceRPM,
      package.payloadFormat, package.identity.isSource ? "source" : "binary", package.rpmVersion, package.description,
    ]
    #expect(ours.map { [$0 ?? "(none)"] } == theirs)
    let isNew = fixture.testDescription.contains("-v6")
    #expect(package.format == (isNew ? 6 : 4))
  }

  /// The list of files: what it says of each, and which are hard links.
  @Test(arguments: Fixture.all, Peer.trees) func files(_ fixture: Fixture, _ peer: Peer) async throws {
    let files = try fixture.package().files()
    let columns = [
      "FILENAMES", "FILEMODES", "FILEMTIMES", "LONGFILESIZES", "FILEUSERNAME", "FILEGROUPNAME", "FILEFLAGS",
      "FILELINKTOS", "FILEDIGESTS", "FILERDEVS", "FILECOLORS", "FILEVERIFYFLAGS", "FILECAPS", "FILELANGS", "FILENLINKS",
      "FILECLASS",
    ]
    let theirs = try await peer.values(fixture.path, columns.map { "[%{\($0)}\\a]" })
    var linkCounts = [Int](repeating: 1, count: files.count)
    for group in files.hardLinks { for index in group { linkCounts[index] = group.count } }
    func ours(_ column: String, _ file: RPMFile) -> String {
      switch column {
      case "FILENAMES": String(decoding: file.path, as: UTF8.self)
      case "FILEMODES": "\(file.mode)"
      case "FILEMTIMES": "\(file.modificationTime)"
      case "LONGFILESIZES": "\(file.byteCount)"
      case "FILEUSERNAME": file.userName
      case "FILEGROUPNAME": file.groupName
      case "FILEFLAGS": "\(file.flags.rawValue)"
      case "FILELINKTOS": String(decoding: file.linkTarget, as: UTF8.self)
      case "FILEDIGESTS": file.digest?.hex ?? ""
      case "FILERDEVS": "\(file.deviceNumber.major << 8 | file.deviceNumber.minor)"
      case "FILECOLORS": "\(file.color)"
      case "FILEVERIFYFLAGS": "\(file.verifyFlags)"
      case "FILECAPS": file.capabilityText ?? ""
      case "FILELANGS": file.languages.joined(separator: "|")
      case "FILENLINKS": "\(linkCounts[file.index])"
      default: file.fileClass ?? ""
      }
    }
    for (column, values) in zip(columns, theirs) {
      // rpm adds its own words to a class, for directories and the like.
      if column == "FILECLASS" {
        for (file, value) in zip(files, values) where file.kind == .regular { #expect((file.fileClass ?? "") == value) }
      } else if values.isEmpty {
        // Sources have no colours, and most packages no capabilities.
        #expect(["FILECAPS", "FILECOLORS"].contains(column))
        #expect(files.allSatisfy { ["", "0"].contains(ours(column, $0)) })
      } else {
        #expect(files.map { ours(column, $0) } == values, "\(column)")
      }
    }
  }

  @Test(arguments: Fixture.all, Peer.trees) func dependencies(_ fixture: Fixture, _ peer: Peer) async throws {
    let package = try fixture.package()
    for kind in RPMDependency.Kind.allCases where kind != .order {
      let result = try await peer.query(fixture.path, ["--\(kind.rawValue)"])
      let ours = try package.dependencies(kind).map(\.description)
      #expect(result.outputText.split(separator: "\n").map(String.init) == ours, "\(kind)")
    }
  }

  /// Scriptlets and triggers, printed as rpm's own options do.
  @Test(arguments: Fixture.all, Peer.trees) func scripts(_ fixture: Fixture, _ peer: Peer) async throws {
    let package = try fixture.package()
    let names: [RPMScriptlet.Kind: String] = [
      .pretrans: "pretrans", .prein: "preinstall", .postin: "postinstall", .preun: "preuninstall",
      .postun: "postuninstall", .posttrans: "posttrans", .preuntrans: "preuntrans", .postuntrans: "postuntrans",
      .verify: "verify",
    ]
    let scriptlets = try package.scriptlets().filter { peer != .bookworm || !$0.kind.rawValue.hasSuffix("untrans") }
    let ours = scriptlets.map { scriptlet in
      let name = names[scriptlet.kind] ?? ""
      let program = scriptlet.interpreter.joined(separator: " ")
      return scriptlet.script.map { "\(name) scriptlet (using \(program)):\n\($0)\n" }
        ?? "\(name) program: \(program)\n"
    }
    // Old and new releases list them in different orders.
    let theirs = try await peer.query(fixture.path, ["--scripts"]).outputText
    #expect(ours.map(\.count).reduce(0, +) == theirs.count)
    for text in ours { #expect(theirs.contains(text)) }

    let triggers = try package.triggers().map { trigger in
      let conditions = trigger.conditions.map(\.description).joined(separator: ", ")
      return
        "\(trigger.kind.rawValue)\(trigger.event?.rawValue ?? "") scriptlet (using \(trigger.interpreter)) -- \(conditions)\n\(trigger.script)\n"
    }
    let printed = try await peer.query(fixture.path, ["--triggers"]).outputText
    let printedFiles = try await peer.query(fixture.path, ["--filetriggers"]).outputText
    #expect(triggers.joined() == printed + printedFiles)
    if fixture.testDescription.contains("everything") { #expect(triggers.count == 8 && ours.count >= 7) }
  }

  /// Each capability text of the fixtures can be stored, and each digest agrees.
  @Test(arguments: Fixture.all) func digests(_ fixture: Fixture) throws {
    let package = try fixture.package()
    let isNew = package.format == 6
    let headerTags = try package.verifyHeader().map { $0.algorithm }
    #expect(headerTags == (isNew ? [.sha256, .sha3_256] : [.sha1, .sha256]))
    let verified = try package.verifyFile()
    #expect(verified.contains { $0.scope == .payload && $0.algorithm == .sha256 })
    #expect(verified.contains { $0.scope == .headerAndPayload } == !isNew)
    #expect(try package.digests().contains { $0.scope == .archive })
    for file in try package.files() {
      if let text = file.capabilityText { #expect(try FileCapabilities(text).attributeValue.count == 20) }
    }
    let name = fixture.testDescription
    for compressor in StreamFormat.allCases where name.contains("plain-\(compressor.rawValue)-") {
      #expect(try package.compressor() == compressor)
    }
  }
}
