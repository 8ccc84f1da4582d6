import EROFS
import GPT
import ImageCore

extension VerifyReport {
  /// What `sysext-pack verify --json` prints; the members are described in docs/command-line.md.
  public var json: JSON {
    .object([
      .init("byteCount", .count(byteCount)),
      .init("sound", .bool(isSound)),
      .init("quick", .bool(isQuick)),
      .init("errors", .count(findings.count(.error))),
      .init("warnings", .count(findings.count(.warning))),
      .init("notes", .count(findings.count(.note))),
      .init("counts", counts?.json ?? .null),
      .init("findings", .array(findings.kept.map(\.json))),
      .init("omittedFindings", .count(findings.omittedCount)),
    ])
  }
}

extension ErofsCheckCounts {
  fileprivate var json: JSON {
    .object([
      .init("inodes", .count(inodeCount)),
      .init("directories", .count(directoryCount)),
      .init("files", .count(fileCount)),
      .init("symlinks", .count(symlinkCount)),
      .init("special", .count(specialCount)),
      .init("hardLinks", .count(hardLinkCount)),
      .init("extents", .count(extentCount)),
      .init("dataByteCount", .count(dataByteCount)),
      .init("decompressedByteCount", .count(decompressedByteCount)),
      .init("unusedBlocks", .count(unusedBlockCount)),
    ])
  }
}

extension ImageRepair {
  /// What `sysext-pack repair --json` prints; the members are described in docs/command-line.md.
  public var json: JSON {
    .object([
      .init("found", .array(reading.findings.map(\.json))),
      .init(
        "areas",
        .array(
          repair.areas.map { area in
            .object([
              .init("part", .string(area.part.rawValue)),
              .init("offset", .count(area.offset)),
              .init("byteCount", .count(area.bytes.count)),
            ])
          })),
      .init("findings", .array(repair.findings.map(\.json))),
    ])
  }
}
