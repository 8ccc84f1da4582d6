import ImageCore
import RPM

/// The package URL (purl) of an RPM: `pkg:rpm/opensuse/gdb@15.2-1.1?arch=x86_64&epoch=1`.
struct PackageURL {
  let text: String

  /// Makes it from what the headers say; the type's definition has the vendor as the namespace, in lower case.
  init(_ identity: RPMIdentity, vendor: String?) {
    var text = "pkg:rpm/"
    if let namespace = vendor.flatMap(Self.namespace) { text += namespace + "/" }
    text += Self.encoded(identity.name) + "@" + Self.encoded("\(identity.version)-\(identity.release)")
    // In the order of the names.
    var qualifiers: [String] = []
    let architecture = identity.isSource ? "src" : identity.architecture
    if !architecture.isEmpty { qualifiers.append("arch=" + Self.encoded(architecture)) }
    if let epoch = identity.epoch { qualifiers.append("epoch=\(epoch)") }
    if !qualifiers.isEmpty { text += "?" + qualifiers.joined(separator: "&") }
    self.text = text
  }

  /// The short names by which vulnerability databases know vendors, by how the vendors' tags begin.
  private static let vendors = [
    ("opensuse", "opensuse"), ("suse", "suse"), ("fedora", "fedora"), ("red hat", "redhat"), ("centos", "centos"),
    ("rocky", "rocky"), ("alma", "almalinux"), ("oracle", "oracle"), ("amazon", "amazon"), ("microsoft", "microsoft"),
    ("mageia", "mageia"), ("openmandriva", "openmandriva"),
  ]

  /// A known vendor's name, else the tag's letters, digits and dots with hyphens for the rest.
  private static func namespace(_ vendor: String) -> String? {
    let lower = vendor.lowercased()
    if let known = vendors.first(where: { lower.utf8.starts(with: $0.0.utf8) }) { return known.1 }
    var slug: [UInt8] = []
    for byte in lower.utf8.prefix(64) {
      if (byte < 0x80 && isPlain(byte)) && byte != UInt8(ascii: "-") {
        slug.append(byte)
      } else if let last = slug.last, last != UInt8(ascii: "-") {
        slug.append(UInt8(ascii: "-"))
      }
    }
    while slug.last == UInt8(ascii: "-") { slug.removeLast() }
    // A dot or two alone would be a step in a path.
    return slug.allSatisfy { $0 == UInt8(ascii: ".") } ? nil : String(decoding: slug, as: UTF8.self)
  }

  private static func encoded(_ text: String) -> String {
    var output: [UInt8] = []
    for byte in text.utf8 {
      if isPlain(byte) { output.append(byte) } else { output += Array("%\([byte].hex.uppercased())".utf8) }
    }
    return String(decoding: output, as: UTF8.self)
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: ".-_~".utf8.contains(byte)
    }
  }
}
