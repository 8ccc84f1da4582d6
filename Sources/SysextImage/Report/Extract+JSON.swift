public import FileTree
import ImageCore

extension DirectoryWriter.Report {
  /// What `sysext-pack extract --json` prints; the members are described in docs/command-line.md.
  public var json: JSON {
    .object([
      .init("directories", .count(directoryCount)),
      .init("files", .count(fileCount)),
      .init("symlinks", .count(symlinkCount)),
      .init("special", .count(specialCount)),
      .init("hardLinks", .count(hardLinkCount)),
      .init("byteCount", .count(byteCount)),
      .init("findings", .array(findings.map(\.json))),
    ])
  }
}
