import GPT
import ImageCore
import SysextImage
import SystemPackage
import TestSupport
import Testing

/// systemd-sysext of several releases merges a folder into its tree and tells in its log what it decides.
///
/// We agree with the newer ones. systemd 252 knows no `ID_LIKE`, and to it a comment ends with its line.
@Suite("agreement with systemd", .tempFolder, .needsPeers(.bookworm, .trixie, .sid))
struct SystemdAgreementTests {
  @Test("decides about every case as systemd does", arguments: Peer.trees)
  func decisions(_ peer: Peer) async throws {
    let cases = HostMatchTests.cases.filter { $0.environment == .system }
    let merges = try await SystemdProbe.merge(
      cases.map { SystemdProbe(release: Array($0.release.utf8), host: Array($0.host.utf8)) }, in: peer)
    for (sample, merge) in zip(cases, merges) {
      let isAccepted = sample.isAccepted && !(peer == .bookworm && sample.reason == "ID_LIKE")
      #expect(merge.isMerged == isAccepted, "\(sample.testDescription)\n\(merge.log)")
    }
  }

  @Test("reads ID as systemd does", arguments: Peer.trees)
  func values(_ peer: Peer) async throws {
    var random = SplitMix64(seed: 7)
    let pieces = [
      "ID=", "a", "b c", "\"", "'", "\\", "$", "`", "#", ";", " ", "\t", "\n", "\r", "\\\n", "=", "ä", "A=1\n",
      "ID=z\n",
    ]
    let comments = ["ID=a\n#c\\\nID=z\n", "#c\\\nID=z\n", "ID=a\n;c\\\n\\\nID=z\n"]
    let texts =
      comments
      + (0..<120).map { _ in
        "ID="
          + (0..<Int.random(in: 0..<9, using: &random)).compactMap { _ in pieces.randomElement(using: &random) }
          .joined()
      }
    let merges = try await SystemdProbe.merge(
      texts.map { SystemdProbe(release: Array($0.utf8), host: Array("ID=host\n".utf8)) }, in: peer)
    for (text, merge) in zip(texts, merges) {
      let ours = OSRelease(text)
      if peer == .bookworm, ours.findings.contains(where: { $0.code == "continued-comment" }) { continue }
      let id = ours["ID"] ?? ""
      let expected =
        id.isEmpty ? "does not contain ID in" : "is for OS '\(id)', but deployed on top of 'host'"
      #expect(
        SystemdProbe.joined(merge.log).contains(SystemdProbe.joined(expected)),
        "\(text.debugDescription): \(id.debugDescription)\n\(merge.log)")
    }
  }
}

/// One extension, a folder with nothing but its extension-release, and the os-release of a host.
struct SystemdProbe {
  var release: [UInt8]
  var host: [UInt8]

  struct Merge {
    let isMerged: Bool
    let log: String
  }

  /// What systemd-sysext of `peer` does with each of them.
  static func merge(_ probes: [SystemdProbe], in peer: Peer) async throws -> [Merge] {
    let folder = try TempFolder.current
    for (number, probe) in probes.enumerated() {
      try Disk.write(probe.release, to: folder["\(number).release"])
      try Disk.write(probe.host, to: folder["\(number).host"])
    }
    let result = try await PeerSysext(peer).run(
      """
      cd '\(folder.path)'
      place=$root$folder/debug/usr/lib/extension-release.d
      mkdir -p "$place"
      rm -f "$root/etc/os-release"
      for ((number = 0; number < \(probes.count); number++)); do
        cp $number.release "$place/extension-release.debug"
        cp $number.host "$root/etc/os-release"
        SYSTEMD_LOG_LEVEL=debug inside systemd-sysext merge >$number.log 2>&1 || true
        # The word "Merged" alone does not tell.
        if grep -q " $root/usr .* - overlay sysext " /proc/self/mountinfo; then : >$number.merged; fi
        inside systemd-sysext unmerge >/dev/null 2>&1 || true
      done
      """)
    guard result.succeeded else { throw ToolFailure(result: result) }
    return try probes.indices.map { number in
      Merge(
        isMerged: (try? Disk.status(of: folder["\(number).merged"])) != nil,
        log: String(decoding: try Disk.read(folder["\(number).log"]), as: UTF8.self))
    }
  }

  /// Without line breaks, at each of which systemd's log splits, and without the parent's line that may come between.
  static func joined(_ text: String) -> String {
    text.unicodeScalars.split { $0 == "\n" || $0 == "\r" }.map { String($0) }
      .filter { !$0.hasPrefix("Successfully forked off") }.joined()
  }
}
