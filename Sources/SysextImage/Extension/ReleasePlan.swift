public import ImageCore

/// Which release files an image gets, decided by those that the tree already has.
///
/// The image carries the same release under its whole name and under its short one, so that it merges as
/// `debug-4.2.x86-64.raw` and through a link `debug.raw`.
public struct ReleasePlan: Sendable, Hashable {
  /// A release file that the tree has.
  public struct Existing: Sendable, Hashable {
    /// What follows `extension-release.` in its name.
    public var suffix: String
    /// Its content.
    public var bytes: [UInt8]
    /// The value of its xattr `user.extension-release.strict`; nil if it has none, which is for strict.
    public var isStrict: Bool?

    /// Makes one.
    public init(suffix: String, bytes: [UInt8], isStrict: Bool? = nil) {
      self.suffix = suffix
      self.bytes = bytes
      self.isStrict = isStrict
    }

    /// Makes one from the value of the xattr `user.extension-release.strict`; what is no truth value is for strict.
    public init(suffix: String, bytes: [UInt8], strictAttribute: [UInt8]?) {
      let word = strictAttribute.map { String(decoding: $0, as: UTF8.self).lowercased() }
      self.init(
        suffix: suffix, bytes: bytes,
        isStrict: word.map { !["0", "no", "n", "false", "f", "off"].contains($0) })
    }
  }

  /// A release file to write; one of the same name in the tree gets the new content and keeps owner, mode and xattrs.
  public struct File: Sendable, Hashable {
    /// What follows `extension-release.` in its name.
    public var suffix: String
    /// Its content.
    public var bytes: [UInt8]
  }

  /// What to write: only what is new or changed, the whole name's first.
  public private(set) var files: [File] = []
  /// The release under the whole name, as it will be in the image.
  public private(set) var release: ExtensionRelease
  /// What is wrong or worth knowing; errors mean that the image would not be merged.
  public private(set) var findings: [Finding] = []

  /// Decides.
  ///
  /// - Parameters:
  ///   - existing: All `extension-release.*` files of the tree's `release.kind.releaseDirectory`, in any order.
  ///   - name: The image's resolved name.
  ///   - release: What to write where nothing is, and to complete what is.
  /// - Throws: `mismatch` if the tree's files are for another name, or if it is not clear which of them counts.
  public init(existing: [Existing], name: ExtensionName, release: ExtensionRelease) throws(ImageError) {
    self.release = release
    let wanted = name.releaseSuffixes
    func present(_ suffix: String) -> Existing? { existing.first { Text.same($0.suffix, suffix) } }
    let others = existing.filter { file in !wanted.contains { Text.same($0, file.suffix) } }
      .sorted { Text.precedes($0.suffix, $1.suffix) }

    let template: [UInt8]
    let origin: String
    if let exact = wanted.lazy.compactMap(present).first {
      template = try release.completed(exact, name)
      origin = exact.suffix
      noteUnused(others)
    } else if !others.isEmpty {
      let loose = try looselyNamed(others, name: name)
      template = try release.completed(loose, name)
      origin = loose.suffix
      if template != loose.bytes { files.append(File(suffix: loose.suffix, bytes: template)) }
    } else {
      template = release.bytes
      origin = name.full
    }

    var contents: [[UInt8]] = []
    for suffix in wanted {
      let old = present(suffix)
      let bytes: [UInt8]
      if let old { bytes = try release.completed(old, name) } else { bytes = template }
      if old?.bytes != bytes { files.append(File(suffix: suffix, bytes: bytes)) }
      contents.append(bytes)
    }
    self.release = ExtensionRelease(contents.first ?? template, kind: release.kind)
    check(contents, suffixes: wanted, origin: origin, name: name)
    files.sort { left, right in Self.rank(left, wanted) < Self.rank(right, wanted) }
  }

  private static func rank(_ file: File, _ wanted: [String]) -> Int {
    wanted.firstIndex { Text.same($0, file.suffix) } ?? wanted.count
  }

  /// Checks each different content once, under the name of the file that it comes from.
  private mutating func check(_ contents: [[UInt8]], suffixes: [String], origin: String, name: ExtensionName) {
    guard let first = contents.first, let last = contents.last else { return }
    let kind = release.kind
    if first == last {
      findings += release.check(for: name, place: kind.releasePath(origin))
      return
    }
    for (bytes, suffix) in zip(contents, suffixes) {
      findings += ExtensionRelease(bytes, kind: kind).check(for: name, place: kind.releasePath(suffix))
    }
    let other = ExtensionRelease(last, kind: kind)
    let keys = ["ID", "VERSION_ID", kind.levelKey, kind.scopeKey, "ARCHITECTURE", kind.versionKey]
    let differing = keys.filter { release[$0] != other[$0] }
    guard !differing.isEmpty else { return }
    findings.append(
      Finding(
        .warning, "release-files-differ", place: kind.releasePath(name.name),
        "differs from \(ExtensionKind.releaseFilePrefix)\(name.full) in \(differing.joined(separator: ", ")):"
          + " the image's file name would decide where it is merged; make them the same or remove one"))
  }

  private mutating func noteUnused(_ others: [Existing]) {
    for file in others {
      findings.append(
        Finding(
          .note, "release-file-unused", place: release.kind.releasePath(file.suffix),
          "is for another file name than the image's and has no effect under that: remove it if it is left over"))
    }
  }
}

extension ReleasePlan {
  /// The one file that systemd would take for lack of one of the right name.
  private mutating func looselyNamed(_ others: [Existing], name: ExtensionName) throws(ImageError) -> Existing {
    let kind = release.kind
    let cut = Self.cutAtVersion(name.full)
    let fitting = others.filter { file in file.isStrict == false || cut.map { Text.same($0, file.suffix) } == true }
    let wanted = kind.releasePath(name.full)
    guard let file = fitting.first else {
      let names = others.map { kind.releasePath($0.suffix) }.joined(separator: ", ")
      throw ImageError(
        .mismatch,
        "the tree has \(names), but the image is \(name.fileName), so systemd would refuse it and merge no extension:"
          + " rename the file to \(wanted), or the image to fit it")
    }
    guard fitting.count == 1 else {
      let names = fitting.map { kind.releasePath($0.suffix) }.joined(separator: ", ")
      throw ImageError(
        .mismatch,
        "the tree has several release files that fit any image name (\(names)), which systemd refuses as not unique:"
          + " keep one of them and name it \(wanted)")
    }
    if file.isStrict == false {
      findings.append(
        Finding(
          .note, "release-file-loose", place: kind.releasePath(file.suffix),
          "fits by its xattr user.extension-release.strict only; sysextmgr wants the exact name, so copies are added"))
    } else {
      findings.append(
        Finding(
          .warning, "release-file-loose", place: kind.releasePath(file.suffix),
          "fits \(name.fileName) for systemd 257 and later only, so copies are added for others:"
            + " name it \(wanted)"))
    }
    return file
  }

  /// The part in front of the first `_` or `+`, which systemd 257 and later accept, too.
  static func cutAtVersion(_ name: String) -> String? {
    guard let end = name.utf8.firstIndex(where: { "_+".utf8.contains($0) }) else { return nil }
    return String(name[..<end])
  }
}

extension ExtensionRelease {
  fileprivate func completed(
    _ file: ReleasePlan.Existing, _ name: ExtensionName
  ) throws(ImageError) -> [UInt8] {
    try inContext(kind.releasePath(file.suffix)) { () throws(ImageError) in try completed(file.bytes) }
  }
}
