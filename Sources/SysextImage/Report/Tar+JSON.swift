public import Archives
import ImageCore

extension TarWriter.Report {
  /// What `sysext-pack tar --json` prints; the members are described in docs/command-line.md.
  public var json: JSON {
    .object([
      .init("members", .count(memberCount)),
      .init("byteCount", .count(byteCount)),
      .init("findings", .array(findings.map(\.json))),
    ])
  }
}
