import FileTree
import ImageCore

/// The inodes of a plan, with all that their on-disk form needs.
struct InodeTable: Sendable {
  let tree: FileTree
  let plan: InodePlan
  var xattrs: XattrPool
  private let encoder: InodeEncoder

  init(_ tree: FileTree) throws(ImageError) {
    self.tree = tree
    plan = try InodePlan(tree)
    xattrs = XattrPool(tree, plan)
    encoder = InodeEncoder(commonTime: plan.commonTime)
  }

  func node(_ inode: Int) -> FileTree.Node { tree[plan.inodes[inode].node] }

  /// The length of an inode with its extended attributes.
  func byteCount(_ inode: Int, byteSize: UInt64) -> Int {
    let attributes = tree.attributes(of: plan.inodes[inode].node)
    return encoder.byteCount(attributes, linkCount: plan.inodes[inode].linkCount, byteSize: byteSize)
      + xattrs.body(of: attributes).count
  }

  /// Whether a tail can stand behind the inode: both must be in one block.
  func fitsInline(_ tailByteCount: Int, _ inode: Int, byteSize: UInt64) -> Bool {
    byteCount(inode, byteSize: byteSize) + tailByteCount <= ErofsFormat.blockByteCount
  }

  /// The inode with its extended attributes.
  func encode(_ inode: Int, _ data: DataDescription) -> [UInt8] {
    let node = node(inode)
    return encoder.encode(
      node, number: inode + 1, linkCount: plan.inodes[inode].linkCount, xattrBody: xattrs.body(of: node.attributes),
      data: data)
  }
}
