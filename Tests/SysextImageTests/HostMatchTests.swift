import GPT
import SysextImage
import Testing

@Suite("systemd's decision to merge")
struct HostMatchTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let isAccepted: Bool
    let release: String
    let host: String
    let reason: String
    var environment = MergeEnvironment.system
    var testDescription: String { "\(release.debugDescription) on \(host.debugDescription)" }

    init(
      _ isAccepted: Bool, _ release: String, on host: String, _ reason: String,
      _ environment: MergeEnvironment = .system
    ) {
      (self.isAccepted, self.release, self.host, self.reason) = (isAccepted, release, host, reason)
      self.environment = environment
    }
  }

  static let host = "ID=suse\nID_LIKE=\"opensuse sles\"\nVERSION_ID=1\nSYSEXT_LEVEL=5\n"

  static let cases = [
    Case(true, "ID=_any\n", on: host, "_any"),
    Case(true, "ID=_any\nVERSION_ID=9\nSYSEXT_LEVEL=9\n", on: host, "_any"),
    Case(false, "ID=_any\nARCHITECTURE=x86_64\n", on: host, "ARCHITECTURE"),
    Case(false, "ID=_any\nARCHITECTURE=arm64\n", on: host, "ARCHITECTURE"),
    Case(true, "ID=_any\nARCHITECTURE=x86-64\n", on: host, "_any"),
    Case(true, "ID=_any\nARCHITECTURE=_any\n", on: host, "_any"),
    Case(true, "ID=_any\nARCHITECTURE=\n", on: host, "_any"),
    Case(false, "ID=_any\nSYSEXT_SCOPE=\n", on: host, "SCOPE"),
    Case(false, "ID=_any\nSYSEXT_SCOPE=initrd\n", on: host, "SCOPE"),
    Case(true, "ID=_any\nSYSEXT_SCOPE=initrd\n", on: host, "_any", .initrd),
    Case(false, "ID=_any\n", on: host, "SCOPE", .initrd),
    Case(true, "ID=_any\n", on: host, "_any", .portable),
    Case(true, "ID=_any\nSYSEXT_SCOPE=foo system\n", on: host, "_any"),
    Case(false, "VERSION_ID=1\n", on: host, "no ID"),
    Case(false, "ID=\n", on: host, "no ID"),
    Case(false, "", on: host, "empty"),
    Case(false, "ID=a\0\n", on: host, "cannot read"),
    Case(false, "ID=_any\n", on: "VERSION_ID=1\n", "no ID"),
    Case(false, "ID=debian\nVERSION_ID=1\n", on: host, "ID=debian"),
    Case(true, "ID=suse\nVERSION_ID=1\n", on: host, "VERSION_ID=1"),
    Case(true, "ID=opensuse\nVERSION_ID=1\n", on: host, "ID_LIKE"),
    Case(false, "ID=opensuse\nVERSION_ID=2\n", on: host, "VERSION_ID=2"),
    Case(false, "ID=suse\n", on: host, "no VERSION_ID"),
    Case(false, "ID=suse\nVERSION_ID=01\n", on: host, "VERSION_ID=01"),
    Case(true, "ID=suse\nSYSEXT_LEVEL=5\n", on: host, "SYSEXT_LEVEL=5"),
    Case(true, "ID=suse\nSYSEXT_LEVEL=5\nVERSION_ID=2\n", on: host, "SYSEXT_LEVEL=5"),
    Case(false, "ID=suse\nSYSEXT_LEVEL=6\nVERSION_ID=1\n", on: host, "SYSEXT_LEVEL=6"),
    Case(true, "ID=suse\nSYSEXT_LEVEL=\nVERSION_ID=1\n", on: host, "VERSION_ID=1"),
    Case(true, "ID=suse\nSYSEXT_LEVEL=6\nVERSION_ID=1\n", on: "ID=suse\nVERSION_ID=1\n", "VERSION_ID=1"),
    Case(false, "ID=suse\nSYSEXT_LEVEL=6\n", on: "ID=suse\nVERSION_ID=1\n", "no VERSION_ID"),
    Case(true, "ID=sid\nVERSION_ID=7\nSYSEXT_LEVEL=7\n", on: "ID=sid\n", "no VERSION_ID"),
    Case(true, "ID=suse\n", on: "ID=suse\nSYSEXT_LEVEL=5\n", "no VERSION_ID"),
    Case(false, "ID=suse\nSYSEXT_LEVEL=6\n", on: "ID=suse\nSYSEXT_LEVEL=5\n", "SYSEXT_LEVEL=6"),
  ]

  @Test("decides as systemd", arguments: cases)
  func decides(_ sample: Case) {
    let decision = ExtensionRelease(Array(sample.release.utf8))
      .decision(on: OSRelease(sample.host), architecture: .x86_64, environment: sample.environment)
    #expect(decision.isAccepted == sample.isAccepted, "\(decision.reason)")
    #expect(decision.reason.contains(sample.reason), "\(decision.reason)")
  }

  @Test("a configuration extension is asked for its own level and scope")
  func confext() {
    let release = ExtensionRelease(Array("ID=suse\nCONFEXT_LEVEL=2\nSYSEXT_SCOPE=\n".utf8), kind: .confext)
    let host = OSRelease("ID=suse\nVERSION_ID=1\nSYSEXT_LEVEL=1\nCONFEXT_LEVEL=2\n")
    #expect(release.decision(on: host, architecture: .arm64).isAccepted)
  }

  @Test("what `make` writes for a base is accepted by that base", arguments: Architecture.allCases)
  func roundTrip(_ architecture: Architecture) throws {
    for text in [Self.host, "ID=sid\n", "ID=a\nVERSION_ID=1\n", "ID=a\nSYSEXT_LEVEL=\"b c\"\n"] {
      let name = try ExtensionName.resolve(name: "debug", version: "1", architecture: architecture)
      let host = OSRelease(text)
      let release = ExtensionRelease(try ExtensionRelease.make(name: name, osRelease: host).bytes)
      for environment in MergeEnvironment.allCases {
        #expect(release.decision(on: host, architecture: architecture, environment: environment).isAccepted)
      }
    }
  }
}
