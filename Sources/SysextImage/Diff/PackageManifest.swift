import Compression
public import ImageCore
public import SystemPackage

/// The packages of an image, from the manifest that mkosi writes beside it.
public struct PackageManifest: Sendable, Hashable {
  /// Versions by name and architecture, as far as there are several: `zlib`, `zlib.x86_64`.
  public let versions: [String: String]

  private static let byteLimit = 16 << 20

  /// Reads a manifest's text.
  ///
  /// - Throws: `.corrupt` for what is no JSON or has no `packages`.
  public init(_ bytes: [UInt8]) throws(ImageError) {
    guard case .array(let packages)? = try JSON(parsing: bytes)["packages"] else {
      throw ImageError(.corrupt, "no packages in the manifest")
    }
    var versions: [String: String] = [:]
    for package in packages {
      guard let name = package["name"]?.stringValue, let version = package["version"]?.stringValue else { continue }
      // Two architectures of one package, or two kernels.
      let full = [name, package["architecture"]?.stringValue ?? ""].joined(separator: ".")
      let key = versions[name] == nil ? name : full
      versions[key] = versions[key].map { "\($0), \(version)" } ?? version
    }
    self.versions = versions
  }

  /// Reads the manifest beside an image: `NAME.manifest` or `NAME.manifest.gz` for `NAME.raw`.
  ///
  /// - Returns: `nil` where there is none.
  /// - Throws: `.corrupt`, `.limit`, `.io` with the manifest's name.
  public static func beside(_ image: FilePath) throws(ImageError) -> PackageManifest? {
    guard let stem = image.lastComponent?.stem else { return nil }
    for ending in ["manifest", "manifest.gz"] {
      let path = image.removingLastComponent().appending("\(stem).\(ending)")
      let store: ByteStore
      do throws(ImageError) { store = try ByteStore(contentsOf: path) } catch {
        if error.code == .notFound { continue }
        throw error
      }
      return try inContext(path.string) { () throws(ImageError) in
        guard store.byteCount <= UInt64(byteLimit) else { throw ImageError(.limit, "more than 16 MiB") }
        let bytes = try store.bytes(at: 0, count: Int(store.byteCount))
        return try PackageManifest(ending == "manifest" ? bytes : Gzip.decompress(bytes, limit: byteLimit))
      }
    }
    return nil
  }

  /// The packages that were added, removed, or have another version, by name.
  public static func differences(_ old: PackageManifest, _ new: PackageManifest) -> [ImageDiff.Field] {
    let names = Set(old.versions.keys).union(new.versions.keys).sorted()
    return names.compactMap { name in
      let (before, after) = (old.versions[name], new.versions[name])
      return before == after ? nil : ImageDiff.Field(name: name, old: before, new: after)
    }
  }
}
