import FileTree
import ImageCore

/// The extended attributes of all inodes: which are shared, where, and each inode's bytes.
///
/// An attribute that enough inodes have is stored once in the shared area and named by its id (its address by 4).
/// Inodes with the same attributes have the same bytes, which are made once.
///
/// The order is canonical: the shared area is sorted by name and value, an inode's ids go up, and its own entries are
/// sorted by name.
struct XattrPool: Sendable {
  /// The entries of the shared area, in order of name and value.
  private(set) var sharedArea: [UInt8] = []
  /// What long indexes in the entries stand for.
  let prefixes: XattrPrefixTable
  private let sets: XattrSets
  /// Where each attribute is in the shared area; `nil` for those that are not.
  private var sharedOffsets: [Int?]
  /// The bytes of each set.
  private var bodies: [[UInt8]] = []

  init(_ tree: FileTree, _ plan: InodePlan, _ format: ImageFormat) {
    sets = XattrSets(tree, plan)
    let attributes = sets.attributes
    let isShared = Self.isShared(attributes)
    prefixes = XattrPrefixTable(
      attributes.indices.map { (attributes[$0], isShared[$0] ? 1 : attributes[$0].count) }, format)
    sharedOffsets = [Int?](repeating: nil, count: attributes.count)
    for index in attributes.indices where isShared[index] {
      sharedOffsets[index] = sharedArea.count
      attributes[index].append(prefixes, to: &sharedArea)
    }
    bodies = bodies(sharedAreaOffset: 0)
  }

  /// A shared area up to this length is read soon, and whole: all goes there that is shorter so.
  static let smallAreaByteCount = 16 << 10
  /// What sharing must save to be worth a block more at a look-up; docs/decisions/0009-extended-attributes.md has the
  /// figures.
  static let minSavedByteCount = 256

  private static func isShared(_ attributes: [Xattr]) -> [Bool] {
    let area = attributes.reduce(0) { $0 + ($1.savedByteCount > 0 ? $1.byteCount : 0) }
    let least = area <= smallAreaByteCount ? 1 : minSavedByteCount
    return attributes.map { $0.savedByteCount >= least }
  }

  /// Whether no inode has attributes.
  var isEmpty: Bool { sets.isEmpty }

  /// The bytes that follow an inode: header, shared ids, inline entries; empty without attributes.
  func body(of inode: Int) -> [UInt8] { bodies[sets.set(of: inode)] }

  /// Says where in the image the shared area begins, which changes no length.
  mutating func placeSharedArea(at offset: Int) {
    if !sharedArea.isEmpty { bodies = bodies(sharedAreaOffset: offset) }
  }

  private func bodies(sharedAreaOffset: Int) -> [[UInt8]] {
    sets.sets.map { set in
      if set.isEmpty { return [] }
      var header = XattrHeader()
      header.nameFilter = .max
      var ids: [UInt8] = []
      var entries: [UInt8] = []
      for number in set {
        let attribute = sets.attributes[number]
        header.nameFilter &= ~XattrNameFilter.bit(index: attribute.index, suffix: attribute.suffix)
        if header.sharedCount < .max, let offset = sharedOffsets[number] {
          header.sharedCount += 1
          ids.appendLE(UInt32(truncatingIfNeeded: (sharedAreaOffset + offset) / 4))
        } else {
          attribute.append(prefixes, to: &entries)
        }
      }
      return header.encoded + ids + entries
    }
  }

  /// `i_xattr_icount` for a body.
  static func count(ofBody byteCount: Int) -> UInt16 {
    byteCount == 0 ? 0 : UInt16(truncatingIfNeeded: (byteCount - XattrHeader.byteCount) / 4 + 1)
  }
}
