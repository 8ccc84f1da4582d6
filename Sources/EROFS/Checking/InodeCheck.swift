import FileTree
import ImageCore

/// What was found of one name.
struct Examined: Sendable {
  let item: CheckItem
  var findings: [Finding] = []
  var usages: [Usage] = []
  /// The inode's own count of its names.
  var linkCount: UInt32?
  var facts: ErofsFileFacts?
  var counts = ErofsCheckCounts()
  /// A file that is large enough to be examined in parts.
  var large: LargeFile?

  init(_ item: CheckItem) { self.item = item }
}

/// A file that several threads examine.
struct LargeFile: Sendable {
  let inode: ErofsInode
  /// How many parts it may be cut into: each begins with a search in the map.
  let maxPartCount: UInt64
}

extension Examined {
  /// So many findings are enough for one file.
  static let findingLimit = 8

  mutating func report(_ severity: Finding.Severity, _ code: String, _ message: String) {
    if findings.count < Self.findingLimit { findings.append(Finding(severity, code, place: item.place, message)) }
  }

  /// Reports a fault of the image; any other is thrown on.
  mutating func report(_ code: String, _ error: ImageError) throws(ImageError) {
    guard error.isFaultOfImage else { throw error }
    // Said once, of the device.
    if error.code == .deviceMissing { return }
    report(.error, code, "\(error)")
  }
}

/// Examines inodes: pure functions of the image, for any thread.
struct InodeCheck: Sendable {
  let volume: ErofsVolume
  let hasNameFilter: Bool
  /// Files that are longer are examined in parts.
  let partByteCount: UInt64
  let data: DataCheck

  func examine(_ item: CheckItem, _ reader: inout MetadataReader) throws(ImageError) -> Examined {
    var result = Examined(item)
    do throws(ImageError) {
      let inode = try reader.inode(item.nid)
      let type = inode.kind.fileType.directoryEntryType
      if item.fileType != 0, item.fileType != type, item.special == nil {
        result.report(
          .error, "erofs-type", "its directory says file_type \(item.fileType), the inode is of type \(type)")
      }
      if item.isFurtherName {
        result.counts.hardLinkCount = 1
        return result
      }
      result.linkCount = inode.linkCount
      result.counts.add(inode.kind)
      if inode.uid == .max || inode.gid == .max {
        result.report(.warning, "erofs-owner", "the owner is \(inode.uid):\(inode.gid), which Linux shows as nobody's")
      }
      try attributes(of: inode, &reader, &result)
      try content(of: inode, &reader, &result)
    } catch { try result.report("erofs-inode", error) }
    return result
  }

  private func attributes(
    of inode: ErofsInode, _ reader: inout MetadataReader, _ result: inout Examined
  ) throws(ImageError) {
    guard inode.xattrByteCount > 0 else { return }
    do throws(ImageError) {
      let attributes = try reader.extendedAttributes(of: inode)
      for attribute in attributes {
        if let fault = try AttributeValue.fault(in: attribute) {
          result.report(fault.severity, "erofs-xattr-value", "\(printable(attribute.name)) has \(fault.message)")
        }
      }
      let names = attributes.map(\.name)
      let header = try reader.record(XattrHeader.self, at: inode.xattrOffset)
      if hasNameFilter, header.nameFilter & ~XattrNameFilter.value(names) != 0 {
        result.report(
          .error, "erofs-xattr-filter",
          "h_name_filter \(String(header.nameFilter, radix: 16)) hides attributes that are there: "
            + String(XattrNameFilter.value(names), radix: 16))
      }
      var place = inode.xattrOffset + UInt64(XattrHeader.byteCount)
      for _ in 0..<header.sharedCount {
        let id = try reader.withBytes(at: place, count: 4) { (bytes) throws(ImageError) in try bytes.u32(at: 0) }
        let start = volume.offset(ofSharedXattr: id)
        let entry = try reader.record(XattrEntry.self, at: start)
        let count = XattrEntry.byteCount + Int(entry.nameByteCount) + Int(entry.valueByteCount)
        if start & ErofsVolume.inMetabox == 0 {
          result.usages.append(Usage(offset: start, byteCount: UInt64(count), kind: .sharedMetadata))
        }
        place += 4
      }
    } catch { try result.report("erofs-xattrs", error) }
  }

