import FileTree
import ImageCore

/// The inodes of a plan, with all that their on-disk form needs.
struct InodeTable: Sendable {
  let tree: FileTree
  let plan: InodePlan
  var xattrs: XattrPool

  init(_ tree: FileTree, _ plan: InodePlan) {
    self.tree = tree
    self.plan = plan
    xattrs = XattrPool(tree, plan)
  }

  func node(_ inode: Int) -> FileTree.Node { tree[plan.inodes[inode].node] }

  /// The bytes of a regular file; `nil` for all else.
  func content(_ inode: Int) -> (any FileContent)? {
    if case .regular(let content) = node(inode).kind { content } else { nil }
  }

  /// What writes the inode.
  func encoder(_ inode: Int) -> InodeEncoder {
    let node = node(inode)
    return InodeEncoder(
      node: node, number: inode + 1, linkCount: plan.inodes[inode].linkCount,
      xattrBody: xattrs.body(of: node.attributes), commonTime: plan.commonTime)
  }
}
