import Dispatch
import RPM
import SysextImage

/// One thing to feed with anything: it may give a result or an `ImageError`, and nothing else.
struct FuzzTarget: Sendable {
  let run: @Sendable ([UInt8]) -> Void

  static let all: [String: FuzzTarget] = [
    "gpt": FuzzTarget(run: gpt), "image": FuzzTarget(run: image), "erofs": FuzzTarget(run: erofs),
    "pcluster": FuzzTarget(run: pcluster), "release": FuzzTarget(run: release), "rpm": FuzzTarget(run: rpm),
    "assembly": FuzzTarget(run: assembly), "script": FuzzTarget(run: script), "signature": FuzzTarget(run: signature),
    "keyring": FuzzTarget(run: keyring), "base": FuzzTarget(run: base),
  ]

  /// Lets the driver, which knows no tasks, wait for one.
  static func wait(for body: @escaping @Sendable () async -> Void) {
    let end = DispatchSemaphore(value: 0)
    Task {
      await body()
      end.signal()
    }
    end.wait()
  }

  // MARK: partition tables

  private static func gpt(_ bytes: [UInt8]) {
    guard let reading = try? GPTReading(ByteStore(bytes)) else { return }
    if let repair = try? reading.repair() { _ = (repair.areas.count, repair.findings) }
    for table in [try? reading.primary.get(), try? reading.backup.get(), try? reading.table] {
      guard let table else { continue }
      _ = table.findings
      _ = try? table.encodedAreas
      for partition in table.partitions { _ = (partition.name, try? partition.byteRange) }
    }
  }

  // MARK: whole images

  private static func image(_ bytes: [UInt8]) {
    let store = ByteStore(bytes)
    let fileName = "debug-4.2.x86-64.raw"
    wait { _ = try? await ImageVerifier(store, fileName: fileName).verify(threadCount: 1) }
    guard let image = try? SysextImage.open(store, fileName: fileName) else { return }
    wait { _ = try? await SysextInspector(image).json().text }
  }

  // MARK: file systems

  /// Without the superblock's checksum, which would hide all the rest.
  private static func erofs(_ bytes: [UInt8]) {
    var bytes = bytes
    dropChecksum(&bytes)
    guard let fileSystem = try? ErofsFileSystem(ByteStore(bytes)) else { return }
    _ = try? fileSystem.statistics()
    wait { _ = try? await fileSystem.check(threadCount: 1) }
    readAll(fileSystem)
  }

  private static func readAll(_ fileSystem: ErofsFileSystem) {
    guard let tree = try? fileSystem.tree() else { return }
    _ = try? tree.walk { (visit) throws(ImageError) in
      guard case .regular(let content) = tree[visit.node].kind else { return true }
      for offset in [0, content.byteCount / 2, content.byteCount &- 1] where offset < content.byteCount {
        let count = Int(min(content.byteCount - offset, 64 << 10))
        var buffer = [UInt8](repeating: 0, count: count)
        try? content.read(at: offset, into: &buffer, 0..<count)
      }
      return true
    }
  }

  /// Says that the superblock has no checksum.
  private static func dropChecksum(_ bytes: inout [UInt8]) {
    if bytes.count > 1032 { bytes[1032] &= ~1 }
  }

  // MARK: decompressors

  /// The first byte chooses the algorithm; the rest is a pcluster.
  private static func pcluster(_ bytes: [UInt8]) {
    guard let first = bytes.first else { return }
    let templates = PclusterTemplate.all
    let image = templates[Int(first) % templates.count].image(with: bytes.dropFirst())
    if let fileSystem = try? ErofsFileSystem(ByteStore(image)) { readAll(fileSystem) }
  }

  // MARK: packages

  private static func rpm(_ bytes: [UInt8]) {
    guard let package = try? RPMPackage(ByteStore(bytes), fileName: "made.rpm") else { return }
    for header in [package.signature, package.header] {
      for entry in header.entries {
        if let values = try? header.integers(entry.tag) { _ = values.reduce(0, &+) }
        if let values = try? header.strings(entry.tag) { _ = values.reduce(0) { $0 + $1.count } }
        _ = try? header.binary(entry.tag)
      }
    }
    _ = (try? package.scriptlets(), try? package.triggers(), try? package.digests(), try? package.compressor())
    _ = (package.format, package.archiveByteCount, package.installedByteCount, package.identity.description)
    for kind in RPMDependency.Kind.allCases { _ = try? package.dependencies(kind).map(\.description) }
    _ = try? package.verifyFile()
    guard let files = try? package.files() else { return }
    for file in files {
      _ = (file.path, file.kind, file.digest, file.linkTarget, file.languages, file.fileClass, file.mimeType)
      _ = (file.deviceNumber, file.verifyFlags, file.color, file.userName, file.groupName, file.byteCount)
      if let text = file.capabilityText { _ = try? FileCapabilities(text).attributeValue }
    }
    _ = files.hardLinks
    var receiver = RPMNoReceiver()
    _ = try? package.unpack(&receiver, limits: limits, verifiesDigests: false)
  }

  // MARK: release files

  private static func release(_ bytes: [UInt8]) {
    let release = ExtensionRelease(bytes)
    _ = OSRelease(release.bytes)
    guard let name = try? ExtensionName(fileName: "debug-4.2.x86-64.raw") else { return }
    _ = release.check(for: name, place: "x")
  }
}
