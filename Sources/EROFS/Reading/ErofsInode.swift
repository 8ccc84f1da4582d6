public import FileTree
internal import ImageCore

/// A file of any kind in an EROFS image, without its name.
public struct ErofsInode: Sendable {
  /// What a file is, with what only that kind has.
  public enum Kind: Sendable, Hashable {
    case directory
    case regular
    case symlink
    case characterDevice(DeviceNumber)
    case blockDevice(DeviceNumber)
    case fifo
    case socket
  }

  /// How the data is stored.
  public enum Storage: String, Sendable, Hashable, CaseIterable {
    /// Whole blocks in a row.
    case flat
    /// The same, with the last piece right after the inode.
    case inline
    /// Compressed pieces.
    case compressed
    /// Chunks of equal length, in any order, with holes.
    case chunks
  }

  /// The inode's number: its place in the metadata area, in steps of 32 bytes.
  public let nid: UInt64
  /// What it is.
  public let kind: Kind
  /// The twelve lower bits of the mode.
  public let permissions: UInt16
  /// The owner.
  public let uid: UInt32
  /// The owning group.
  public let gid: UInt32
  /// The length in bytes: of the content, of a symbolic link's target, of a directory's blocks.
  public let byteCount: UInt64
  /// The time of the last change.
  public let modified: Timestamp
  /// How many names it has, as stored.
  public let linkCount: UInt32

  let layout: DataLayout
  /// Where the inode is in the file system.
  let offset: UInt64
  /// Where the extended attributes begin: right after the inode.
  let xattrOffset: UInt64
  /// The length of the area of extended attributes; 0 for none.
  let xattrByteCount: Int
  /// `i_u`: by layout a block address, a count of blocks or a chunk format.
  let union: UInt32
  /// Where flat data begins, and how many blocks compressed data has; `nil` for a file that is one hole.
  let startBlock: UInt64?

  /// How the data is stored.
  public var storage: Storage {
    switch layout {
    case .flatPlain: .flat
    case .flatInline: .inline
    case .compressedFull, .compressedCompact: .compressed
    case .chunkBased: .chunks
    }
  }

  /// Whether it is a directory.
  public var isDirectory: Bool { kind == .directory }

  /// What stands after the inode and its extended attributes: inline data or maps.
  var tailOffset: UInt64 { xattrOffset + UInt64(xattrByteCount) }
}

extension MetadataReader {
  /// Reads inode `nid`.
  mutating func inode(_ nid: UInt64) throws(ImageError) -> ErofsInode {
    let offset = try volume.offset(ofInode: nid)
    do throws(ImageError) {
      let format = InodeFormat(
        rawValue: try withBytes(at: offset, count: 2) { (bytes) throws(ImageError) in try bytes.u16(at: 0) })
      // Bit 4: a compact inode without a count of links, a directory without `.`.
      guard format.rawValue >> 5 == 0, let layout = format.layout else {
        throw volume.unsupported("i_format is \(format.rawValue)", at: offset)
      }
      return format.isExtended
        ? try ErofsInode(nid, try record(ExtendedInode.self, at: offset), layout, volume, offset)
        : try ErofsInode(
          nid, try record(CompactInode.self, at: offset), layout, volume, offset,
          hasFlag4: format.rawValue >> 4 & 1 == 1)
    } catch { throw error.inContext("inode \(nid)") }
  }
}

extension ErofsInode {
  fileprivate init(
    _ nid: UInt64, _ record: CompactInode, _ layout: DataLayout, _ volume: ErofsVolume, _ offset: UInt64,
    hasFlag4: Bool
  ) throws(ImageError) {
    let kind = try Kind(mode: record.mode, union: record.union, volume, offset)
    let isCountless = hasFlag4 && kind != .directory
    // Where the count of links gives up its field, it holds the block address's upper bits.
    let high = isCountless ? UInt64(record.linkCount) << 32 : 0
    self.init(
      nid: nid, kind: kind, permissions: record.mode & 0o7777, uid: UInt32(record.uid), gid: UInt32(record.gid),
      byteCount: UInt64(record.byteSize), modified: try volume.modified(record.modified),
      linkCount: isCountless ? 1 : UInt32(record.linkCount), layout: layout, offset: offset,
      xattrOffset: offset + UInt64(CompactInode.byteCount),
      xattrByteCount: Self.xattrByteCount(record.xattrCount), union: record.union,
      startBlock: Self.startBlock(high | UInt64(record.union), layout, hole: isCountless ? 1 << 48 - 1 : 1 << 32 - 1))
  }

  fileprivate init(
    _ nid: UInt64, _ record: ExtendedInode, _ layout: DataLayout, _ volume: ErofsVolume, _ offset: UInt64
  ) throws(ImageError) {
    guard record.byteSize <= UInt64(Int64.max) else {
      throw volume.corrupt("i_size is \(record.byteSize)", at: offset)
    }
    guard record.modifiedNanoseconds < 1_000_000_000 else {
      throw volume.corrupt("i_mtime_nsec is \(record.modifiedNanoseconds)", at: offset)
    }
    self.init(
      nid: nid, kind: try Kind(mode: record.mode, union: record.union, volume, offset),
      permissions: record.mode & 0o7777, uid: record.uid, gid: record.gid, byteCount: record.byteSize,
      modified: Timestamp(
        seconds: Int64(bitPattern: record.modified), nanoseconds: record.modifiedNanoseconds),
      linkCount: record.linkCount, layout: layout, offset: offset,
      xattrOffset: offset + UInt64(ExtendedInode.byteCount),
      xattrByteCount: Self.xattrByteCount(record.xattrCount), union: record.union,
      startBlock: Self.startBlock(UInt64(record.high) << 32 | UInt64(record.union), layout, hole: 1 << 48 - 1))
  }

  /// A header of 12 bytes, then 4 bytes for each count beyond the first.
  private static func xattrByteCount(_ count: UInt16) -> Int {
    count == 0 ? 0 : XattrHeader.byteCount + 4 * (Int(count) - 1)
  }

  private static func startBlock(_ address: UInt64, _ layout: DataLayout, hole: UInt64) -> UInt64? {
    layout == .flatPlain && address == hole ? nil : address
  }
}

extension ErofsInode.Kind {
  fileprivate init(mode: UInt16, union: UInt32, _ volume: ErofsVolume, _ offset: UInt64) throws(ImageError) {
    guard let type = FileType(mode: mode) else {
      throw volume.corrupt("i_mode is \(String(mode, radix: 8)), not a type of file", at: offset)
    }
    let (major, minor) = decodedDevice(union)
    let device = DeviceNumber(major: major, minor: minor)
    switch type {
    case .directory: self = .directory
    case .regular: self = .regular
    case .symlink: self = .symlink
    case .characterDevice: self = .characterDevice(device)
    case .blockDevice: self = .blockDevice(device)
    case .fifo: self = .fifo
    case .socket: self = .socket
    }
  }
}
