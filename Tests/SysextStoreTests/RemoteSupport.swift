import SysextImage
import SystemPackage
import TestSupport

@testable import SysextStore

extension RemoteSource.Options {
  /// Does not wait long.
  static var hasty: Self {
    var options = Self()
    options.retryDelay = .milliseconds(10)
    options.retryCount = 3
    options.stallTimeout = .seconds(1)
    options.connectTimeout = .seconds(5)
    return options
  }
}

/// An image that the builder made, and what is in it.
enum SampleImage {
  static let name = "debug-4.2.x86-64.raw"

  /// Makes an image of many small files, and of `noise` times a megabyte that does not compress.
  static func make(in folder: FilePath, noise: Int = 1) async throws -> FilePath {
    var tree = FileTree()
    func add(_ path: String, _ content: Content) throws {
      let attributes = FileAttributes(permissions: 0o644, modified: Timestamp(seconds: 1_600_000_000))
      try tree.insert(.init(.regular(MemoryContent(content.bytes)), attributes), at: FilePath(path))
    }
    for index in 0..<400 {
      try add("usr/share/many-\(index % 20)/file-\(index)", .text(100 + 37 * index, seed: UInt64(index)))
    }
    try add("usr/lib/noise", .repeating(Content.random(1 << 20, seed: 3).bytes, count: noise))
    try add("usr/lib/text", .text(1 << 20, seed: 4))
    var options = BuildOptions()
    options.release.id = "_any"
    let path = folder.appending(name)
    let builder = try SysextBuilder(output: path, options: options)
    _ = try await builder.build(tree, to: path)
    return path
  }

  /// All that an image holds, a line for each name, with checksums of all contents if they are wanted.
  static func listing(_ image: DiskImage, withContents: Bool = true) throws(ImageError) -> [String] {
    var lines: [String] = []
    let tree = try image.fileSystem.tree()
    try tree.walk { (visit) throws(ImageError) in
      let node = tree[visit.node]
      lines.append("\(visit.description) \(node.attributes)")
      guard case .regular(let content) = node.kind else { return true }
      lines.append("\(content.byteCount) bytes")
      var position: UInt64 = 0
      while withContents, position < content.byteCount {
        var piece = [UInt8](repeating: 0, count: Int(min(300_000, content.byteCount - position)))
        try content.read(at: position, into: &piece, piece.indices)
        lines.append("\(position): \(CRC32.ieee.checksum(piece.rawSpan))")
        position += UInt64(piece.count)
      }
      return true
    }
    return lines
  }
}
