import FileTree
import ImageCore
import TestSupport

@testable import EROFS

/// A field of an image's metadata, by the format's own declarations where there are any.
struct ImageField {
  /// Such as `compact regular inline i_size`: fields of the same name are read by the same code.
  let name: String
  let offset: Int
  let byteCount: Int
  /// The inode that it belongs to.
  let nid: UInt64

  func value(in bytes: [UInt8]) -> UInt64 {
    (0..<min(8, byteCount)).reduce(0) { $0 | UInt64(bytes[offset + $1]) << UInt64(8 * $1) }
  }

  /// `bytes` with another value, and with a superblock that has the checksum of it.
  func set(_ value: UInt64, in bytes: [UInt8]) throws -> [UInt8] {
    var result = bytes
    for index in 0..<byteCount {
      result[offset + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * min(index, 7)))
    }
    try repairChecksum(&result)
    return result
  }

  /// What may break a reader, without the value that is there.
  func values(in bytes: [UInt8], _ image: ErofsFileSystem) -> [UInt64] {
    let bits = UInt64(8 * min(8, byteCount))
    let (value, mask, sign) = (value(in: bytes), UInt64.max >> (64 - bits), UInt64(1) << (bits - 1))
    let (length, block) = (UInt64(bytes.count), image.superblock.blockCount)
    let candidates = [
      0, 1, mask, mask - 1, sign, sign - 1, value &+ 1, value &- 1, value ^ sign, length, length - 1, length + 1, block,
      block - 1, nid, image.volume.rootNID, UInt64(offset), UInt64(offset) >> UInt64(image.volume.blockBits),
      image.volume.packedNID ?? 2, value << 1, value >> 1,
    ]
    var met: Set<UInt64> = [value & mask]
    return candidates.map { $0 & mask }.filter { met.insert($0).inserted }
  }
}

/// Writes the checksum that the superblock should have now.
func repairChecksum(_ bytes: inout [UInt8]) throws {
  let superblock = try Superblock(bytes.rawSpan, at: Superblock.offset)
  guard (9...16).contains(superblock.blockSizeBits) else { return }
  let end =
    superblock.blockByteCount > Superblock.offset
    ? superblock.blockByteCount : Superblock.offset + superblock.blockByteCount
  guard end <= bytes.count else { return }
  let checksum = try Superblock.checksum(ofFirstBlock: Array(bytes[..<end]))
  for index in 0..<4 { bytes[1028 + index] = UInt8(truncatingIfNeeded: checksum >> UInt32(8 * index)) }
}

/// Finds the fields of an image's metadata; what is compressed has none here.
struct ImageFields {
  private(set) var all: [ImageField] = []
  private let image: ErofsFileSystem
  private let bytes: [UInt8]
  /// Where the metabox is in the image, if it is stored as it is.
  private var metabox: Int?
  private var nid: UInt64 = 0

  init(_ image: ErofsFileSystem, _ bytes: [UInt8]) throws {
    self.image = image
    self.bytes = bytes
    var reader = MetadataReader(image.volume)
    var inodes: [(ErofsInode, String)] = []
    if image.volume.metaboxNID != nil {
      let inode = try reader.metaboxInode()
      if inode.layout == .flatPlain { metabox = Int(image.volume.offset(of: 0, in: inode)) }
      inodes.append((inode, "metabox "))
    }
    if image.volume.packedNID != nil { inodes.append((try reader.packedInode(), "packed ")) }
    superblock()
    try reader.walk { (step, _) throws(ImageError) in
      guard let inode = step.inode else { return }
      inodes.append((inode, step.name == nil ? "root " : ""))
    }
    for (inode, name) in inodes { try add(inode, name, &reader) }
    all = all.filter { $0.offset + $0.byteCount <= bytes.count }
  }

  private mutating func add(_ name: String, _ offset: Int, _ byteCount: Int) {
    all.append(ImageField(name: name, offset: offset, byteCount: byteCount, nid: nid))
  }

  private mutating func add(_ name: String, _ record: any Record, at offset: Int) {
    for field in record.described { add("\(name) \(field.name)", offset + field.offset, field.byteCount) }
  }

  /// The byte of the image that a place in the metadata is at; `nil` where that is compressed.
  private func place(_ offset: UInt64) -> Int? {
    guard offset & ErofsVolume.inMetabox != 0 else { return Int(offset) }
    return metabox.map { $0 + Int(offset & ~ErofsVolume.inMetabox) }
  }

  private mutating func superblock() {
    guard let record = try? Superblock(bytes.rawSpan, at: Superblock.offset) else { return }
    add("superblock", record, at: Superblock.offset)
    all.removeAll { $0.name == "superblock checksum" }
    var end = Superblock.offset + Superblock.byteCount
    if image.volume.metaboxNID != nil { add("superblock", SuperblockExtension(), at: end) }
    end += 16 * Int(record.extensionSlotCount)
    for index in 0..<record.furtherDeviceCount {
      add("device", DeviceSlot(), at: (Int(record.deviceTableSlot) + index) * DeviceSlot.byteCount)
    }
    if image.volume.xattrPrefixTable.count > 0, image.volume.xattrPrefixTable.holder == .image {
      add("prefix size", Int(image.volume.xattrPrefixTable.offset), 2)
      add("prefix base_index", Int(image.volume.xattrPrefixTable.offset) + 2, 1)
    }
    guard image.superblock.incompatibleFeatures.contains(.compressionConfigurations) else { return }
    let records: [any Record] = [
      LZ4Configuration(), LZMAConfiguration(), DeflateConfiguration(), ZstandardConfiguration(),
    ]
    for (index, configuration) in records.enumerated() where record.algorithmsOrMaxDistance >> UInt16(index) & 1 == 1 {
      add("configuration \(index)", configuration, at: end)
      end += configuration.encoded.count
    }
  }

