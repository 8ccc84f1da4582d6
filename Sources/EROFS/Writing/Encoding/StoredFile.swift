import FileTree
import ImageCore

/// How the data of a whole file is stored: all that its inode says of it but the addresses.
struct StoredFile: Sendable {
  enum Form: Sendable {
    /// Whole blocks as they are, and the bytes after the last one where they go to the inode.
    case flat(tail: [UInt8])
    /// The same less the chunks of zeros: one flag for each chunk.
    case chunks(isHole: [Bool])
    /// Pclusters, with what goes beside the inode and to the packed inode.
    case clusters(ClusterRun)
  }

  var form: Form
  var blockCount: Int

  /// Takes the bytes beside the inode, where they and the inode do not fit in one block: a further block of data.
  ///
  /// A list of extents, which large addresses need, has no place for them either.
  mutating func takeInline(unlessFits encoder: InodeEncoder, _ byteSize: Int, _ format: ImageFormat) -> [UInt8]? {
    guard case .clusters(var run) = form, !run.inline.isEmpty, var last = run.extents.popLast() else { return nil }
    let block = format.block
    if !(format.isLarge && run.hasBlocks) {
      let head = encoder.byteCount(UInt64(byteSize))
      let index = ClusterIndexEncoder.byteCount(
        size: byteSize, inodeByteCount: head, isFull: format.usesFullIndexes || run.hasSharedBlocks, block)
      // What is longer than a block begins with one.
      if block.rest(head + index) + run.inline.count <= block.byteCount { return nil }
    }
    let padding = [UInt8](repeating: 0, count: block.byteCount - run.inline.count)
    let bytes = last.form == .plain ? run.inline + padding : padding + run.inline
    last.blockCount = 1
    run.extents.append(last)
    run.inline = []
    form = .clusters(run)
    blockCount += 1
    return bytes
  }
}

/// Bytes of metadata that lack addresses: inodes with what stands behind them.
struct EncodedMetadata: Sendable {
  /// One inode with what stands behind it.
  struct Item: Sendable {
    var bytes: Range<Int>
    var addresses: Range<Int>
    var addressForm = AddressList.Form.block32
    /// Where the offset in the packed inode goes.
    var fragment: FragmentField?
    /// What a reader must know.
    var features: IncompatibleFeatures = []
    var isCompressed = false
  }

  /// The place of an offset in the packed inode.
  struct FragmentField: Sendable {
    enum Form: Sendable {
      /// The map header of a file that is there as a whole.
      case whole
      /// 32 bits of a map header.
      case header
      /// The last extent in a list.
      case extent
    }

    var position: Int
    var form: Form
  }

  var bytes: [UInt8] = []
  var addresses = AddressList()

  /// Appends a regular file's inode.
  mutating func append(
    _ encoder: InodeEncoder, byteSize: UInt64, _ file: StoredFile, codec: Int, _ format: ImageFormat
  ) -> Item {
    bytes.pad(to: MetadataZone.slotByteCount)
    let start = bytes.count
    let firstAddress = addresses.count
    var item = Item(bytes: start..<start, addresses: firstAddress..<firstAddress)
    if format.isLarge { item.addressForm = .inode48 }
    var data = DataDescription(byteSize: byteSize)
    switch file.form {
    case .flat(let tail):
      data.layout = tail.isEmpty ? .flatPlain : .flatInline
      encoder.append(data, to: &bytes)
      if file.blockCount > 0 { addresses.append(start + InodeEncoder.unionOffset) }
      bytes += tail
    case .chunks(let isHole):
      let chunks = ChunkFormat(fileByteCount: byteSize, format.block)
      item.features = .chunkedFiles
      data.layout = .chunkBased
      data.union = UInt64(chunks.blockBits | (format.isLarge ? ChunkFormat.indexes48 : 0))
      encoder.append(data, to: &bytes)
      if format.isLarge { item.addressForm = .chunk48 }
      bytes.pad(to: format.isLarge ? 8 : 4)
      var block: UInt64 = 0
      for isHole in isHole {
        if !isHole { addresses.append(bytes.count) }
        let address = isHole ? .max : block
        if format.isLarge { bytes.appendLE(UInt32(truncatingIfNeeded: address >> 32) & 0xFFFF) }
        bytes.appendLE(UInt32(truncatingIfNeeded: address))
        if !isHole { block += 1 << UInt64(chunks.blockBits) }
      }
    case .clusters(let run):
      item.isCompressed = true
      item.features.insert(.lz4ZeroPadding)
      if format.isInterlaced { item.features.insert(.fragments) }
      if !run.inline.isEmpty { item.features.insert(.ztailpacking) }
      let isList = format.isLarge && run.hasBlocks
      var attributes = format.index(codec)
      var blockCount = file.blockCount
      if run.hasSharedBlocks {
        item.features.insert(.fragments)
        attributes.isFull = true
        blockCount += run.extents.reduce(0) { $1.shared == nil ? $0 : $0 + $1.blockCount }
      }
      data.layout = attributes.isFull || isList ? .compressedFull : .compressedCompact
      data.union = UInt64(blockCount)
      encoder.append(data, to: &bytes)
      if UInt64(run.fragmentByteCount) == byteSize {
        bytes.pad(to: 8)
        item.fragment = FragmentField(position: bytes.count, form: .whole)
        bytes.append(contentsOf: repeatElement(0, count: MapHeader.byteCount))
      } else if isList {
        item.addressForm = .byte64
        let list = ExtentListEncoder(byteSize: byteSize, attributes, format.block)
        item.fragment = list.append([(0, run.extents)], to: &bytes, &addresses).map {
          FragmentField(position: $0, form: .extent)
        }
      } else {
        item.addressForm = .block32
        let index = ClusterIndexEncoder(
          [(0, run.extents)], inlineByteCount: run.inline.count, attributes, format.block)
        let header = index.append(to: &bytes, inline: run.inline, &addresses)
        if run.fragmentByteCount > 0 { item.fragment = FragmentField(position: header, form: .header) }
      }
    }
    item.bytes = start..<bytes.count
    item.addresses = firstAddress..<addresses.count
    return item
  }

