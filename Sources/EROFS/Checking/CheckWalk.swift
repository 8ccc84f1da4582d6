import FileTree
import ImageCore

/// A name that is to be examined.
struct CheckItem: Sendable {
  /// `nil` for the root and for what has no name.
  let path: NestedPath?
  let nid: UInt64
  /// What its directory says that it is; 0 for unknown.
  let fileType: UInt8
  /// Whether the inode was met under another name before.
  let isFurtherName: Bool
  /// What an inode without a name is called.
  var special: String?

  /// For findings.
  var place: String { path?.description ?? special ?? "/" }
}

/// The names of an image in pieces of work, each with what was wrong with the directories on the way.
///
/// Directories are read here, one after the other; all else is for those who take the pieces.
final class CheckWalk: Sequence, IteratorProtocol {
  struct Batch: Sendable {
    var items: [CheckItem] = []
    var findings: [Finding] = []
  }

  /// How many names an inode has, and how many it says that it has; `nil` for one that could not be read.
  struct Links {
    var counted: UInt32
    var stored: UInt32?
    /// Of a directory, all of which was read: then those below it count.
    var isDirectory = false
  }

  private static let batchCount = 64
  /// Directories are read in pieces of this.
  private static let stepByteCount: UInt64 = 1 << 16

  private(set) var links: [UInt64: Links] = [:]
  /// What ended the walk though the image is not at fault.
  private(set) var failure: ImageError?
  private var reader: MetadataReader
  private var pending: [DirectoryScan] = []
  private var found: [DirectoryScan] = []
  private var scan: DirectoryScan?
  private var ready: [CheckItem] = []
  private var findings: [Finding] = []
  private var buffer: [UInt8] = []

  init(_ volume: ErofsVolume) {
    reader = MetadataReader(volume, .inOrder)
    let root = CheckItem(path: nil, nid: volume.rootNID, fileType: 2, isFurtherName: false)
    links[root.nid] = Links(counted: 1)
    ready.append(root)
    open(root, parent: root.nid)
  }

  /// Notes what an inode says of itself.
  func note(_ nid: UInt64, linkCount: UInt32) { links[nid]?.stored = linkCount }

  func next() -> Batch? {
    while failure == nil, ready.count < Self.batchCount {
      if scan == nil {
        // Depth first, in byte order.
        pending.append(contentsOf: found.reversed())
        found.removeAll()
        guard let next = pending.popLast() else { break }
        scan = next
      }
      step()
    }
    guard failure == nil, !ready.isEmpty || !findings.isEmpty else { return nil }
    let count = Swift.min(Self.batchCount, ready.count)
    let batch = Batch(items: Array(ready[..<count]), findings: findings)
    ready.removeFirst(count)
    findings.removeAll()
    return batch
  }

  private func report(_ code: String, _ path: NestedPath?, _ message: String) {
    findings.append(Finding(.error, code, place: path?.description ?? "/", message))
  }

  /// Whether a fault is the image's; any other ends the walk.
  private func isFault(_ error: ImageError) -> Bool {
    if error.isFaultOfImage { return true }
    failure = error
    return false
  }

  /// Prepares to read a directory, unless it is none; who examines the inode says what is wrong with it.
  private func open(_ item: CheckItem, parent: UInt64) {
    do throws(ImageError) {
      let inode = try reader.inode(item.nid)
      guard inode.isDirectory else { return }
      guard (item.path?.depth ?? 0) <= NestedPath.maxDepth else {
        return report("erofs-directory", item.path, "nested deeper than \(NestedPath.maxDepth)")
      }
      try reader.charge(inode.byteCount)
      found.append(DirectoryScan(inode: inode, path: item.path, parent: parent, mayLackDot: try reader.hasFlag4(inode)))
    } catch {
      if isFault(error), error.code == .limit { report("erofs-directory", item.path, "\(error)") }
    }
  }

  /// Reads one piece of the directory.
  private func step() {
    guard var current = scan else { return }
    let directory = current.inode
    let count = Int(Swift.min(Self.stepByteCount, directory.byteCount - current.position))
    if count > 0 {
      if buffer.count != count { buffer = [UInt8](repeating: 0, count: count) }
      do throws(ImageError) {
        try reader.read(directory, at: current.position, into: &buffer, 0..<count)
        let blockByteCount = reader.volume.blockByteCount
        for start in stride(from: 0, to: count, by: blockByteCount) {
          let block = start..<Swift.min(count, start + blockByteCount)
          let entries = current.entries(buffer.rawSpan, block, reader.volume) { report("erofs-directory", $0, $1) }
          for entry in entries { add(entry, in: &current) }
        }
      } catch {
        if isFault(error) { report("erofs-directory", current.path, "\(error)") }
      }
    }
    current.position += UInt64(count)
    guard current.position >= directory.byteCount else {
      scan = current
      return
    }
    for message in current.missingDots { report("erofs-dots", current.path, message) }
    links[directory.nid]?.counted = current.subdirectoryCount &+ 2
    links[directory.nid]?.isDirectory = true
    scan = nil
  }

  private func add(_ entry: ErofsEntry, in directory: inout DirectoryScan) {
    let known = links[entry.nid]
    let item = CheckItem(
      path: NestedPath(entry.name, in: directory.path), nid: entry.nid, fileType: entry.fileType,
      isFurtherName: known != nil)
    ready.append(item)
    let mayBeDirectory = entry.fileType == 2 || entry.fileType == 0
    if known != nil {
      if mayBeDirectory, (try? reader.inode(entry.nid))?.isDirectory == true {
        report("erofs-directory", item.path, "a directory that has another name already")
      }
      links[entry.nid]?.counted &+= 1
      return
    }
    links[entry.nid] = Links(counted: 1)
    guard mayBeDirectory else { return }
    let before = found.count
    open(item, parent: directory.inode.nid)
    if found.count > before || entry.fileType == 2 { directory.subdirectoryCount += 1 }
  }
}

extension MetadataReader {
  /// Bit 4 of `i_format`: a directory without `.`, or a compact inode without a count of links.
  mutating func hasFlag4(_ inode: ErofsInode) throws(ImageError) -> Bool {
    try withBytes(at: inode.offset, count: 2) { (bytes) throws(ImageError) in
      try bytes.u16(at: 0) & InodeFormat.oneLink != 0
    }
  }
}
