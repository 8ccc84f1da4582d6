import EROFS
import FileTree
import ImageCore

/// A path that one or both images have, or a part of a large file that both have.
struct DiffPair: Sendable {
  let path: [FileName]
  let old: ErofsInode?
  let new: ErofsInode?
  /// The first name of an inode that has several, where this is a further one.
  let oldLink: [FileName]?
  let newLink: [FileName]?
  /// The bytes of the content that are to be compared; a part that does not begin at 0 is compared in nothing else.
  var part: Range<UInt64>

  var name: String { FileName.path(path) }
}

/// The paths of two file systems, side by side, in byte order of their components.
final class DiffWalk: Sequence, IteratorProtocol {
  private struct Level {
    let old: [ErofsEntry]
    let new: [ErofsEntry]
    var oldPosition = 0
    var newPosition = 0
  }

  private static let batchCount = 32
  private static let partByteCount: UInt64 = 4 << 20

  private let old: DiffSide
  private let new: DiffSide
  private var levels: [Level] = []
  private var path: [FileName] = []
  private var ready: [DiffPair] = []
  private var oldLinks: [UInt64: [FileName]] = [:]
  private var newLinks: [UInt64: [FileName]] = [:]
  private var hasBegun = false
  /// How many paths were met.
  private(set) var pathCount = 0
  /// What ended the walk.
  private(set) var failure: ImageError?

  init(_ old: DiffSide, _ new: DiffSide) {
    self.old = old
    self.new = new
  }

  func next() -> [DiffPair]? {
    do throws(ImageError) {
      if !hasBegun {
        hasBegun = true
        try add([], try old.root(), try new.root())
      }
      while ready.count < Self.batchCount, try step() {}
    } catch {
      failure = error
      return nil
    }
    guard !ready.isEmpty else { return nil }
    let count = Swift.min(ready.count, Self.batchCount)
    defer { ready.removeFirst(count) }
    return Array(ready[..<count])
  }

  /// Goes on by one name; false at the end.
  private func step() throws(ImageError) -> Bool {
    guard let level = levels.last else { return false }
    let left = level.oldPosition < level.old.count ? level.old[level.oldPosition] : nil
    let right = level.newPosition < level.new.count ? level.new[level.newPosition] : nil
    guard let name = [left?.name, right?.name].compactMap(\.self).min() else {
      levels.removeLast()
      _ = path.popLast()
      return true
    }
    let (isLeft, isRight) = (left?.name == name, right?.name == name)
    if isLeft { levels[levels.count - 1].oldPosition += 1 }
    if isRight { levels[levels.count - 1].newPosition += 1 }
    let here = path + [name]
    let before =
      try isLeft ? left.map { (entry) throws(ImageError) in try old.inode(entry.nid, FileName.path(here)) } : nil
    let after =
      try isRight ? right.map { (entry) throws(ImageError) in try new.inode(entry.nid, FileName.path(here)) } : nil
    try add(here, before, after)
    return true
  }

  private func add(_ here: [FileName], _ before: ErofsInode?, _ after: ErofsInode?) throws(ImageError) {
    pathCount += 1
    var pair = DiffPair(
      path: here, old: before, new: after, oldLink: Self.first(before, here, &oldLinks),
      newLink: Self.first(after, here, &newLinks), part: 0..<0)
    let isComparable = before?.kind == .regular && after?.kind == .regular && before?.byteCount == after?.byteCount
    let byteCount = isComparable ? before?.byteCount ?? 0 : 0
    // A sparse file of any length is compared in not too many parts.
    let length = Swift.max(Self.partByteCount, byteCount / 4096)
    var start: UInt64 = 0
    repeat {
      let (end, overflow) = start.addingReportingOverflow(length)
      pair.part = start..<Swift.min(overflow ? .max : end, byteCount)
      ready.append(pair)
      start = pair.part.upperBound
    } while start < byteCount
    let (isOldFolder, isNewFolder) = (before?.isDirectory == true, after?.isDirectory == true)
    guard isOldFolder || isNewFolder else { return }
    try inContext(pair.name) { () throws(ImageError) in try NestedPath.check(depth: here.count) }
    var entries: (old: [ErofsEntry], new: [ErofsEntry]) = ([], [])
    if isOldFolder, let before { entries.old = try old.readDirectory(before, pair.name) }
    if isNewFolder, let after { entries.new = try new.readDirectory(after, pair.name) }
    levels.append(Level(old: entries.old, new: entries.new))
    if !here.isEmpty { path = here }
  }

  /// The first name of an inode with several, unless this is it.
  private static func first(
    _ inode: ErofsInode?, _ path: [FileName], _ known: inout [UInt64: [FileName]]
  ) -> [FileName]? {
    guard let inode, !inode.isDirectory, inode.linkCount > 1 else { return nil }
    if let first = known[inode.nid] { return first }
    known[inode.nid] = path
    return nil
  }
}
