public import GPT
public import ImageCore

extension ExtensionName {
  /// The name of an image that is about to be written: from what the user said, and from the output file's name.
  ///
  /// What was said explicitly wins, and also tells where the file name is to be cut. A file name that carries a version or
  /// an architecture must agree with it. A plain one, such as `out.raw`, may differ, with a warning: the image has to be
  /// renamed before use, because systemd refuses it under that name and then merges no extension at all.
  ///
  /// The whole name is the file's, except where the file only has the short name (`debug.raw`) or a plain one.
  ///
  /// - Parameters:
  ///   - fileName: The last component of the output's path.
  ///   - name: The short name.
  ///   - version: The extension's own version.
  ///   - architecture: What the content is for.
  /// - Returns: The name, with warnings in its `findings`.
  /// - Throws: `invalidArgument` for an impossible name, `mismatch` if the file name contradicts the rest.
  public static func resolve(
    fileName: String? = nil, name: String? = nil, version: String? = nil, architecture: Architecture? = nil
  ) throws(ImageError) -> ExtensionName {
    if let name { try validateExplicit(name) }
    if let version { try validateExplicit(version: version) }
    guard let fileName else {
      guard let name else {
        throw ImageError(.invalidArgument, "neither a name nor an output file was given: give one of them")
      }
      return try composed(NameParts(name: name, version: version, architecture: architecture))
    }
    let stem = ImageFileStem(fileName)
    try validate(stem.name)
    guard var parts = NameParts(splitting: stem.name, name: name, version: version),
      architecture == nil || parts.architecture == nil || architecture == parts.architecture
    else {
      return try renamed(stem, fileName, name: name, version: version, architecture: architecture)
    }
    var findings = stem.findings(fileName)
    if name != nil, version == nil, let found = parts.version, !NameParts.looksLikeVersion(found.utf8) {
      findings.append(
        Finding(.warning, "name-version", place: fileName, "takes \(Text.quoted(found)) for the version"))
    }
    let addsVersion = parts.version == nil && version != nil
    let isShort = Text.same(stem.name, parts.name)
    parts.version = parts.version ?? version
    parts.architecture = parts.architecture ?? architecture
    let full = addsVersion && isShort ? parts.canonical : stem.name
    try validate(full)
    findings += parts.findings(place: Text.same(full, stem.name) ? fileName : "\(full).raw")
    return ExtensionName(full: full, parts: parts, kind: stem.kind, findings: findings)
  }

  /// The file name does not fit: an error if it says something else, a warning if it says nothing.
  private static func renamed(
    _ stem: ImageFileStem, _ fileName: String, name: String?, version: String?, architecture: Architecture?
  ) throws(ImageError) -> ExtensionName {
    let said = NameParts(splitting: stem.name)
    let wanted = NameParts(
      name: name ?? said.name, version: version ?? said.version, architecture: architecture ?? said.architecture)
    guard said.version == nil, said.architecture == nil, let name else {
      throw ImageError(
        .mismatch,
        "the file name says \(summary(said)), but \(summary(wanted)) is to be built: write to"
          + " \(wanted.canonical).raw, or leave out what the file name already says",
        context: [fileName])
    }
    let plain = try composed(NameParts(name: name, version: version, architecture: architecture))
    let names = plain.releaseSuffixes.map { "\($0).raw" }.joined(separator: " or ")
    let finding = Finding(
      .warning, "file-name", place: fileName,
      "systemd refuses this image under its present name, and all other extensions with it: rename it to \(names)")
    return ExtensionName(
      full: plain.full, parts: wanted, kind: stem.kind, findings: [finding] + plain.findings)
  }

  private static func composed(_ parts: NameParts) throws(ImageError) -> ExtensionName {
    // The architecture belongs behind a version; without one the short name is the whole name.
    let full = parts.version == nil ? parts.name : parts.canonical
    try validate(full)
    return ExtensionName(full: full, parts: parts, kind: nil, findings: parts.findings(place: "\(full).raw"))
  }

  private static func validateExplicit(_ name: String) throws(ImageError) {
    try validate(name)
    guard !ImageFileStem(name).isRaw else {
      throw ImageError(.invalidArgument, "the name \(Text.quoted(name)) ends in .raw: leave that out")
    }
  }

  private static func validateExplicit(version: String) throws(ImageError) {
    guard !version.isEmpty, version.utf8.count <= byteLimit,
      !version.utf8.contains(where: { Text.isControl($0) || $0 == UInt8(ascii: "/") })
    else {
      throw ImageError(
        .invalidArgument, "\(Text.quoted(version)) is no version: it is empty, too long, or has a slash or controls")
    }
  }

  private static func summary(_ parts: NameParts) -> String {
    [
      "name \(parts.name)", parts.version.map { "version \($0)" },
      parts.architecture.map { "architecture \($0.rawValue)" },
    ].compactMap(\.self).joined(separator: ", ")
  }
}
