import Foundation
package import SystemPackage

/// Mounts a file system out of a file with the kernel's own reader.
package enum LoopMount {
  /// Mounts the bytes of `image` from `offset` read-only while `body` runs; nothing stays mounted or attached.
  ///
  /// Without `byteCount` the file system reaches to the end of the file.
  package static func with<R>(
    _ image: FilePath, offset: UInt64 = 0, byteCount: UInt64? = nil, fileSystem: String = "erofs",
    options: String = "ro,noatime", isolation: isolated (any Actor)? = #isolation,
    _ body: (FilePath) async throws -> sending R
  ) async throws -> sending R {
    try await TempFolder.with(.memory) { folder in
      let device = try await attach(image, offset, byteCount)
      let mounted = try await Tool("mount").run("-t", fileSystem, "-o", options, device, folder.path.string)
      // From now on the device goes by itself, with its last user: also when this process is killed.
      try await Tool("losetup").check("-d", device)
      guard mounted.succeeded else {
        let log = try? await Tool("dmesg").run().outputText.split(separator: "\n").suffix(3).joined(separator: "\n")
        throw Failure(description: mounted.description + (log ?? ""))
      }
      do {
        let result = try await body(folder.path)
        try await unmount(folder.path)
        return result
      } catch {
        try? await unmount(folder.path)
        throw error
      }
    }
  }

  /// Makes a block device of `image`, which `body` may write, with sectors of its own size.
  package static func withDevice<R>(
    _ image: FilePath, sectorSize: Int = 512, isolation: isolated (any Actor)? = #isolation,
    _ body: (FilePath) async throws -> sending R
  ) async throws -> sending R {
    let device = try await attach(["--sector-size", "\(sectorSize)", image.string])
    do {
      let result = try await body(FilePath(device))
      try await Tool("losetup").check("-d", device)
      return result
    } catch {
      _ = try? await Tool("losetup").run("-d", device)
      throw error
    }
  }

  /// The listing of a mounted file system.
  package static func listing(
    of image: FilePath, offset: UInt64 = 0, byteCount: UInt64? = nil, without ignored: TreeListing.Fields = []
  ) async throws -> TreeListing {
    try await with(image, offset: offset, byteCount: byteCount) { try TreeListing(of: $0, without: ignored) }
  }

  /// The kernel does not take what is there for such a file system.
  package struct Failure: Error, CustomStringConvertible {
    package let description: String
  }

  private static func attach(_ image: FilePath, _ offset: UInt64, _ byteCount: UInt64?) async throws -> String {
    var arguments = ["--read-only", "--offset", "\(offset)"]
    if let byteCount { arguments += ["--sizelimit", "\(byteCount)"] }
    return try await attach(arguments + [image.string])
  }

  private static func attach(_ arguments: [String]) async throws -> String {
    var attempt = 0
    while true {
      let result = try await Tool("losetup").run(["--find", "--show"] + arguments)
      if result.succeeded { return result.outputText.trimmingCharacters(in: .whitespacesAndNewlines) }
      // Another test, or the machine, may have been faster with the same free device.
      if attempt == 5 { throw ToolFailure(result: result) }
      try await Task.sleep(for: .milliseconds(50 << attempt))
      attempt += 1
    }
  }

  /// Unmounts, also where somebody still looks at a file for a moment.
  static func unmount(_ folder: FilePath) async throws {
    for _ in 0..<10 {
      if try await Tool("umount").run(folder.string).succeeded { return }
      try await Task.sleep(for: .milliseconds(50))
    }
    try await Tool("umount").check("--lazy", folder.string)
  }
}
