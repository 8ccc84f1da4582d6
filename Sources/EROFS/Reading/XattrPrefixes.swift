import ImageCore

/// `struct erofs_xattr_long_prefix`: what one entry of the image's table stands for.
struct XattrPrefix {
  /// The short prefix.
  let baseIndex: UInt8
  /// What follows it.
  let infix: [UInt8]
}

/// What the table of long prefixes is in.
enum XattrPrefixHolder {
  case image
  case packedInode
  case metabox
}

extension MetadataReader {
  /// The image's table of long prefixes of attribute names; empty for images without.
  mutating func xattrPrefixes() throws(ImageError) -> [XattrPrefix] {
    if let known = volume.shared.xattrPrefixes { return known }
    let result = try inContext("prefixes of extended attributes") { () throws(ImageError) in
      try readXattrPrefixes()
    }
    volume.shared.xattrPrefixes = result
    return result
  }

  private mutating func readXattrPrefixes() throws(ImageError) -> [XattrPrefix] {
    let table = volume.xattrPrefixTable
    var offset = table.offset
    var result: [XattrPrefix] = []
    for _ in 0..<table.count {
      let prefix = try tableBytes(at: offset, count: 2)
      let length = Int(try prefix.rawSpan.u16(at: 0))
      // One byte for the short prefix, and no more than what a name may have.
      guard (1...256).contains(length) else {
        let place =
          switch table.holder {
          case .image: offset
          case .packedInode: try packedInode().offset
          case .metabox: offset | ErofsVolume.inMetabox
          }
        throw volume.corrupt("a long prefix of \(length) bytes", at: place)
      }
      let bytes = try tableBytes(at: offset + 2, count: length)
      result.append(XattrPrefix(baseIndex: bytes[0], infix: Array(bytes[1...])))
      offset = (offset + 2 + UInt64(length)).roundedUp(to: 4)
    }
    return result
  }

  private mutating func tableBytes(at offset: UInt64, count: Int) throws(ImageError) -> [UInt8] {
    switch volume.xattrPrefixTable.holder {
    case .image: return try array(at: offset, count: count)
    case .metabox: return try array(at: offset | ErofsVolume.inMetabox, count: count)
    case .packedInode: break
    }
    var bytes = [UInt8](repeating: 0, count: count)
    let packed = try packedInode()
    guard offset <= packed.byteCount, UInt64(count) <= packed.byteCount - offset else {
      throw volume.corrupt("\(count) bytes at \(offset) of \(packed.byteCount) packed ones", at: packed.offset)
    }
    try read(packed, at: offset, into: &bytes, 0..<count)
    return bytes
  }
}
