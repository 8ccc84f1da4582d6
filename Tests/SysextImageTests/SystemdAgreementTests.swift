import Foundation
import GPT
import ImageCore
import SysextImage
import Testing

/// The installed systemd-sysext merges a folder in a mount namespace of its own and tells in its log what it decides.
///
/// Needs root and the right to mount; skipped otherwise. What systemd 252 does differently from later releases (comments
/// that end in a backslash, `ID_LIKE`) is left out.
@Suite("agreement with the installed systemd", .enabled(if: SystemdProbe.works, "systemd-sysext cannot merge here"))
struct SystemdAgreementTests {
  @Test("decides about every case as systemd does", arguments: HostMatchTests.cases)
  func decisions(_ sample: HostMatchTests.Case) throws {
    guard sample.environment == .system, !sample.reason.contains("ID_LIKE") else { return }
    let log = try SystemdProbe.merge(release: Array(sample.release.utf8), host: Array(sample.host.utf8))
    #expect(log.contains("Merged extensions") == sample.isAccepted, "\(log)")
  }

  @Test("reads ID as systemd does", arguments: 0..<4)
  func values(_ seed: Int) throws {
    var random = SplitMix(seed: UInt64(seed))
    let pieces = [
      "ID=", "a", "b c", "\"", "'", "\\", "$", "`", "#", ";", " ", "\t", "\n", "\r", "\\\n", "=", "ä", "A=1\n",
      "ID=z\n",
    ]
    for _ in 0..<40 {
      let text =
        "ID="
        + (0..<Int.random(in: 0..<9, using: &random)).compactMap { _ in pieces.randomElement(using: &random) }.joined()
      let ours = OSRelease(text)
      guard !ours.findings.contains(where: { $0.code == "continued-comment" }) else { continue }
      let log = try SystemdProbe.merge(release: Array(text.utf8), host: Array("ID=host\n".utf8))
      let id = ours["ID"] ?? ""
      let expected =
        id.isEmpty ? "does not contain ID in" : "is for OS '\(id)', but deployed on top of 'host'"
      #expect(
        SystemdProbe.joined(log).contains(SystemdProbe.joined(expected)),
        "\(text.debugDescription): \(id.debugDescription)\n\(log)")
    }
  }
}

/// Runs systemd-sysext on a folder extension.
enum SystemdProbe {
  static let works: Bool = {
    guard FileManager.default.isExecutableFile(atPath: "/usr/bin/systemd-sysext"), getuid() == 0 else { return false }
    let any = Array("ID=_any\n".utf8)
    return (try? merge(release: any, host: Array("ID=host\n".utf8)))?.contains("Merged extensions") == true
  }()

  /// systemd's log of a merge of one extension on a host.
  static func merge(release: [UInt8], host: [UInt8]) throws -> String {
    let files = FileManager.default
    let root = files.temporaryDirectory.appendingPathComponent("sysext-\(UUID().uuidString)")
    let folder = root.appendingPathComponent("etc/extensions/debug/usr/lib/extension-release.d")
    try files.createDirectory(at: folder, withIntermediateDirectories: true)
    try files.createDirectory(at: root.appendingPathComponent("usr/lib"), withIntermediateDirectories: true)
    defer { try? files.removeItem(at: root) }
    try Data(host).write(to: root.appendingPathComponent("usr/lib/os-release"))
    try Data(release).write(to: folder.appendingPathComponent("extension-release.debug"))
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
    process.arguments = [
      "--mount", "--propagation", "private", "sh", "-c",
      "mount -t tmpfs tmpfs /run && mkdir /run/systemd && exec systemd-sysext --root=\"$0\" merge 2>&1", root.path,
    ]
    var environment = ProcessInfo.processInfo.environment
    environment["SYSTEMD_LOG_LEVEL"] = "debug"
    environment["LC_ALL"] = "C.UTF-8"
    process.environment = environment
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return String(decoding: data, as: UTF8.self)
  }

  /// Without line breaks, at each of which systemd's log splits, and without the parent's line that may come between.
  static func joined(_ text: String) -> String {
    text.unicodeScalars.split { $0 == "\n" || $0 == "\r" }.map { String($0) }
      .filter { !$0.hasPrefix("Successfully forked off") }.joined()
  }
}
