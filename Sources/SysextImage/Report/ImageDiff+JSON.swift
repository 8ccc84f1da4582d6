import ImageCore

extension ImageDiff {
  /// What `sysext-pack diff --json` prints; the members are described in docs/command-line.md.
  public var json: JSON {
    .object([
      .init("same", .bool(isSame)),
      .init(
        "counts",
        .object([
          .init("added", .count(count(.added))),
          .init("removed", .count(count(.removed))),
          .init("changed", .count(count(.changed))),
          .init("same", .count(sameCount)),
        ])),
      .init("changes", .array(changes.map(\.json))),
      .init("release", .array(release.map(\.json))),
      .init("packages", packages.map { .array($0.map(\.json)) } ?? .null),
      .init("identity", .array(identity.map(\.json))),
    ])
  }
}

extension ImageDiff.Change {
  fileprivate var json: JSON {
    .object([
      .init("path", .string(path)),
      .init("kind", .string(kind.rawValue)),
      .init("type", .string(fileType)),
      .init("byteCount", byteCount.map { .count($0) } ?? .null),
      .init("details", .array(details.map(\.json))),
    ])
  }
}

extension ImageDiff.Detail {
  fileprivate var json: JSON {
    .object([
      .init("aspect", .string(aspect.rawValue)),
      .init("name", .optional(name)),
      .init("old", .optional(old)),
      .init("new", .optional(new)),
    ])
  }
}

extension ImageDiff.Field {
  var json: JSON {
    .object([.init("name", .string(name)), .init("old", .optional(old)), .init("new", .optional(new))])
  }
}
