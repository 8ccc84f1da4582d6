import FileTree
import ImageCore

/// The directories: all are given a place first, as each names its parent and its children; then they are written.
struct DirectoryPass {
  private struct Plan {
    let inode: Int
    let byteSize: Int
    let inlineByteCount: Int
    let blockCount: Int
    var startBlock: UInt64 = 0
    var place: MetadataZone.Place?
  }

  private let inodes: InodeTable
  private let block: BlockSize

  init(_ inodes: InodeTable, _ block: BlockSize) {
    self.inodes = inodes
    self.block = block
  }

  /// The length of the root's inode with what stands behind it, which is no data where that would go beyond `room`.
  func rootByteCount(room: Int) -> Int { byteCount(plan(0, room: room)) }

  /// The length of an inode with what stands behind it.
  private func byteCount(_ plan: Plan) -> Int {
    inodes.encoder(plan.inode).byteCount(UInt64(plan.byteSize)) + plan.inlineByteCount
  }

  private func plan(_ inode: Int, room: Int) -> Plan {
    let byteSize = DirectoryEncoder.byteCount(
      inodes.tree.entries(of: inodes.plan.inodes[inode].node).lazy.map(\.name), block)
    let tail = block.rest(byteSize)
    let fits = inodes.encoder(inode).byteCount(UInt64(byteSize)) + tail <= room
    return Plan(
      inode: inode, byteSize: byteSize, inlineByteCount: fits ? tail : 0,
      blockCount: fits ? byteSize >> block.bits : block.blocks(byteSize))
  }

  /// Places and writes all directories.
  ///
  /// - Parameters:
  ///   - rootRoom: What `rootByteCount` was asked with.
  ///   - layout: Where all goes; the root's nid is set.
  /// - Returns: The root's inode with what stands behind it.
  /// - Throws: What writing throws.
  func run(rootRoom: Int, _ layout: inout ImageLayout) throws(ImageError) -> [UInt8] {
    var plans = inodes.plan.directories.map { plan($0, room: $0 == 0 ? rootRoom : block.byteCount) }
    for index in plans.indices where plans[index].blockCount > 0 {
      plans[index].startBlock = try layout.sink.allocate(plans[index].blockCount)
    }
    for index in plans.indices.dropFirst() {
      let place = try layout.zone.reserve(byteCount(plans[index]), &layout.sink)
      plans[index].place = place
      layout.nids[plans[index].inode] = place.nid
    }
    layout.zone.trim(&layout.sink)
    var root: [UInt8] = []
    for plan in plans {
      let bytes = try write(plan, &layout)
      if let place = plan.place {
        try layout.zone.fill(place, bytes, bytes.indices, &layout.sink)
      } else {
        root = bytes
      }
    }
    return root
  }

  /// Writes a directory's blocks; returns its inode with what stands behind it.
  private func write(_ plan: Plan, _ layout: inout ImageLayout) throws(ImageError) -> [UInt8] {
    let inode = inodes.plan.inodes[plan.inode]
    let entries = inodes.tree.entries(of: inode.node).map { entry in
      let index = inodes.plan.index(of: entry.node)
      return DirectoryEncoder.Entry(
        name: entry.name.bytes, nid: layout.nids[index], type: inodes.plan.inodes[index].type)
    }
    var data = DirectoryEncoder.encode(entries, own: layout.nids[plan.inode], parent: layout.nids[inode.parent], block)
    let tail = Array(data.suffix(plan.inlineByteCount))
    data.removeLast(plan.inlineByteCount)
    data.pad(to: block.byteCount)
    try layout.sink.write(data, count: data.count, at: plan.startBlock)
    var bytes: [UInt8] = []
    inodes.encoder(plan.inode).append(
      DataDescription(
        layout: tail.isEmpty ? .flatPlain : .flatInline, byteSize: UInt64(plan.byteSize),
        union: plan.startBlock), to: &bytes)
    return bytes + tail
  }
}
