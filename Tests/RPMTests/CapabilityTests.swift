import ImageCore
import RPM
import SystemPackage
import TestSupport
import Testing

/// Capability texts, as setcap and the kernel take them.
@Suite(.tempFolder, .needsRoot, .needs("setcap", in: .sid), .needs("getfattr")) struct CapabilityTests {
  @Test(arguments: [
    "cap_net_raw,cap_net_admin=ep", "cap_net_raw+ep", "cap_net_raw=p", "cap_net_raw=i", "cap_net_raw=eip",
    "CAP_Chown=ep",
    "=", "all=ep", "=ep", "=ep cap_sys_admin-p", "=ep cap_sys_admin-ep", "=p cap_chown-p", "all+p cap_kill-p", "all=i",
    "cap_chown=ep cap_chown-e", "cap_chown,cap_kill=p cap_chown+i", "cap_chown=p+i", "cap_chown=p-p+ei", "cap_chown=+p",
    "cap_chown=-p", "cap_chown+p-p", "13=ep", "0=ep", "0xd=ep", "015=ep", "40=p", "41=p", "63=p", "64=p", "cap_chown",
    "cap_nothing=ep", "cap_chown=x", "+ep", "-p", "=+p", "cap_chown,=p", ",cap_chown=p", "cap_chown +p",
    "cap_chown=p,cap_kill=p",
    "cap_chown+", "cap_chown=e", "cap_chown=p cap_kill=e", "cap_chown=ep cap_kill=i",
    "cap_net_bind_service+ep cap_sys_nice+ei",
    " cap_chown=p ", "cap_chown=p\tcap_kill=p", "cap_checkpoint_restore,cap_bpf,cap_perfmon=ep",
    "cap_chown= cap_kill=p",
    "cap_chown=ppp", "cap_chown=p=i", "cap_chownx=p", "all,cap_chown=p", "cap_chown+p +i",
  ])
  func agreesWithSetcap(_ text: String) async throws {
    let path = try TempFolder.current["file"]
    try Disk.write([1], to: path)
    let setcap = try await Tool("setcap", in: .sid).run([text, path.string])
    let value = try? FileCapabilities(text).attributeValue
    if !setcap.succeeded {
      #expect(value == nil, "setcap refuses \(text): \(setcap)")
      return
    }
    let theirs = try await Tool("getfattr").check(
      ["--absolute-names", "-n", "security.capability", "-e", "hex", "--only-values", path.string])
    let dump = try await Tool("getfattr").check(
      ["--absolute-names", "-n", "security.capability", "-e", "hex", path.string])
    #expect(theirs.output.count == 20)
    #expect(dump.outputText.contains("0x" + (value?.hex ?? "none")), "\(text): \(dump), ours \(value?.hex ?? "none")")
  }
}
