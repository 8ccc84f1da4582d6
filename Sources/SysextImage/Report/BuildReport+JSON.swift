import EROFS
import GPT
import ImageCore

extension BuildReport {
  /// What `sysext-pack --json` prints; the members are described in docs/command-line.md.
  public var json: JSON {
    .object([
      .init("name", .string(name.name)),
      .init("version", .optional(name.version)),
      .init("architecture", .string(architecture.rawValue)),
      .init("fullName", .string(name.full)),
      .init("byteCount", .count(byteCount)),
      .init("seed", .string(seed.value.description)),
      .init("partitionTable", partitionTable?.json ?? .null),
      .init("rootHash", .optional(rootHash?.hex)),
      .init("fileSystem", erofs.json),
      .init("extensionRelease", release.json),
      .init("findings", .array(findings.map(\.json))),
    ])
  }
}

extension ErofsReport {
  var json: JSON {
    .object([
      .init("type", .string("erofs")),
      .init("uuid", .string(uuid.description)),
      .init("byteCount", .count(byteCount)),
      .init("inodeCount", .count(statistics.inodeCount)),
      .init("directoryCount", .count(statistics.directoryCount)),
      .init("fileCount", .count(statistics.fileCount)),
      .init("compressedFileCount", .count(statistics.compressedFileCount)),
      .init("sparseFileCount", .count(statistics.sparseFileCount)),
      .init("fileByteCount", .count(statistics.fileByteCount)),
    ])
  }
}

extension PartitionTable {
  var json: JSON {
    .object([
      .init("diskGUID", .string(diskGUID.description)),
      .init("sectorByteCount", .count(sectorSize.rawValue)),
      .init("partitions", .array(partitions.map(\.json))),
    ])
  }
}

extension Partition {
  var json: JSON {
    // A damaged table may name places that no file has.
    let range = try? byteRange
    return .object([
      .init("number", .count(number)),
      .init("type", .optional(PartitionType.name(of: typeGUID))),
      .init("typeGUID", .string(typeGUID.description)),
      .init("uniqueGUID", .string(uniqueGUID.description)),
      .init("label", .string(name)),
      .init("offset", range.map { .count($0.lowerBound) } ?? .null),
      .init("byteCount", range.map { .count($0.upperBound - $0.lowerBound) } ?? .null),
      .init("readOnly", .bool(attributes.contains(.readOnly))),
    ])
  }
}

extension ExtensionRelease {
  var json: JSON { .object(text.fields.map { .init($0.key, .string($0.value)) }) }
}

extension Finding {
  package var json: JSON {
    .object([
      .init("severity", .string(severity.rawValue)),
      .init("code", .string(code)),
      .init("place", .optional(place)),
      .init("message", .string(message)),
    ])
  }
}
