import ImageCore

/// A header of a package: values by tag, checked when it is opened and decoded when they are asked for.
///
/// The bytes are kept once. Every offset and every count has been compared with them, so that values can be read without
/// further checks.
public struct RPMHeaderBlob: Sendable {
  /// Which header, since tags' numbers and limits differ.
  public enum Kind: Sendable, Hashable {
    /// The one with sizes, digests and signatures.
    case signature
    /// The one with all that is known of a package in a file: nothing may follow its immutable region.
    case package
    /// One of a database: values may have been added to it or replaced ("dribbles").
    case installed
  }

  /// One tag with its values.
  public struct Entry: Sendable, Hashable {
    /// What the values are.
    public let tag: RPMTag
    /// The type of each of them.
    public let type: RPMType
    /// How many there are; of `bin`, the bytes.
    public let count: Int
    /// Whether it lies behind the immutable region.
    public let isDribble: Bool
    /// Where the values are in the header.
    let range: Range<Int>
  }

  /// Which header it is.
  public let kind: Kind
  /// Where it begins in the outermost file.
  public let offset: UInt64
  /// The entries in the order of the index, without the region's own.
  public let entries: [Entry]
  /// The region that the first entry opens: 61, 62 or 63; `nil` in packages older than regions.
  public let region: RPMTag?
  /// All bytes, from the magic number to the end of the data.
  let bytes: [UInt8]
  /// Where in `bytes` the region's trailer begins, if it has one.
  let trailer: Int?
  /// `entries` by tag, without what a dribble replaces.
  private let order: [Int32]

  init(
    kind: Kind, offset: UInt64, bytes: [UInt8], entries: [Entry], region: RPMTag?, trailer: Int?
  ) throws(ImageError) {
    self.kind = kind
    self.offset = offset
    self.bytes = bytes
    self.entries = entries
    self.region = region
    self.trailer = trailer
    order = try Self.order(entries, kind, offset)
  }

  /// The entry of a tag.
  public subscript(tag: RPMTag) -> Entry? {
    var (low, high) = (0, order.count)
    while low < high {
      let middle = (low + high) / 2
      if entries[Int(order[middle])].tag < tag { low = middle + 1 } else { high = middle }
    }
    guard low < order.count, entries[Int(order[low])].tag == tag else { return nil }
    return entries[Int(order[low])]
  }

  private static func order(_ entries: [Entry], _ kind: Kind, _ offset: UInt64) throws(ImageError) -> [Int32] {
    var order = entries.indices.map { Int32($0) }
    let isSorted = zip(entries, entries.dropFirst()).allSatisfy { $0.tag < $1.tag }
    if isSorted { return order }
    // The last one first among equals, so that a dribble comes before what it replaces.
    order.sort { (entries[Int($0)].tag, $1) < (entries[Int($1)].tag, $0) }
    var unique: [Int32] = []
    for index in order {
      let entry = entries[Int(index)]
      guard let last = unique.last, entries[Int(last)].tag == entry.tag else {
        unique.append(index)
        continue
      }
      guard entries[Int(last)].isDribble, !entry.isDribble else {
        throw ImageError(
          .corrupt, "there twice", offset: offset + UInt64(entries[Int(last)].range.lowerBound),
          context: [entry.tag.name(in: kind)])
      }
    }
    return unique
  }
}
