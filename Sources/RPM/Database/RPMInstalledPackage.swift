public import ImageCore

/// A package of an RPM database, or one that stands for such.
///
/// Its header is checked; its list of files is decoded when it is asked for.
public struct RPMInstalledPackage: Sendable {
  /// Name, version and the like.
  public let identity: RPMIdentity
  /// All that is known of it.
  public let header: RPMHeaderBlob

  /// Takes a package that has been read from a file.
  public init(_ package: RPMPackage) {
    identity = package.identity
    header = package.header
  }

  /// Reads a database's value: a header without its magic number, and nothing else.
  init(_ blob: [UInt8]) throws(ImageError) {
    let magic: [UInt8] = [0x8E, 0xAD, 0xE8, 1, 0, 0, 0, 0]
    header = try RPMHeaderBlob(ByteStore(magic + blob), kind: .installed)
    guard header.bytes.count == magic.count + blob.count else {
      throw ImageError(
        .corrupt, "a header of \(header.bytes.count - magic.count) bytes in a value of \(blob.count)", offset: 8)
    }
    identity = try RPMIdentity(header)
  }

  /// Whether it is a public key, which rpm keeps as a package without an architecture.
  public var isPublicKey: Bool { identity.name == "gpg-pubkey" }

  /// Whether it is a source package.
  public var isSource: Bool { header[.sourcePackage] != nil || header.kind == .package && identity.isSource }

  /// The list of files, all of it checked.
  ///
  /// - Throws: `.corrupt` for columns of different lengths, paths that lead elsewhere or are not absolute, modes and
  ///   digests that are none.
  public func files() throws(ImageError) -> RPMFileList {
    do { return RPMFileList(try FileColumns(header, isSource: isSource)) } catch {
      throw error.inContext(identity.description)
    }
  }

  /// The files that are there as the package has them, for all that the database says.
  ///
  /// Left out is what was not installed (documentation, other languages), what another package's file has replaced, and
  /// what belongs to another architecture.
  ///
  /// - Throws: As `files`.
  public func presentFiles() throws(ImageError) -> [RPMFile] {
    let files = try files()
    let states: RPMIntegers?
    do { states = try header.integers(.fileStates, count: files.count) } catch {
      throw error.inContext(identity.description)
    }
    guard let states else { return Array(files) }
    return files.filter { states[$0.index] == 0 }
  }
}
