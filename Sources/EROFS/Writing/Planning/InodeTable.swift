import FileTree
import ImageCore

/// The inodes of a plan, with all that their on-disk form needs.
struct InodeTable: Sendable {
  let tree: FileTree
  let plan: InodePlan
  var xattrs: XattrPool
  private let isLarge: Bool

  init(_ tree: FileTree, _ plan: InodePlan, _ format: ImageFormat) {
    self.tree = tree
    self.plan = plan
    xattrs = XattrPool(tree, plan, format)
    isLarge = format.isLarge
  }

  func kind(_ inode: Int) -> FileTree.Kind { tree.kind(of: plan.inodes[inode].node) }

  /// The bytes of a regular file; `nil` for all else.
  func content(_ inode: Int) -> (any FileContent)? {
    if case .regular(let content) = kind(inode) { content } else { nil }
  }

  /// Whether two files have the same bytes.
  func areEqual(_ left: Int, _ right: Int) throws(ImageError) -> Bool {
    guard let left = content(left), let right = content(right) else { return false }
    return try left.isEqual(to: right)
  }

  /// What writes the inode.
  func encoder(_ number: Int) -> InodeEncoder {
    let inode = plan.inodes[number]
    let attributes = tree.attributes(of: inode.node)
    return InodeEncoder(
      type: inode.type, attributes: attributes, number: number + 1, linkCount: inode.linkCount,
      xattrBody: xattrs.body(of: number), commonTime: plan.commonTime, isLarge: isLarge)
  }
}