  /// Appends the inode of a link, a device, a FIFO or a socket.
  ///
  /// - Parameters:
  ///   - encoder: The inode.
  ///   - data: What it says of its data.
  ///   - tail: What stands behind it.
  ///   - hasBlocks: Whether a link's target is in a block.
  /// - Returns: Where all that is.
  mutating func append(_ encoder: InodeEncoder, _ data: DataDescription, tail: [UInt8], hasBlocks: Bool) -> Item {
    bytes.pad(to: MetadataZone.slotByteCount)
    let start = bytes.count
    let firstAddress = addresses.count
    encoder.append(data, to: &bytes)
    bytes += tail
    if hasBlocks { addresses.append(start + InodeEncoder.unionOffset) }
    return Item(
      bytes: start..<bytes.count, addresses: firstAddress..<addresses.count,
      addressForm: encoder.isLarge ? .inode48 : .block32)
  }

  /// Appends the packed inode, a regular file without a name.
  mutating func appendPacked(
    number: Int, byteSize: UInt64, _ parts: [(start: UInt64, extents: [Extent])], _ time: Timestamp,
    _ format: ImageFormat
  ) -> Item {
    let encoder = InodeEncoder(
      type: .regular, attributes: FileAttributes(permissions: 0, modified: time), number: number, linkCount: 1,
      xattrBody: [], commonTime: time, isLarge: format.isLarge)
    var attributes = format.index(0)
    // The segments stand apart: only full indexes have an address for each extent.
    attributes.isFull = attributes.isFull || parts.count > 1 || format.isLarge
    let blockCount = parts.reduce(0) { $0 + $1.extents.reduce(0) { $0 + $1.blockCount } }
    encoder.append(
      DataDescription(
        layout: attributes.isFull ? .compressedFull : .compressedCompact, byteSize: byteSize,
        union: UInt64(blockCount)), to: &bytes)
    if format.isLarge {
      ExtentListEncoder(byteSize: byteSize, attributes, format.block).append(parts, to: &bytes, &addresses)
    } else {
      let index = ClusterIndexEncoder(
        parts.map { (UInt32(truncatingIfNeeded: $0.start), $0.extents) }, inlineByteCount: 0, attributes, format.block)
      index.append(to: &bytes, inline: [], &addresses)
    }
    return Item(bytes: 0..<bytes.count, addresses: 0..<0)
  }

  /// Says where the file's part of the packed inode begins.
  mutating func setFragmentOffset(_ offset: UInt64, _ field: FragmentField) {
    switch field.form {
    // A header that stands for the whole file is a number with its highest bit set.
    case .whole: bytes.storeLE(offset | 1 << 63, at: field.position, count: 8)
    case .header: bytes.storeLE(offset, at: field.position, count: 4)
    case .extent: bytes.storeLE(offset, at: field.position, count: 8)
    }
  }
}

/// How a file with holes is cut (`EROFS_INODE_CHUNK_BASED`).
struct ChunkFormat {
  /// The chunk's length as a shift of the block's.
  let blockBits: UInt16
  let byteCount: Int
  /// In `i_u` beside the bits: the map has indexes, with addresses of 48 bits (`EROFS_CHUNK_FORMAT_*`).
  static let indexes48: UInt16 = 0x20 | 0x40

  /// Chunks of 64 KiB, of a segment's length in files over 4 GiB: the map has four bytes for each.
  init(fileByteCount: UInt64, _ block: BlockSize) {
    let bits = fileByteCount <= 4 << 30 ? 16 : 21
    blockBits = UInt16(bits - block.bits)
    byteCount = 1 << bits
  }
}
