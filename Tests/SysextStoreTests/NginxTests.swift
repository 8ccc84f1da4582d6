import Foundation
import SysextImage
import TestSupport
import Testing

@testable import SysextStore

/// Images on a real server.
@Suite(.tempFolder, .needs("nginx", "openssl"), .timeLimit(.minutes(30))) struct NginxTests {
  /// Runs `body` with a server that has an image.
  private func serving(
    noise: Int = 1, _ body: (Nginx, DiskImage) async throws -> Void
  ) async throws {
    let folder = try TempFolder.current
    try await Nginx.with(folder) { server in
      let path = try await SampleImage.make(in: server.files, noise: noise)
      try await body(server, try SysextImage.open(path))
    }
  }

  @Test func remoteImagesAreTheLocalOnes() async throws {
    try await serving { server, local in
      let remote = try RemoteSource(server.url(SampleImage.name))
      let image = try DiskImage(remote)
      #expect(image.fileName == SampleImage.name)
      #expect(try await SysextInspector(image).json() == SysextInspector(local).json())
      #expect(try SampleImage.listing(image) == SampleImage.listing(local))
      let log = try server.log()
      #expect(remote.transfer.byteCount == local.store.byteCount)
      #expect(remote.transfer.requestCount == log.requestCount)
      #expect((log.byteCount..<log.byteCount + 1000 * log.requestCount).contains(Int(remote.transfer.movedByteCount)))
      // All of it, and no byte twice.
      #expect(log.byteCount <= Int(local.store.byteCount))
    }
  }

  /// 200 MB and more: what a look at it moves does not depend on that.
  @Test func looksAtLargeImagesMoveLittle() async throws {
    try await serving(noise: 210) { server, local in
      #expect(local.store.byteCount > 200_000_000)
      let remote = try RemoteSource(server.url(SampleImage.name))
      let inspector = try SysextInspector(DiskImage(remote))
      #expect(inspector.json(nil, nil) == (try SysextInspector(local)).json(nil, nil))
      #expect(remote.transfer.movedByteCount < 300_000, "\(remote.transfer)")
      #expect(try server.log().byteCount < 300_000)
      // With all names and attributes.
      #expect(
        try SampleImage.listing(inspector.image, withContents: false)
          == SampleImage.listing(local, withContents: false))
      #expect(remote.transfer.movedByteCount < 3_000_000, "\(remote.transfer)")
    }
  }

  @Test func manyThreadsReadAtTheSameTime() async throws {
    try await serving { server, local in
      let remote = try RemoteSource(server.url(SampleImage.name))
      let store = ByteStore(remote)
      let threads = OwnThreads()
      try await withThrowingTaskGroup { group in
        for seed in 0..<8 {
          group.addTask(executorPreference: threads) {
            var random = SplitMix64(seed: UInt64(seed))
            for _ in 0..<100 {
              let offset = random.next() % (local.store.byteCount - 70_000)
              let count = Int(random.next() % 70_000)
              let (far, near) = (
                try store.bytes(at: offset, count: count), try local.store.bytes(at: offset, count: count)
              )
              #expect(far == near)
            }
          }
        }
        try await group.waitForAll()
      }
      #expect(try server.log().byteCount <= Int(local.store.byteCount))
    }
  }

  @Test(arguments: ["moved/", "gzip/", "again/"])
  func waysToAnImage(_ folder: String) async throws {
    try await serving { server, local in
      let remote = try RemoteSource(server.url(folder + SampleImage.name))
      #expect(try SampleImage.listing(DiskImage(remote)) == SampleImage.listing(local))
      // Nobody is redirected twice.
      #expect(remote.transfer.requestCount < 60)
    }
  }

  static let refusals: [(path: String, code: ImageError.Code, words: String)] = [
    ("missing.raw", .notFound, "404"), ("gone/x.raw", .notFound, "410"), ("forbidden/x.raw", .io, "403"),
    ("private/\(SampleImage.name)", .io, "401"), ("loop/x.raw", .io, "redirects more than"),
    ("whole/\(SampleImage.name)", .unsupported, "range requests"), ("elsewhere/", .io, "file URLs are not read"),
    ("forced/\(SampleImage.name)", .unsupported, "compressed (gzip)"),
  ]

  @Test func refusalsAreClear() async throws {
    try await serving(noise: 24) { server, _ in
      for refusal in Self.refusals {
        let url = server.url(refusal.path)
        let error = try #require(throws: ImageError.self) { try RemoteSource(url) }
        #expect(error.code == refusal.code, "\(error)")
        #expect(error.message.contains(refusal.words) && error.context == [url], "\(error)")
      }
      // The whole file was nowhere sent; some of it may have been on its way.
      #expect(try server.log().byteCount < 12 << 20)
    }
  }

  @Test func emptyFilesAreEmpty() async throws {
    try await serving { server, _ in
      try Data().write(to: URL(filePath: server.files.appending("empty.raw").string))
      let remote = try RemoteSource(server.url("empty.raw"))
      #expect(remote.byteCount == 0)
      #expect(throws: ImageError(.corrupt, "")) { try DiskImage(remote) }
    }
  }

  @Test func smallFilesAreWhole() async throws {
    try await serving { server, _ in
      for count in [1, 511, 16_384, 32_768, 32_769] {
        let bytes = Content.random(count, seed: 1).bytes
        try Data(bytes).write(to: URL(filePath: server.files.appending("\(count)").string))
        let store = ByteStore(try RemoteSource(server.url("\(count)")))
        #expect(try store.bytes(at: 0, count: count) == bytes)
        #expect(throws: ImageError(.truncated, "")) { try store.bytes(at: 1, count: count) }
      }
    }
  }

  @Test func passwordsReachTheirServerOnly() async throws {
    try await serving { server, local in
      func withPassword(_ url: String, _ password: String) -> String {
        url.replacing("://", with: "://name:\(password)@")
      }
      let url = server.url("private/" + SampleImage.name)
      let remote = try RemoteSource(withPassword(url, "s3cret"))
      #expect(remote.displayURL == url)
      #expect(try SampleImage.listing(DiskImage(remote)) == SampleImage.listing(local))
      let wrong = #expect(throws: ImageError.self) { try RemoteSource(withPassword(url, "wr0ng")) }
      #expect(wrong?.message.contains("401") == true)
      #expect(wrong?.description.contains("wr0ng") == false)
      // Another host, though the same machine.
      let moved = withPassword(server.url("private-moved/" + SampleImage.name), "s3cret")
      let other = #expect(throws: ImageError.self) { try RemoteSource(moved) }
      #expect(other?.message.contains("401") == true, "\(other as Any)")
    }
  }

  @Test func replacedFilesAreNoticed() async throws {
    try await serving { server, _ in
      let remote = try RemoteSource(server.url(SampleImage.name))
      let image = try DiskImage(remote)
      let path = server.files.appending(SampleImage.name).string
      var bytes = try Data(contentsOf: URL(filePath: path))
      bytes[bytes.count / 2] ^= 1
      bytes.append(0)
      try bytes.write(to: URL(filePath: path), options: .atomic)
      let error = try #require(throws: ImageError.self) { try SampleImage.listing(image) }
      #expect(error.code == .changed, "\(error)")
    }
  }

  @Test func certificatesAreChecked() async throws {
    try await serving { server, local in
      let url = server.secureURL(SampleImage.name)
      let refused = try #require(throws: ImageError.self) { try RemoteSource(url) }
      #expect(refused.code == .io && refused.message.contains("certificate"), "\(refused)")
      var options = RemoteSource.Options()
      options.certificateFile = server.certificate
      let image = try DiskImage(RemoteSource(url, options: options))
      #expect(try SampleImage.listing(image) == SampleImage.listing(local))
      // What was asked for encrypted does not come otherwise.
      let trusting = options
      let error = try #require(throws: ImageError.self) {
        try RemoteSource(server.secureURL("insecure/" + SampleImage.name), options: trusting)
      }
      #expect(error.code == .io && error.message.contains("not encrypted"), "\(error)")
      // Over HTTP/2, too.
      let whole = try #require(throws: ImageError.self) {
        try RemoteSource(server.secureURL("whole/" + SampleImage.name), options: trusting)
      }
      #expect(whole.code == .unsupported && whole.message.contains("range requests"), "\(whole)")
      // For another name than the certificate's.
      let other = try #require(throws: ImageError.self) {
        try RemoteSource(url.replacing("127.0.0.1", with: "localhost"), options: trusting)
      }
      #expect(other.message.contains("certificate"), "\(other)")
    }
  }
}
