import Glibc
import RPM
import SysextImage
import SysextPackages

/// What comes of packages and their bases.
extension FuzzTarget {
  /// A package on its way into an image; what it says of digests would hide all the rest.
  static func assembly(_ bytes: [UInt8]) {
    guard let package = try? RPMPackage(ByteStore(bytes), fileName: "made.rpm") else { return }
    var options = AssemblyOptions()
    options.scratchFolder = "/dev/shm"
    options.verifiesDigests = false
    options.threadCount = 1
    options.limits = limits
    options.layout.etc.usual = .factory
    options.layout.dropsCaches = true
    options.scriptlets.presets = .enable
    let finished = options
    wait {
      guard let assembly = try? await Assembler(finished).assemble([.package(package)]) else { return }
      _ = try? await assembly.verify()
      _ = (assembly.scriptlets.json.text, assembly.findings)
      _ = try? PackageSummary(package).json().text
    }
  }

  /// A script, the first byte of which chooses what it is.
  static func script(_ bytes: [UInt8]) {
    guard let first = bytes.first else { return }
    // %pre, %post, %preun, %postun.
    let tag = 1023 + UInt32(first % 4)
    let made = MadePackage(main: [(tag, .string(Array(bytes.dropFirst())))])
    guard let package = try? RPMPackage(ByteStore(made.bytes), fileName: "made.rpm"),
      let report = try? ScriptletReport([package])
    else { return }
    _ = (report.json.text, report.actions, report.hasUnhandled)
  }

  /// OpenPGP signatures, in the tag that the first byte chooses.
  static func signature(_ bytes: [UInt8]) {
    guard let first = bytes.first else { return }
    // RSA, DSA, PGP, GPG.
    let tag: UInt32 = [268, 267, 1002, 1005][Int(first % 4)]
    let made = MadePackage(signature: [(tag, .binary(Array(bytes.dropFirst())))])
    guard let package = try? RPMPackage(ByteStore(made.bytes), fileName: "made.rpm"),
      let signatures = try? package.signatures()
    else { return }
    for signature in signatures { _ = (signature.description, signature.json.text) }
  }

  /// Public keys, binary or in ASCII armor.
  static func keyring(_ bytes: [UInt8]) {
    inFile(bytes) { path in _ = try? SignatureVerifier(keyrings: [path], scratchFolder: "/dev/shm") }
  }

  /// A base: databases, lists and repositories.
  static func base(_ bytes: [UInt8]) {
    inFile(bytes) { path in
      guard let list = try? BasePackageList(contentsOf: path) else { return }
      _ = list.packages.map(\.description)
      _ = try? BaseSystem(name: "made", packages: list)
    }
  }

  static var limits: RPMLimits {
    var limits = RPMLimits()
    limits.freeByteCount = 16 << 20
    limits.ratio = 100
    limits.decoderByteCount = 64 << 20
    return limits
  }

  /// For what is read by its name.
  private static func inFile(_ bytes: [UInt8], _ body: (FilePath) -> Void) {
    let path = "/dev/shm/sysext-fuzz-\(getpid())"
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    defer { unlink(path) }
    guard file >= 0, write(file, bytes, bytes.count) == bytes.count, close(file) == 0 else {
      fatalError("cannot write \(path)")
    }
    body(FilePath(path))
  }
}

/// A package of headers that are right but for the values that are tried.
private struct MadePackage {
  enum Value {
    case string([UInt8])
    case binary([UInt8])
  }

  var main: [(UInt32, Value)] = []
  /// A header has an entry at least.
  var signature: [(UInt32, Value)] = [(269, .string([]))]

  var bytes: [UInt8] {
    let identity: [(UInt32, Value)] = [
      (1000, .string(Array("made".utf8))), (1001, .string([0x31])), (1002, .string([0x31])),
      (1022, .string(Array("noarch".utf8))), (1044, .string(Array("made.src.rpm".utf8))),
    ]
    var result: [UInt8] = [0xED, 0xAB, 0xEE, 0xDB, 3] + [UInt8](repeating: 0, count: 73) + [0, 5]
    result += [UInt8](repeating: 0, count: 96 - result.count) + header(signature)
    result += [UInt8](repeating: 0, count: (8 - result.count % 8) % 8)
    return result + header(identity + main)
  }

  private func header(_ values: [(UInt32, Value)]) -> [UInt8] {
    var (index, data): ([UInt8], [UInt8]) = ([], [])
    for (tag, value) in values.sorted(by: { $0.0 < $1.0 }) {
      switch value {
      case .string(let bytes):
        index += words(tag, 6, UInt32(data.count), 1)
        data += bytes.filter { $0 != 0 } + [0]
      case .binary(let bytes):
        index += words(tag, 7, UInt32(data.count), UInt32(bytes.count))
        data += bytes
      }
    }
    return [0x8E, 0xAD, 0xE8, 1] + words(0, UInt32(index.count / 16), UInt32(data.count)) + index + data
  }

  private func words(_ words: UInt32...) -> [UInt8] {
    words.flatMap { word in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) } }
  }
}
