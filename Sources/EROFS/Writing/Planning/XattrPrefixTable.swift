import ImageCore

/// The table of long prefixes of attribute names (`struct erofs_xattr_long_prefix`): an entry names one by its place,
/// and stores only the rest of its name.
struct XattrPrefixTable: Sendable {
  /// A short prefix, and what follows it.
  struct Prefix: Hashable, Sendable {
    let base: UInt8
    let infix: [UInt8]

    /// Whether it comes first in the table.
    func precedes(_ other: Prefix) -> Bool { base == other.base ? infix.precedes(other.infix) : base < other.base }
  }

  /// What seven bits can name.
  static let maxCount = 128

  /// Sorted.
  let prefixes: [Prefix]

  /// - Parameters:
  ///   - entries: The attributes that are stored, and how often each is.
  ///   - format: What was asked for.
  init(_ entries: [(attribute: Xattr, count: Int)], _ format: ImageFormat) {
    switch format.xattrPrefixes {
    case .none: prefixes = []
    case .named(let names): prefixes = Set(names.compactMap(Prefix.init)).sorted { $0.precedes($1) }
    case .automatic:
      let choice = XattrPrefixChoice(entries)
      // Less does not make the image smaller, but keeps older readers from it.
      prefixes = choice.gain >= format.block.byteCount ? choice.prefixes.sorted { $0.precedes($1) } : []
    }
  }

  /// The index that stands in an entry, and the rest of the name: by the longest prefix that fits.
  func split(_ index: UInt8, _ suffix: [UInt8]) -> (index: UInt8, rest: ArraySlice<UInt8>) {
    var best: (index: UInt8, count: Int) = (index, 0)
    for (place, prefix) in prefixes.enumerated()
    where prefix.base == index && prefix.infix.count > best.count && suffix.starts(with: prefix.infix) {
      best = (XattrEntry.longPrefixFlag | UInt8(place), prefix.infix.count)
    }
    return (best.index, suffix.dropFirst(best.count))
  }

  /// The table as stored: lengths and prefixes, each at a multiple of four bytes.
  var encoded: [UInt8] {
    var bytes: [UInt8] = []
    for prefix in prefixes {
      bytes.appendLE(UInt16(truncatingIfNeeded: 1 + prefix.infix.count))
      bytes.append(prefix.base)
      bytes += prefix.infix
      bytes.pad(to: 4)
    }
    return bytes
  }
}

extension XattrPrefixTable.Prefix {
  /// A prefix by its full name; `nil` where it does not begin with a short prefix, or is nothing but that.
  init?(_ name: String) {
    guard let (base, infix) = XattrEntry.split(Array(name.utf8)), (1...255).contains(infix.count) else { return nil }
    self.init(base: base, infix: infix)
  }

  /// Its length in the table.
  var byteCount: Int { (3 + infix.count).roundedUp(to: 4) }
}
