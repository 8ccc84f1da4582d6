import SysextImage
import TestSupport
import Testing

/// systemd-repart with the same seed gives its image the same UUIDs.
@Suite(.tempFolder, .needsPeers(.trixie, .sid))
struct RepartTests {
  private static let seed = "6b8b4567-327b-23c6-643c-986966334873"

  @Test(arguments: [Peer.trixie, .sid], PartitionType.Designator.allCases)
  func derivesTheSameUUIDs(_ peer: Peer, _ designator: PartitionType.Designator) async throws {
    let folder = try TempFolder.current
    try TreeCase.sysext("hello").build(at: folder["tree"])
    var options = BuildOptions()
    options.partition = designator
    options.seed = Seed(try #require(GUID(Self.seed)))
    let packed = try await Packed.make(folder["tree"], in: folder.path, as: "hello-1.x86-64.raw", options)
    let table = try #require(packed.report.partitionTable)
    let partition = try #require(table.partitions.first)

    let result = try await PeerSysext(peer).run(
      """
      mkdir "$root/tmp/definitions" "$root/tmp/tree"
      echo hello >"$root/tmp/tree/file"
      printf '[Partition]\\nType=\(designator)-x86-64\\nFormat=erofs\\nCopyFiles=/tmp/tree:/\\n' \\
        >"$root/tmp/definitions/10.conf"
      inside systemd-repart --offline=yes --empty=create --size=auto --seed=\(Self.seed) --dry-run=no \\
        --definitions=/tmp/definitions /tmp/image.raw >"$log" 2>&1
      inside sfdisk --dump /tmp/image.raw | tee "$root/tmp/table"
      start=$(sed -n 's/.*start= *\\([0-9]*\\),.*/\\1/p' "$root/tmp/table")
      inside blkid --probe --offset $((start * 512)) --output export /tmp/image.raw
      """)
    let text = result.outputText.lowercased()
    #expect(text.contains("label-id: \(table.diskGUID)"), "\(result)")
    #expect(text.contains("type=\(partition.typeGUID), uuid=\(partition.uniqueGUID), name=\"\(partition.name)\""))
    #expect(text.contains("\nuuid=\(packed.report.erofs.uuid)\n"), "\(packed.report.erofs.uuid) \(result)")
  }
}
