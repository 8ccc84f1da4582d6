import FileTree
import RPM

/// Who put a node into a tree, and what its attributes do not say.
struct ClaimedNode: Sendable {
  /// The number of the input; `nil` for a directory that nobody has, but others are in.
  var origin: Int?
  /// The file of a package; `nil` for one of a directory.
  var file: RPMFile?

  static let implicit = ClaimedNode()

  var userName: String? { file?.userName }
  var groupName: String? { file?.groupName }
  /// 1 for a 32-bit program, 2 for a 64-bit one, 0 for all else.
  var color: UInt32 { file?.color ?? 0 }
}
