import ImageCore

/// The map of a compressed file that is a list of extents of any length, each with the byte that its data begins at.
struct ExtentMap: Sendable {
  private let inode: ErofsInode
  private let header: MapHeader
  private let start: UInt64
  private let recordByteCount: Int
  /// The length of each extent as a shift, in the two forms that do not say where extents begin.
  private let clusterBits: UInt64
  /// Where the data of extent `number` begins, in the form that tells it for the first one alone.
  private var cursor: (number: UInt64, data: UInt64)?

  init(_ inode: ErofsInode, _ header: MapHeader, at offset: UInt64, _ volume: ErofsVolume) {
    self.inode = inode
    self.header = header
    recordByteCount = header.extentByteCount
    clusterBits = UInt64(volume.blockBits) + UInt64(header.clusterBits & 0xF)
    start = (offset + UInt64(MapHeader.byteCount)).roundedUp(to: UInt64(recordByteCount))
  }

  /// Whether what stands before an extent in the list tells where its data begins.
  var isChain: Bool { recordByteCount == 4 }

  /// Where the list ends.
  func end() throws(ImageError) -> UInt64 {
    try offset(of: recordByteCount < 16 ? inode.byteCount.dividedRoundingUp(by: 1 << clusterBits) : header.extentCount)
  }

  /// The extent that has the byte at `position`, which is inside the file.
  mutating func extent(at position: UInt64, _ reader: inout MetadataReader) throws(ImageError) -> DataExtent {
    recordByteCount < 16 ? try fixed(at: position, &reader) : try search(position, &reader)
  }

  /// Extents of equal length, in records of 4 or 8 bytes.
  private mutating func fixed(
    at position: UInt64, _ reader: inout MetadataReader
  ) throws(ImageError) -> DataExtent {
    let number = position >> clusterBits
    let range = number << clusterBits..<min((number + 1) << clusterBits, inode.byteCount)
    let isLast = range.upperBound == inode.byteCount
    guard recordByteCount == 4 else {
      let place = try offset(of: number)
      let (length, data) = try reader.withBytes(at: place, count: 8) { (bytes) throws(ImageError) in
        (try bytes.u32(at: 0), UInt64(try bytes.u32(at: 4)))
      }
      return try extent(range, length, data, isLast: isLast, at: place, reader.volume)
    }
    // The lengths up to it tell where its data begins: a reader that goes on does not add them all again.
    var next: UInt64 = 0
    var data: UInt64
    if let cursor, cursor.number <= number {
      (next, data) = cursor
    } else {
      data = try firstData(&reader)
    }
    while next < number {
      let length = try pclusterLength(next, &reader) & PackedLength.mask
      data = try data.adding(UInt64(length), "a pcluster's address")
      next += 1
    }
    cursor = (number, data)
    return try extent(
      range, try pclusterLength(number, &reader), data, isLast: isLast, at: try offset(of: number), reader.volume)
  }

  private func firstData(_ reader: inout MetadataReader) throws(ImageError) -> UInt64 {
    try reader.withBytes(at: start, count: 8) { (bytes) throws(ImageError) in try bytes.u64(at: 0) }
  }

  private func pclusterLength(_ number: UInt64, _ reader: inout MetadataReader) throws(ImageError) -> UInt32 {
    try reader.withBytes(at: try offset(of: number), count: 4) { (bytes) throws(ImageError) in try bytes.u32(at: 0) }
  }

  /// Extents that say where they begin, in ascending order.
  private func search(_ position: UInt64, _ reader: inout MetadataReader) throws(ImageError) -> DataExtent {
    var low: UInt64 = 0
    var high = header.extentCount
    var lower: (record: EncodedExtent, number: UInt64)?
    var end = inode.byteCount
    while low < high {
      let middle = low + (high - low) / 2
      let record = try record(middle, &reader)
      if record.start > position {
        high = middle
        end = record.start
      } else {
        low = middle + 1
        lower = (record, middle)
      }
    }
    let place = try offset(of: lower?.number ?? 0)
    let first = lower?.record.start ?? 0
    guard first <= position, position < end, end <= inode.byteCount else {
      throw reader.volume.corrupt("inode \(inode.nid): extents that are not in ascending order", at: place)
    }
    // What no extent has is a hole.
    guard let lower else { return DataExtent(range: first..<end, source: .hole) }
    return try extent(
      first..<end, lower.record.pclusterLength, lower.record.data, isLast: low == header.extentCount, at: place,
      reader.volume)
  }

  private func record(_ number: UInt64, _ reader: inout MetadataReader) throws(ImageError) -> EncodedExtent {
    let place = try offset(of: number)
    return try reader.withBytes(at: place, count: recordByteCount) { (bytes) throws(ImageError) in
      try EncodedExtent(bytes)
    }
  }

  private func offset(of number: UInt64) throws(ImageError) -> UInt64 {
    let first = recordByteCount == 4 ? start + 8 : start
    return try first.adding(try number.multiplied(by: UInt64(recordByteCount), "an extent"), "an extent")
  }

  private func extent(
    _ range: Range<UInt64>, _ length: UInt32, _ data: UInt64, isLast: Bool, at place: UInt64, _ volume: ErofsVolume
  ) throws(ImageError) -> DataExtent {
    if isLast, header.advise & MapHeader.fragmentPcluster != 0 {
      // The upper half stands where other extents have their address.
      let high = recordByteCount == 4 ? 0 : data << 32
      return DataExtent(range: range, source: .fragment(UInt64(length) | high))
    }
    let packed = PackedLength(rawValue: length)
    guard packed.byteCount > 0 else { return DataExtent(range: range, source: .hole) }
    // What is beyond would look like the metabox.
    guard data < ErofsVolume.inMetabox else {
      throw volume.fault(.truncated, "inode \(inode.nid): data at byte \(data)", at: place)
    }
    let blockMask = UInt64(volume.blockByteCount - 1)
    let isInterlaced =
      header.advise & MapHeader.interlacedPcluster != 0 && (data | UInt64(packed.byteCount)) & blockMask == 0
    let form: Pcluster.Form
    if let number = packed.algorithm {
      form = .compressed(try volume.algorithm(number, of: inode, at: place))
    } else {
      form = isInterlaced ? .interlaced : .shifted
    }
    let result = DataExtent(
      range: range, source: .pcluster(Pcluster(form: form, offset: data, byteCount: packed.byteCount)),
      isPartial: packed.rawValue & PackedLength.partial != 0)
    try result.check(volume) { volume.corrupt("inode \(inode.nid): \($0)", at: place) }
    return result
  }
}
