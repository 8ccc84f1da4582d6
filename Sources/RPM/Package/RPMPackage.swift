public import ImageCore

/// An RPM package of which only the headers have been read.
///
/// Opening reads the lead, the signature header and the main header, and checks that their values can be read; what the
/// values mean is checked when it is asked for. Errors begin with the package's name and carry offsets in its file.
public struct RPMPackage: Sendable {
  /// What errors call the package: its file's name.
  public let fileName: String
  /// The first 96 bytes.
  public let lead: RPMLead
  /// Sizes, digests and signatures.
  public let signature: RPMHeaderBlob
  /// All that is known of the package.
  public let header: RPMHeaderBlob
  /// Where the compressed files are: to the end of the bytes.
  public let payloadRange: Range<UInt64>
  /// Name, version and the like, as they are in the header.
  public let identity: RPMIdentity

  /// The package's file.
  let store: ByteStore
  /// Where the main header begins.
  let headerOffset: UInt64

  /// Reads the headers of the package that is all of `store`.
  ///
  /// - Throws: `.truncated`, `.corrupt`, `.limit` or `.unsupported`, and the source's error.
  public init(_ store: ByteStore, fileName: String) throws(ImageError) {
    self.fileName = fileName
    self.store = store
    do {
      let store = try store.buffering(first: Self.usualHeadersByteCount)
      lead = try RPMLead(store.bytes(at: 0, upTo: RPMLead.byteCount))
      let signature = try inContext("signature header") { () throws(ImageError) in
        try RPMHeaderBlob(store, at: UInt64(RPMLead.byteCount), kind: .signature)
      }
      let end = UInt64(RPMLead.byteCount + signature.bytes.count).roundedUp(to: 8)
      let header = try inContext("main header") { () throws(ImageError) in
        try RPMHeaderBlob(store, at: end, kind: .package)
      }
      headerOffset = end
      payloadRange = end + UInt64(header.bytes.count)..<store.byteCount
      identity = try RPMIdentity(header)
      self.signature = signature
      self.header = header
    } catch {
      throw error.inContext(fileName)
    }
  }

  /// Most packages' headers are not longer.
  private static let usualHeadersByteCount = 16 << 10

  /// Puts the package's name in front of errors.
  func named<R>(_ body: () throws(ImageError) -> R) throws(ImageError) -> R {
    do { return try body() } catch { throw error.inContext(fileName) }
  }

  /// The package format: 3, 4 or 6.
  public var format: Int {
    if let number = try? header.integer(.rpmFormat) { return Int(clamping: number) }
    return header.region == nil ? 3 : 4
  }

  /// The text of a tag, of several languages the untranslated one; `nil` where there is none.
  private func text(_ tag: RPMTag) -> String? { (try? header.string(tag)) ?? nil }

  /// One line on what it is.
  public var summary: String? { text(.summary) }
  /// Paragraphs on what it is.
  public var description: String? { text(.description) }
  /// The licence.
  public var license: String? { text(.license) }
  /// Who is responsible for the package.
  public var vendor: String? { text(.vendor) }
  /// Who has packaged it.
  public var packager: String? { text(.packager) }
  /// Where the software comes from.
  public var url: String? { text(.url) }
  /// The distribution that it is a part of.
  public var distribution: String? { text(.distribution) }
  /// The group, an old kind of category.
  public var group: String? { text(.group) }
  /// The machine that it was built on.
  public var buildHost: String? { text(.buildHost) }
  /// When it was built, in seconds since 1970.
  public var buildTime: UInt64? { (try? header.integer(.buildTime)) ?? nil }
  /// The version of rpm that built it.
  public var rpmVersion: String? { text(.rpmVersion) }
  /// The file name of the source package that it was built from; `nil` for a source package.
  public var sourceRPM: String? { text(.sourceRPM) }
  /// The bytes that its files take, as the header claims.
  public var installedByteCount: UInt64? {
    (try? header.integer(.longSize)) ?? (try? header.integer(.size)) ?? nil
  }
}
