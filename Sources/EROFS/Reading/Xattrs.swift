import FileTree
package import ImageCore

extension MetadataReader {
  /// An inode's extended attributes, those in its body and the shared ones, unsorted.
  mutating func extendedAttributes(of inode: ErofsInode) throws(ImageError) -> [ExtendedAttribute] {
    guard inode.xattrByteCount > 0 else { return [] }
    do {
      let result = try ownAttributes(of: inode)
      try checkUnique(result, inode)
      return result
    } catch { throw error.inContext("extended attributes of inode \(inode.nid)") }
  }

  private mutating func ownAttributes(of inode: ErofsInode) throws(ImageError) -> [ExtendedAttribute] {
    let area = try array(at: inode.xattrOffset, count: inode.xattrByteCount)
    try charge(UInt64(area.count))
    let header = try XattrHeader(area.rawSpan)
    var position = XattrHeader.byteCount
    var result: [ExtendedAttribute] = []
    guard Int(header.sharedCount) * 4 <= area.count - position else {
      throw volume.corrupt("\(header.sharedCount) shared ones do not fit", at: inode.xattrOffset)
    }
    for _ in 0..<header.sharedCount {
      result.append(try sharedAttribute(try area.rawSpan.u32(at: position)))
      position += 4
    }
    while position < area.count {
      let start = inode.xattrOffset + UInt64(position)
      let entry = try XattrEntry(area.rawSpan, at: position)
      guard entry.byteCount <= area.count - position else {
        throw volume.corrupt("an entry of \(entry.byteCount) bytes, \(area.count - position) there", at: start)
      }
      let isPadding = entry.nameIndex == 0 && entry.byteCount == XattrEntry.byteCount
      if !isPadding {
        result.append(
          try attribute(
            entry, try area.rawSpan.slice(at: position, count: entry.byteCount), at: start))
      }
      position += entry.byteCount.roundedUp(to: 4)
    }
    return result
  }

  private mutating func sharedAttribute(_ id: UInt32) throws(ImageError) -> ExtendedAttribute {
    if let known = sharedXattrs[id] { return known }
    let start = volume.offset(ofSharedXattr: id)
    let entry = try record(XattrEntry.self, at: start)
    try charge(UInt64(entry.byteCount))
    let bytes = try array(at: start, count: entry.byteCount)
    let result = try attribute(entry, bytes.rawSpan, at: start)
    sharedXattrs[id] = result
    return result
  }

  /// The attribute of `entry`, which `bytes` hold from its beginning to the end of its value.
  private mutating func attribute(
    _ entry: XattrEntry, _ bytes: RawSpan, at offset: UInt64
  ) throws(ImageError) -> ExtendedAttribute {
    let (prefix, infix) = try prefix(entry.nameIndex, at: offset)
    let suffix = infix + (try bytes.array(at: XattrEntry.byteCount, count: Int(entry.nameByteCount)))
    let isWholeName = prefix.last != UInt8(ascii: ".")
    guard isWholeName == suffix.isEmpty, !suffix.contains(0) else {
      throw volume.corrupt("a bad name: \(printable(prefix + suffix))", at: offset)
    }
    return ExtendedAttribute(
      name: prefix + suffix,
      value: try bytes.array(
        at: XattrEntry.byteCount + Int(entry.nameByteCount), count: Int(entry.valueByteCount)))
  }

  /// What an entry's index stands for: a short prefix, and with a long one what follows it.
  private mutating func prefix(
    _ index: UInt8, at offset: UInt64
  ) throws(ImageError) -> (prefix: [UInt8], infix: [UInt8]) {
    guard index & XattrEntry.longPrefixFlag != 0 else {
      guard let prefix = XattrEntry.prefix(index) else {
        throw volume.unsupported("name index \(index)", at: offset)
      }
      return (prefix, [])
    }
    let table = try xattrPrefixes()
    let place = Int(index & ~XattrEntry.longPrefixFlag)
    guard place < table.count, let prefix = XattrEntry.prefix(table[place].baseIndex) else {
      throw volume.corrupt("long prefix \(place) of \(table.count)", at: offset)
    }
    return (prefix, table[place].infix)
  }

  private func checkUnique(_ attributes: [ExtendedAttribute], _ inode: ErofsInode) throws(ImageError) {
    guard attributes.count > 1 else { return }
    var names: Set<[UInt8]> = []
    for attribute in attributes where !names.insert(attribute.name).inserted {
      throw volume.corrupt("\(printable(attribute.name)) is there twice", at: inode.xattrOffset)
    }
  }
}

extension ErofsFileSystem {
  /// The filter of attribute names that an inode has, and the one that fits its attributes; `nil` without attributes.
  package func nameFilter(of inode: ErofsInode) throws(ImageError) -> (stored: UInt32, fitting: UInt32)? {
    guard inode.xattrByteCount > 0 else { return nil }
    return try volume.withReader { (reader) throws(ImageError) in
      let header = try reader.record(XattrHeader.self, at: inode.xattrOffset)
      return (header.nameFilter, XattrNameFilter.value(try reader.extendedAttributes(of: inode).map(\.name)))
    }
  }
}

extension XattrEntry {
  /// The length of the entry with name and value, without padding.
  fileprivate var byteCount: Int { Self.byteCount + Int(nameByteCount) + Int(valueByteCount) }
}
