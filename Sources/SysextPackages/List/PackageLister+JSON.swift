public import ImageCore
public import RPM
import SysextImage

extension PackageLister {
  /// The files of a package, each as a JSON object in a line of its own; docs/command-line.md describes them.
  ///
  /// - Returns: The objects, without what stands between them.
  /// - Throws: As `text`.
  public func json(of package: RPMPackage) throws(ImageError) -> [String] {
    let files = try package.files()
    let counts = files.linkCounts
    let name = package.identity.description
    return files.map { $0.json(package: name, linkCount: counts[$0.index]).line }
  }
}

extension RPMFile {
  func json(package: String, linkCount: Int) -> JSON {
    var members: [JSON.Member] = [.init("package", .string(package))]
    members += [JSON.Member].text("path", path)
    members += [
      .init("type", .string(kind.word)),
      .init("mode", .string(octal(permissions))),
      .init("user", .string(userName)),
      .init("group", .string(groupName)),
      .init("size", .count(byteCount)),
      .init("mtime", .string(Timestamp(seconds: Int64(modificationTime)).dateAndTime)),
      .init("mtimeSeconds", .count(modificationTime)),
      .init("nlink", .count(linkCount)),
      .init("flags", .array(flags.words.map(JSON.string))),
    ]
    if let digest {
      members += [
        .init("digestAlgorithm", .string(digestAlgorithm.description)), .init("digest", .string(digest.hex)),
      ]
    }
    if kind == .symlink { members += [JSON.Member].text("target", linkTarget) }
    if kind == .characterDevice || kind == .blockDevice {
      members += [.init("major", .count(deviceNumber.major)), .init("minor", .count(deviceNumber.minor))]
    }
    if let capabilityText { members.append(.init("capabilities", .string(capabilityText))) }
    if !languages.isEmpty { members.append(.init("languages", .array(languages.map(JSON.string)))) }
    if color != 0 { members.append(.init("color", .count(color))) }
    return .object(members)
  }
}
