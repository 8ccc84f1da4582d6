import FileTree
import ImageCore

/// One extended attribute as EROFS stores it.
struct Xattr: Sendable {
  /// The short prefix.
  let index: UInt8
  /// The name after it.
  let suffix: [UInt8]
  let value: [UInt8]
  /// How many inodes have it.
  var count = 0

  /// `nil` for a name that EROFS has no number for.
  init?(_ attribute: ExtendedAttribute) {
    guard let (index, suffix) = XattrEntry.split(attribute.name) else { return nil }
    self.index = index
    self.suffix = suffix
    value = attribute.value
  }

  /// The length of an entry without long prefix.
  var byteCount: Int { (XattrEntry.byteCount + suffix.count + value.count).roundedUp(to: 4) }

  /// What one entry and an id for each inode save against an entry for each.
  var savedByteCount: Int { byteCount * count - (byteCount + 4 * count) }

  /// Appends the entry.
  func append(_ prefixes: XattrPrefixTable, to bytes: inout [UInt8]) {
    let (index, rest) = prefixes.split(index, suffix)
    var entry = XattrEntry()
    entry.nameByteCount = UInt8(truncatingIfNeeded: rest.count)
    entry.nameIndex = index
    entry.valueByteCount = UInt16(truncatingIfNeeded: value.count)
    entry.append(to: &bytes)
    bytes += rest
    bytes += value
    bytes.pad(to: 4)
  }
}

/// The attributes of all inodes: each attribute once, each set of them once, and which inode has which set.
struct XattrSets: Sendable {
  /// In order of name and value.
  private(set) var attributes: [Xattr] = []
  /// The attributes of each set, in their order; the first set is empty.
  private(set) var sets: [[Int]] = [[]]
  /// The set of each inode; empty when all have none.
  private var setOfInode: [Int32] = []

  init(_ tree: FileTree, _ plan: InodePlan) {
    var known: [[ExtendedAttribute]: Int32] = [:]
    var members: [[ExtendedAttribute]] = [[]]
    var counts = [0]
    // Neighbours are often alike, which is cheaper to see than to look up.
    var last: Int32 = 0
    for (number, inode) in plan.inodes.enumerated() {
      let own = tree.attributes(of: inode.node).extendedAttributes
      if own.isEmpty { continue }
      if setOfInode.isEmpty { setOfInode = [Int32](repeating: 0, count: plan.inodes.count) }
      if own != members[Int(last)] {
        last = known[own] ?? Int32(members.count)
        if last == members.count {
          known[own] = last
          members.append(own)
          counts.append(0)
        }
      }
      counts[Int(last)] += 1
      setOfInode[number] = last
    }
    number(members.dropFirst(), counts)
  }

  /// Gives each attribute its place in the order.
  private mutating func number(_ members: ArraySlice<[ExtendedAttribute]>, _ counts: [Int]) {
    var count: [ExtendedAttribute: Int] = [:]
    for (set, attributes) in zip(members.indices, members) {
      for attribute in attributes { count[attribute, default: 0] += counts[set] }
    }
    let sorted = count.keys.sorted { left, right in
      left.name == right.name ? left.value.precedes(right.value) : left.name.precedes(right.name)
    }
    var places: [ExtendedAttribute: Int] = [:]
    for key in sorted {
      guard var attribute = Xattr(key) else { continue }
      attribute.count = count[key] ?? 0
      places[key] = attributes.count
      attributes.append(attribute)
    }
    sets += members.map { $0.compactMap { places[$0] }.sorted() }
  }

  /// Whether no inode has attributes.
  var isEmpty: Bool { attributes.isEmpty }

  /// The set of an inode.
  func set(of inode: Int) -> Int { setOfInode.isEmpty ? 0 : Int(setOfInode[inode]) }
}
