import ImageCore

/// The map of a compressed file as a list of its extents, whose addresses have 64 bits (`struct z_erofs_extent`).
///
/// They count from the file's first pcluster, but for those that are shared. There is no place for inline bytes.
struct ExtentListEncoder {
  private let byteSize: UInt64
  private let attributes: ClusterIndexEncoder.Attributes
  private let block: BlockSize

  init(byteSize: UInt64, _ attributes: ClusterIndexEncoder.Attributes, _ block: BlockSize) {
    self.byteSize = byteSize
    self.attributes = attributes
    self.block = block
  }

  /// The length of a record: from 4 GiB on it has the upper half of the extent's place in the file.
  private var recordByteCount: Int { byteSize > UInt64(UInt32.max) ? 32 : 16 }

  /// Appends the map header and the list to an inode.
  ///
  /// Inodes stand at multiples of 32, in `bytes` as in the image, so that places in both have the same rest.
  ///
  /// - Parameters:
  ///   - parts: All extents, in order; the pclusters of a part are one run of blocks from `start` on.
  ///   - bytes: Gets them at its end.
  ///   - addresses: Gets the places of the addresses.
  /// - Returns: Where the offset in the packed inode goes, which is 8 bytes long; `nil` without a fragment.
  @discardableResult
  func append(
    _ parts: [(start: UInt64, extents: [Extent])], to bytes: inout [UInt8], _ addresses: inout AddressList
  ) -> Int? {
    let isFragment = parts.last?.extents.last?.form == .fragment
    bytes.pad(to: 8)
    var header = MapHeader()
    header.advise =
      MapHeader.encodedExtents | MapHeader.advise(extentByteCount: recordByteCount)
      | (attributes.isInterlaced ? MapHeader.interlacedPcluster : 0)
      | (isFragment ? MapHeader.fragmentPcluster : 0)
    header.fragmentOffset = UInt32(parts.reduce(0) { $0 + $1.extents.count })
    header.append(to: &bytes)
    bytes.pad(to: recordByteCount)
    var start: UInt64 = 0
    for part in parts {
      var address = part.start
      for extent in part.extents {
        append(extent, from: start, extent.shared ?? address, to: &bytes, &addresses)
        if extent.shared == nil { address += UInt64(extent.blockCount) }
        start += UInt64(extent.byteCount)
      }
    }
    return isFragment ? bytes.count - recordByteCount : nil
  }

  private func append(
    _ extent: Extent, from start: UInt64, _ address: UInt64, to bytes: inout [UInt8], _ addresses: inout AddressList
  ) {
    // What is in the packed inode has its offset there instead, which is filled in later.
    let hasBlocks = extent.blockCount > 0
    let length = PackedLength(
      byteCount: extent.blockCount << block.bits,
      algorithm: extent.form == .compressed ? Int(attributes.algorithm) : nil, isPartial: extent.isPartial)
    bytes.appendLE(hasBlocks ? length.rawValue : 0)
    if hasBlocks, extent.shared == nil { addresses.append(bytes.count) }
    bytes.appendLE(hasBlocks ? address << UInt64(block.bits) : 0)
    if recordByteCount == 16 {
      bytes.appendLE(UInt32(truncatingIfNeeded: start))
    } else {
      bytes.appendLE(start)
      bytes.append(contentsOf: repeatElement(0, count: 12))
    }
  }
}
