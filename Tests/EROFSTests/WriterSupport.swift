import EROFS
import FileTree
import ImageCore
import SystemPackage
import TestSupport
import Testing

/// Writes a tree to a folder, the test's unless told otherwise, and checks that our reader gives it back, and the
/// kernel if told so.
@discardableResult
func writerRoundTrip(
  _ tree: FileTree, _ options: ErofsOptions, limits: ErofsWriter.Limits = ErofsWriter.Limits(),
  in folder: TempFolder? = nil, isMounted: Bool = false, _ comment: String = "",
  at place: SourceLocation = #_sourceLocation
) async throws -> ErofsFileSystem {
  let path = try (folder ?? TempFolder.current)["image"]
  let writer = ErofsWriter(options: options, limits: limits)
  let report = try await writer.write(tree, to: path, uuid: GUID(bytes: 0..<16), replace: true)
  let store = try ByteStore(contentsOf: path)
  #expect(store.byteCount == report.byteCount, "\(comment)", sourceLocation: place)
  let image = try ErofsFileSystem(store)
  #expect(image.superblock.uuid == report.uuid, "\(comment)", sourceLocation: place)
  #expect(
    image.superblock.inodeCount == UInt64(report.statistics.inodeCount), "\(comment)", sourceLocation: place)
  let wanted = try readerManifest(tree)
  let read = readerDifference(wanted, try readerManifest(image.tree())).map { String($0.prefix(300)) }
  #expect(read == [], "\(comment)", sourceLocation: place)
  if isMounted {
    let kernel = try await LoopMount.with(path) { try await readerManifest(DirectorySource($0).tree()) }
    let shown = readerDifference(wanted, kernel).map { String($0.prefix(300)) }
    #expect(shown == [], "the kernel, \(comment)", sourceLocation: place)
  }
  return image
}

/// A tree of files in folders that are made as needed.
func writerTree(_ files: [(path: String, bytes: [UInt8])]) throws -> FileTree {
  try writerTree(files.map { ($0.path, $0.bytes, .file) })
}

/// A tree of files with their attributes.
func writerTree(_ files: [(path: String, bytes: [UInt8], attributes: FileAttributes)]) throws -> FileTree {
  var tree = FileTree()
  for file in files {
    try tree.insert(FileTree.Node(.regular(MemoryContent(file.bytes)), file.attributes), at: FilePath(file.path))
  }
  return tree
}

extension ErofsOptions {
  /// LZ4 and single blocks for a kernel, and what is changed.
  static func plain(
    _ major: Int, _ minor: Int, _ compression: Compression = .lz4, _ pcluster: Int = 4096, _ tails: Tails = .blocks,
    _ change: (inout ErofsOptions) -> Void = { _ in }
  ) -> ErofsOptions {
    var options = ErofsOptions(preset: .fast, kernel: KernelVersion(major, minor))
    options.compression = compression
    options.pclusterByteCount = pcluster
    options.tails = tails
    options.threadCount = 2
    change(&options)
    return options
  }
}
