import Foundation
package import SystemPackage
package import Testing

/// A test's own folder, removed at its end with all that is in it.
package struct TempFolder: Sendable {
  /// What holds it.
  package enum Medium: Sendable {
    /// A disk's file system (`SYSEXT_TEST_FOLDER`, else `/var/tmp`): takes every xattr, time and hole.
    case disk
    /// A tmpfs (`/dev/shm`): fast, but without user xattrs on older kernels.
    case memory
  }

  package let path: FilePath

  package subscript(name: String) -> FilePath { path.appending(name) }

  /// Runs `body` with a new folder.
  ///
  /// A closure, because a folder that an object's deinit removes could go before its last use.
  package static func with<R>(
    _ medium: Medium = .disk, isolation: isolated (any Actor)? = #isolation,
    _ body: (TempFolder) async throws -> sending R
  ) async throws -> sending R {
    let folder = try TempFolder(medium)
    do {
      let result = try await body(folder)
      try await folder.remove()
      return result
    } catch {
      try? await folder.remove()
      throw error
    }
  }

  /// Runs `body` with a folder that is a file system of its own and holds no more than `byteCount` bytes; needs root.
  package static func withSmallDisk<R>(
    byteCount: Int, isolation: isolated (any Actor)? = #isolation, _ body: (TempFolder) async throws -> sending R
  ) async throws -> sending R {
    try await with(.memory) { folder in
      try await Tool("mount").check("-t", "tmpfs", "-o", "size=\(byteCount)", "sysext-test", folder.path.string)
      do {
        let result = try await body(folder)
        try await LoopMount.unmount(folder.path)
        return result
      } catch {
        _ = try? await Tool("umount").run("--lazy", folder.path.string)
        throw error
      }
    }
  }

  /// The folder that the trait `.tempFolder` made for the running test.
  package static var current: TempFolder {
    get throws {
      guard let folder = task else { throw MissingNeed(description: "this test lacks the trait .tempFolder") }
      return folder
    }
  }

  @TaskLocal fileprivate static var task: TempFolder?

  fileprivate init(_ medium: Medium) throws {
    var base = FilePath("/dev/shm")
    if medium == .disk {
      base = FilePath(ProcessInfo.processInfo.environment["SYSEXT_TEST_FOLDER"] ?? "/var/tmp")
    }
    var template = Array(base.appending("sysext-test.XXXXXX").string.utf8CString)
    guard mkdtemp(&template) != nil else { throw Errno(rawValue: errno) }
    path = FilePath(String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self))
  }

  fileprivate func remove() async throws {
    // rm takes any name and depth, and never leaves the file system if something is still mounted here.
    try await Tool("rm").check("-rf", "--one-file-system", path.string)
  }
}

/// Gives each test, and each of its cases, a folder of its own.
package struct TempFolderTrait: TestTrait, SuiteTrait, TestScoping {
  package var isRecursive: Bool { true }

  package func scopeProvider(for test: Test, testCase: Test.Case?) -> Self? { testCase == nil ? nil : self }

  package func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
  ) async throws {
    try await TempFolder.with { folder in
      try await TempFolder.$task.withValue(folder) { try await function() }
    }
  }
}

extension Trait where Self == TempFolderTrait {
  /// Gives the test a folder of its own: `try TempFolder.current`.
  package static var tempFolder: Self { Self() }
}
