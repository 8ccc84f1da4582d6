import EROFS
import FileTree
import ImageCore

/// Compares what two images have under one path: a pure function, for any thread.
struct FileComparison: Sendable {
  let old: DiffSide
  let new: DiffSide
  let ignored: Set<ImageDiff.Aspect>

  private static let pieceByteCount = 1 << 20

  /// `nil` where both are the same.
  func compare(_ pair: DiffPair) throws(ImageError) -> ImageDiff.Change? {
    guard let before = pair.old, let after = pair.new else {
      guard let inode = pair.old ?? pair.new else { return nil }
      return change(pair, pair.old == nil ? .added : .removed, inode, [])
    }
    var details: [ImageDiff.Detail] = []
    if pair.part.lowerBound == 0 { details = try attributes(pair, before, after) }
    if !ignored.contains(.content), let offset = try difference(pair, before, after) {
      details.append(ImageDiff.Detail(aspect: .content, name: nil, old: nil, new: "differs from byte \(offset) on"))
    }
    details.removeAll { ignored.contains($0.aspect) }
    return details.isEmpty ? nil : change(pair, .changed, after, details)
  }

  private func change(
    _ pair: DiffPair, _ kind: ImageDiff.Kind, _ inode: ErofsInode, _ details: [ImageDiff.Detail]
  ) -> ImageDiff.Change {
    ImageDiff.Change(
      path: pair.name, kind: kind, fileType: inode.kind.word,
      byteCount: inode.kind == .regular ? inode.byteCount : nil, details: details)
  }

  private func attributes(
    _ pair: DiffPair, _ before: ErofsInode, _ after: ErofsInode
  ) throws(ImageError) -> [ImageDiff.Detail] {
    var details: [ImageDiff.Detail] = []
    func add(_ aspect: ImageDiff.Aspect, _ old: String?, _ new: String?, name: String? = nil) {
      if old != new { details.append(ImageDiff.Detail(aspect: aspect, name: name, old: old, new: new)) }
    }
    add(.type, before.kind.word, after.kind.word)
    if before.kind.word == after.kind.word {
      if before.kind == .regular, before.byteCount != after.byteCount {
        add(.size, "\(before.byteCount)", "\(after.byteCount)")
        add(.content, nil, "differs in length")
      }
      if before.kind == .symlink {
        add(.target, printable(try old.readLink(before, pair.name)), printable(try new.readLink(after, pair.name)))
      }
      add(.device, shown(before.kind.device), shown(after.kind.device))
    }
    add(.mode, mode(before), mode(after))
    add(.owner, "\(before.uid):\(before.gid)", "\(after.uid):\(after.gid)")
    add(.time, shown(before.modified), shown(after.modified))
    if !ignored.contains(.xattr) {
      let (left, right) = (try old.xattrs(of: before, pair.name), try new.xattrs(of: after, pair.name))
      let names = Set(left.map(\.name)).union(right.map(\.name)).sorted { $0.precedes($1) }
      for name in names {
        add(
          .xattr, left.first { $0.name == name }.map { printable($0.value) },
          right.first { $0.name == name }.map { printable($0.value) }, name: printable(name))
      }
    }
    add(.link, pair.oldLink.map { FileName.path($0) }, pair.newLink.map { FileName.path($0) })
    return details
  }

  private func mode(_ inode: ErofsInode) -> String {
    let digits = String(inode.permissions, radix: 8)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }

  private func shown(_ device: DeviceNumber?) -> String? { device.map { "\($0.major):\($0.minor)" } }

  private func shown(_ time: Timestamp) -> String {
    let digits = "\(time.nanoseconds)"
    return time.nanoseconds == 0
      ? "\(time.seconds)" : "\(time.seconds).\(String(repeating: "0", count: 9 - digits.count))\(digits)"
  }

  /// The first byte of the pair's part in which two files of one length differ.
  private func difference(
    _ pair: DiffPair, _ before: ErofsInode, _ after: ErofsInode
  ) throws(ImageError) -> UInt64? {
    let part = pair.part
    guard !part.isEmpty else { return nil }
    let (left, right) = (
      try old.fileSystem.content(of: before, path: pair.path), try new.fileSystem.content(of: after, path: pair.path)
    )
    var buffers: ([UInt8], [UInt8]) = ([], [])
    var offset = part.lowerBound
    while offset < part.upperBound {
      try checkCancellation()
      let count = Int(min(UInt64(Self.pieceByteCount), part.upperBound - offset))
      if buffers.0.count != count {
        buffers = ([UInt8](repeating: 0, count: count), [UInt8](repeating: 0, count: count))
      }
      try old.read(left, at: offset, into: &buffers.0)
      try new.read(right, at: offset, into: &buffers.1)
      let equal = buffers.0.equalByteCount(0..<count, to: buffers.1, at: 0)
      if equal < count { return offset + UInt64(equal) }
      offset += UInt64(count)
    }
    return nil
  }
}
