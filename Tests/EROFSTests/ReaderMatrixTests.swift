import EROFS
import FileTree
import ImageCore
import SystemPackage
import TestSupport
import Testing

/// Three releases of mkfs.erofs over all their options, against the folder that the images were made from.
@Suite(
  .needs("mkfs.erofs", in: .bookworm), .needs("mkfs.erofs", in: .trixie), .needs("mkfs.erofs", in: .sid), .needsRoot,
  .timeLimit(.minutes(30))
) struct ReaderMatrixTests {
  @Test(arguments: [(.bookworm, 20), (.trixie, 50), (.sid, 60)] as [(Peer, Int)])
  func equalsTheFolder(_ peer: Peer, _ fewest: Int) async throws {
    try await TempFolder.with { folder in
      try ReaderMatrix.makeTree(at: folder["source"])
      let source = try await DirectorySource(folder["source"]).tree()
      let manifest = try readerManifest(source)
      var bare = source
      bare.updateAttributes { $0.extendedAttributes = [] }
      let bareManifest = try readerManifest(bare)
      let contents = try readerContents(source)
      let tool = Tool("mkfs.erofs", in: peer)
      let version = try #require(ReaderMatrix.Version(in: try await tool.run("-V").text))
      let cases = ReaderMatrix.cases(of: version)
      #expect(cases.count >= fewest, "mkfs.erofs \(version)")
      for words in cases {
        let image = try await readerImage(of: folder["source"], words, at: folder["image"], by: peer)
        do {
          let tree = try image.tree()
          let found = try readerManifest(tree)
          let difference = readerDifference(words.contains("-x-1") ? bareManifest : manifest, found)
          #expect(difference == [], "\(peer) \(words)\n\(difference.prefix(5).joined(separator: "\n"))")
          try compareRandomReads(tree, contents, words)
          _ = try image.statistics()
        } catch { Issue.record("\(peer) \(words): \(error)") }
      }
    }
  }
}
