import EROFS
import FileTree
import GPT
import ImageCore
import SystemPackage

/// What the builder sees to, of an image that somebody else may have built.
struct ExtensionRules {
  private let image: DiskImage
  private let policy: LayoutPolicy

  init(_ inspector: SysextInspector) {
    image = inspector.image
    let isConfext = inspector.releaseFiles.contains {
      $0.path.hasPrefix("/\(ExtensionKind.confext.releaseDirectory)/")
    }
    policy = LayoutPolicy(
      kind: isConfext ? .confext : .sysext, designator: image.partition?.type?.designator ?? .root, isStrict: false)
  }

  func findings() throws(ImageError) -> [Finding] {
    let top = try topFindings()
    return top + (try forbiddenFindings()) + (try sharedDirectoryFindings())
  }

  /// What is at the top and is not merged.
  private func topFindings() throws(ImageError) -> [Finding] {
    guard policy.designator == .root else { return [] }
    let names = try image.fileSystem.readDirectory(image.fileSystem.root()).map(\.name)
    let others = names.filter { !policy.merged.contains($0) }
    guard !others.isEmpty else { return [] }
    let merged = policy.merged.map(\.description).joined(separator: " and ")
    let shown = others.prefix(10).map(\.description).joined(separator: ", ")
    return [
      Finding(
        .warning, "not-merged",
        "only \(merged) can be merged; the image also has \(shown)\(others.count > 10 ? " and more" : "")")
    ]
  }

  private func forbiddenFindings() throws(ImageError) -> [Finding] {
    guard let path = inPartition(policy.forbidden), try image.fileSystem.lookup(path) != nil else { return [] }
    return [
      Finding(.error, "os-release", place: "/\(path)", "systemd takes an image with this file for a whole system")
    ]
  }

  private func sharedDirectoryFindings() throws(ImageError) -> [Finding] {
    var findings: [Finding] = []
    for shared in LayoutPolicy.sharedDirectories {
      guard let path = inPartition(shared), let inode = try image.fileSystem.lookup(path), inode.isDirectory
      else { continue }
      let finding = LayoutPolicy.sharedDirectoryFinding(shared, inode.permissions, inode.uid, inode.gid)
      if let finding { findings.append(finding) }
    }
    return findings
  }

  /// Where a path of the merged system is in the partition; `nil` when it is not in it.
  private func inPartition(_ path: FilePath) -> FilePath? {
    guard policy.designator == .usr else { return path }
    guard path.components.first?.string == "usr" else { return nil }
    return FilePath(root: nil, path.components.dropFirst())
  }
}