  private mutating func add(_ inode: ErofsInode, _ name: String, _ reader: inout MetadataReader) throws {
    nid = inode.nid
    let isExtended = inode.xattrOffset - inode.offset == UInt64(ExtendedInode.byteCount)
    let kind = "\(inode.kind)".prefix { $0 != "(" }
    let name = name + (isExtended ? "extended " : "compact ") + kind + " \(inode.layout)"
    if let place = place(inode.offset) {
      add(name, isExtended ? ExtendedInode() : CompactInode() as any Record, at: place)
    }
    if inode.xattrByteCount > 0, let place = place(inode.xattrOffset) { attributes(inode, place) }
    if inode.byteCount > 0, let tail = place(inode.tailOffset) { try map(inode, tail, &reader) }
    if inode.isDirectory { directory(inode) }
  }

  private mutating func attributes(_ inode: ErofsInode, _ place: Int) {
    add("xattrs", XattrHeader(), at: place)
    var position = place + XattrHeader.byteCount
    for _ in 0..<bytes[place + 4] {
      add("xattrs shared id", position, 4)
      let id = ImageField(name: "", offset: position, byteCount: 4, nid: 0).value(in: bytes)
      if let shared = self.place(image.volume.offset(ofSharedXattr: UInt32(id))) {
        add("shared xattr", XattrEntry(), at: shared)
      }
      position += 4
    }
    while position + 4 <= place + inode.xattrByteCount, let entry = try? XattrEntry(bytes.rawSpan, at: position) {
      add("xattr", XattrEntry(), at: position)
      add("xattr name", position + 4, 1)
      position += (4 + Int(entry.nameByteCount) + Int(entry.valueByteCount) + 3) / 4 * 4
    }
  }

  private mutating func map(_ inode: ErofsInode, _ tail: Int, _ reader: inout MetadataReader) throws {
    switch inode.layout {
    case .flatPlain, .flatInline: return
    case .chunkBased:
      let map = try ChunkMap(inode, image.volume)
      guard let start = place(map.start) else { return }
      for index in 0..<min(3, Int((inode.byteCount - 1) >> map.chunkBits) + 1) {
        let entry = start + index * map.entryByteCount
        if map.entryByteCount == 8 {
          add("chunk startblk_hi", entry, 2)
          add("chunk device_id", entry + 2, 2)
        }
        add("chunk startblk_lo", entry + map.entryByteCount - 4, 4)
      }
    case .compressedFull, .compressedCompact:
      let (header, offset) = try reader.mapHeader(of: inode)
      guard let place = place(offset) else { return }
      add("map \(inode.layout)", MapHeader(), at: place)
      if header.isPacked { return }
      try inode.hasEncodedExtents(header) ? extents(header, place + 8) : lclusters(inode, header, offset)
    }
  }

  private mutating func extents(_ header: MapHeader, _ end: Int) {
    let length = header.extentByteCount
    let start = (end + length - 1) / length * length
    let fields =
      switch length {
      case 4: [(0, 8), (8, 4), (12, 4)]
      case 8: [(0, 4), (4, 4), (8, 4), (12, 4)]
      default: [0, 1, 2].flatMap { [($0 * length, 4), ($0 * length + 4, 8), ($0 * length + 12, length < 32 ? 4 : 8)] }
      }
    for (offset, count) in fields { add("extent of \(length) at \(offset % length)", start + offset, count) }
  }

  private mutating func lclusters(_ inode: ErofsInode, _ header: MapHeader, _ offset: UInt64) throws {
    let table = try LclusterTable(inode, header, at: offset, image.volume)
    var met: Set<UInt64> = []
    for number in [0, table.lclusterCount / 2, table.lclusterCount - 1] {
      let pack = try table.place(of: number)
      guard met.insert(pack.offset).inserted, let start = place(pack.offset) else { continue }
      if inode.layout == .compressedFull {
        for index in 0..<min(4, pack.byteCount / 8) { add("index", FullLclusterIndex(), at: start + index * 8) }
      } else {
        for unit in 0..<pack.byteCount / 2 { add("pack of \(pack.byteCount) at \(unit)", start + unit * 2, 2) }
      }
    }
  }

  private mutating func directory(_ inode: ErofsInode) {
    guard inode.storage == .flat || inode.storage == .inline else { return }
    let step = UInt64(image.volume.blockByteCount)
    for position in stride(from: 0, to: inode.byteCount, by: Int(step)) {
      guard let place = place(image.volume.offset(of: position, in: inode)),
        let first = try? Dirent(bytes.rawSpan, at: place)
      else { return }
      let count = Int(first.nameOffset) / Dirent.byteCount
      for index in Set([0, 1, 2, count / 2, count - 1]).sorted() where index < count {
        let kind = index < 3 && position == 0 ? "dirent \(index)" : "dirent"
        add(kind, Dirent(), at: place + index * Dirent.byteCount)
      }
      add("name", place + Int(first.nameOffset), 1)
    }
  }
}
