import Foundation
import SystemPackage
import TestSupport
import Testing

/// `sysext-pack --verity`: what veritysetup says of the partitions.
@Suite(.tempFolder, .needs("veritysetup", in: .sid))
struct VerityTests {
  private struct Built {
    struct Partition {
      let label: String
      let guid: String
      let bytes: Data
    }
    let rootHash: String
    let partitions: [Partition]
  }

  private func pack(_ options: [String] = []) async throws -> Built {
    let result = try await Program.run(
      ["tree", Program.image, "--json", "--force", "--verity", "hash"] + options, in: try TempFolder.current.path)
    guard result.succeeded else { throw ToolFailure(result: result) }
    let object = try #require(try JSONSerialization.jsonObject(with: Data(result.output)) as? [String: Any])
    let table = try #require(object["partitionTable"] as? [String: Any])
    let image = try TempFolder.current.bytes(Program.image)
    return Built(
      rootHash: try #require(object["rootHash"] as? String),
      partitions: try #require(table["partitions"] as? [[String: Any]]).map { partition in
        let offset = try #require(partition["offset"] as? Int)
        let count = try #require(partition["byteCount"] as? Int)
        return Built.Partition(
          label: try #require(partition["label"] as? String), guid: try #require(partition["uniqueGUID"] as? String),
          bytes: image[offset..<offset + count])
      })
  }

  private func makeTree() throws -> TempFolder {
    let folder = try TempFolder.current
    try folder.makeTree()
    try TreeBuilder.build(folder["more"]) { try $0.file("noise", .random(3 << 20, seed: 1)) }
    try FileManager.default.moveItem(
      atPath: folder["more/noise"].string, toPath: folder["tree/usr/share/noise"].string)
    return folder
  }

  @Test(arguments: [[], ["--partition", "usr"], ["--sector-size", "4096"], ["--compression", "none"]])
  func veritysetupAgrees(_ options: [String]) async throws {
    let folder = try makeTree()
    let image = try await pack(options)
    let (data, tree) = (image.partitions[0], image.partitions[1])
    #expect(image.partitions.map(\.label) == [data.label, data.label + "-verity"])
    #expect((data.guid + tree.guid).filter { $0 != "-" } == image.rootHash)
    try Disk.write([UInt8](data.bytes), to: folder["data"])
    try Disk.write([UInt8](tree.bytes), to: folder["hashes"])
    let tool = Tool("veritysetup", in: .sid)
    try await tool.check("verify", folder["data"].string, folder["hashes"].string, image.rootHash)
    let dump = try await tool.check("dump", folder["hashes"].string).outputText
    func field(_ name: String) -> String {
      dump.split(separator: "\n").first { $0.hasPrefix(name) }?.split(whereSeparator: \.isWhitespace).last.map(
        String.init)
        ?? ""
    }
    try await tool.check(
      "format", "--salt=\(field("Salt:"))", "--uuid=\(field("UUID:"))", folder["data"].string, folder["theirs"].string)
    let isSame = try folder.bytes("theirs") == tree.bytes
    #expect(isSame)
    // And it can fail.
    var spoilt = [UInt8](data.bytes)
    spoilt[spoilt.count - 1] ^= 1
    try Disk.write(spoilt, to: folder["spoilt"])
    #expect(
      try await !tool.run(["verify", folder["spoilt"].string, folder["hashes"].string, image.rootHash]).succeeded)
  }

  @Test(arguments: [
    ("data", "verity-data"), ("tree", "verity-tree"), ("top", "verity-guids"), ("magic", "verity-unreadable"),
  ])
  func verifyFindsIt(_ place: String, _ code: String) async throws {
    let folder = try makeTree()
    _ = try await pack()
    let whole = try await Program.run("verify", Program.image)
    #expect(whole.status == 0, "\(whole)")
    var bytes = [UInt8](try folder.bytes(Program.image))
    let (data, tree) = try await places()
    switch place {
    // In the noise, which the file system has no checksum of.
    case "data": bytes[data + (2 << 20)] ^= 1
    case "tree": bytes[tree + 2 * 4096 + 40] ^= 1
    case "top": bytes[tree + 4096 + 3000] ^= 1
    default: bytes[tree] = 0
    }
    try Disk.write(bytes, to: folder[Program.image])
    let result = try await Program.run("verify", "--json", Program.image)
    #expect(result.status == 1, "\(result)")
    let object = try #require(try JSONSerialization.jsonObject(with: Data(result.output)) as? [String: Any])
    let findings = try #require(object["findings"] as? [[String: Any]])
    let codes = findings.filter { $0["severity"] as? String == "error" }.compactMap { $0["code"] as? String }
    #expect(codes.contains(code) && codes.allSatisfy { $0.hasPrefix("verity") }, "\(codes)")
    let quick = try await Program.run("verify", "--quick", Program.image)
    #expect(quick.status == (["data", "tree"].contains(place) ? 0 : 1), "\(quick)")
  }

  /// Where the partitions begin.
  private func places() async throws -> (data: Int, tree: Int) {
    let result = try await Program.run("inspect", "--json", Program.image)
    let object = try #require(try JSONSerialization.jsonObject(with: Data(result.output)) as? [String: Any])
    let table = try #require(object["partitionTable"] as? [String: Any])
    let offsets = try #require(table["partitions"] as? [[String: Any]]).compactMap { $0["offset"] as? Int }
    return (try #require(offsets.first), try #require(offsets.last))
  }

  /// As systemd-repart derives them from its `--seed=`; the values are those of a program of a few lines of Python.
  @Test func seeds() async throws {
    _ = try makeTree()
    let seed = "6b8b4567-327b-23c6-643c-986966334873"
    let image = try await pack(["--seed", seed])
    let script = """
      import hmac, hashlib
      key = bytes.fromhex("\(seed.filter { $0 != "-" })")
      print(hmac.new(key, b"verity-salt", hashlib.sha256).hexdigest())
      value = bytearray(hmac.new(key, b"verity-uuid", hashlib.sha256).digest()[:16])
      value[6] = value[6] & 0x0F | 0x40
      value[8] = value[8] & 0x3F | 0x80
      print(value.hex())
      """
    let lines = try await Tool("python3").check("-c", script).outputText.split(separator: "\n").map(String.init)
    let tree = [UInt8](image.partitions[1].bytes)
    #expect(tree[88..<120].map { String(format: "%02x", $0) }.joined() == lines[0])
    #expect(tree[16..<32].map { String(format: "%02x", $0) }.joined() == lines[1])
  }

  @Test func sameBytesOnAnyNumberOfThreads() async throws {
    let folder = try makeTree()
    var images: Set<Data> = []
    for jobs in ["1", "2", "5"] {
      _ = try await pack(["--jobs", jobs])
      images.insert(try folder.bytes(Program.image))
    }
    #expect(images.count == 1)
  }

  @Test(arguments: [["--raw-filesystem"], ["--block-size", "512"]]) func refused(_ options: [String]) async throws {
    _ = try makeTree()
    let result = try await Program.run(
      ["tree", Program.image, "--verity", "hash"] + options, in: try TempFolder.current.path)
    #expect(result.status != 0 && result.errorText.contains("dm-verity tree"), "\(result)")
    #expect(try TempFolder.current.names() == [])
  }
}