  private func content(
    of inode: ErofsInode, _ reader: inout MetadataReader, _ result: inout Examined
  ) throws(ImageError) {
    switch inode.kind {
    case .characterDevice, .blockDevice, .fifo, .socket:
      if inode.byteCount > 0 {
        result.report(.warning, "erofs-inode", "i_size is \(inode.byteCount), and there is no place for data")
      }
      result.usages += usage(of: inode, to: inode.tailOffset)
      return
    case .symlink:
      do throws(ImageError) { _ = try reader.symlinkTarget(of: inode) } catch {
        try result.report("erofs-symlink", error)
      }
    case .directory, .regular: break
    }
    if inode.kind == .regular {
      result.facts = ErofsFileFacts(item: result.item, byteCount: inode.byteCount)
    }
    do throws(ImageError) {
      result.usages += usage(of: inode, to: try reader.mapEnd(of: inode))
      if inode.kind == .regular, inode.byteCount > partByteCount {
        result.large = LargeFile(inode: inode, maxPartCount: try reader.maxPartCount(of: inode))
      } else {
        try data.examine(inode, 0..<inode.byteCount, &reader, &result)
      }
    } catch { try result.report("erofs-map", error) }
  }

  /// None for an inode in the metabox, whose bytes are data of another one.
  private func usage(of inode: ErofsInode, to end: UInt64) -> [Usage] {
    if inode.offset & ErofsVolume.inMetabox != 0 { return [] }
    return [Usage(offset: inode.offset, byteCount: end - inode.offset, kind: .inode)]
  }
}

extension MetadataReader {
  /// More parts, and the map of a huge file would be searched too often: all that is before a part, in some maps.
  fileprivate mutating func maxPartCount(of inode: ErofsInode) throws(ImageError) -> UInt64 {
    guard inode.layout == .compressedFull else { return 1024 }
    let (header, offset) = try mapHeader(of: inode)
    return inode.hasEncodedExtents(header) && ExtentMap(inode, header, at: offset, volume).isChain ? 8 : 1024
  }

  /// Where what stands behind an inode ends: attributes, inline data, maps.
  fileprivate mutating func mapEnd(of inode: ErofsInode) throws(ImageError) -> UInt64 {
    let end: UInt64
    switch inode.layout {
    case .flatPlain: end = inode.tailOffset
    case .flatInline: end = inode.tailOffset + (inode.byteCount - volume.inlineStart(of: inode))
    case .chunkBased:
      let map = try ChunkMap(inode, volume)
      let count = inode.byteCount.dividedRoundingUp(by: 1 << map.chunkBits)
      end = try map.start.adding(try count.multiplied(by: UInt64(map.entryByteCount), "a chunk map"), "a chunk map")
    case .compressedFull, .compressedCompact:
      guard inode.byteCount > 0 else { return inode.tailOffset }
      let (header, offset) = try mapHeader(of: inode)
      let start = offset + UInt64(MapHeader.byteCount)
      // An inline pcluster is added by its extent.
      if header.isPacked { return start }
      if inode.hasEncodedExtents(header) {
        end = try ExtentMap(inode, header, at: offset, volume).end()
        break
      }
      let clusterBits = UInt64(volume.blockBits) + UInt64(header.clusterBits & 0xF)
      let count = inode.byteCount.dividedRoundingUp(by: 1 << clusterBits)
      if inode.layout == .compressedFull {
        end = try (start + 8).adding(try count.multiplied(by: 8, "indexes"), "indexes")
      } else {
        let layout = CompactIndexLayout(
          count: try count.asInt("i_size"), start: Int(truncatingIfNeeded: start % 32),
          compact2B: header.advise & MapHeader.compact2B != 0)
        end = start + UInt64(layout.byteCount)
      }
    }
    guard inode.offset & ErofsVolume.inMetabox != 0 || end <= volume.store.byteCount else {
      throw volume.corrupt("inode \(inode.nid): its map or inline data ends beyond the file system", at: inode.offset)
    }
    return end
  }
}

extension ErofsInode.Kind {
  fileprivate var fileType: FileType {
    switch self {
    case .directory: .directory
    case .regular: .regular
    case .symlink: .symlink
    case .characterDevice: .characterDevice
    case .blockDevice: .blockDevice
    case .fifo: .fifo
    case .socket: .socket
    }
  }
}
