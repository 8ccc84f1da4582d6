import Foundation
package import SystemPackage

/// A program that the tests run: one of this machine, or one of a peer tree on this machine's files.
///
/// A test names the programs it needs with the trait `.needs("sgdisk")`. A program that is missing all the same is
/// thrown as `MissingTool`.
package struct Tool: Sendable, CustomStringConvertible {
  package let name: String
  package let peer: Peer
  private let path: FilePath?

  /// A program by its name, as in `Tool("fsck.erofs", in: .sid)`.
  package init(_ name: String, in peer: Peer = .host) {
    self.name = name
    self.peer = peer
    path = nil
  }

  /// A program by its path.
  package init(at path: FilePath) {
    name = path.lastComponent?.string ?? path.string
    peer = .host
    self.path = path
  }

  /// A program that this package builds, such as `sysext-pack`: it lies beside the test program.
  package static func built(_ name: String) -> Tool {
    let program = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "/"
    return Tool(at: FilePath(program).removingLastComponent().appending(name))
  }

  package var description: String { peer == .host ? name : "\(name) (\(peer))" }

  /// Where the program is; `nil` when it is missing.
  package var location: FilePath? {
    if let path { return isExecutable(path) ? path : nil }
    if peer == .host {
      return Self.searchPath.lazy.map { FilePath($0).appending(name) }.first(where: isExecutable)
    }
    guard let folder = peer.folder else { return nil }
    return ["usr/bin", "usr/sbin", "bin", "sbin", "usr/lib/systemd"].lazy
      .map { folder.appending($0).appending(name) }.first(where: isExecutable)
  }

  package var isAvailable: Bool { location != nil }

  /// Runs the program and waits for it; a status other than 0 is a result, not an error.
  ///
  /// `environment` is added to this process's own. After `timeout` the program is killed, with all that it started, and
  /// an error is thrown.
  package func run(
    _ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:], in folder: FilePath? = nil,
    timeout: Duration = .seconds(180)
  ) async throws -> ToolResult {
    guard let location else { throw MissingTool(tool: self) }
    var words = [location.string]
    if peer != .host {
      guard let loader = peer.loader else { throw MissingTool(tool: self) }
      let libraries = loader.libraries.map(\.string).joined(separator: ":")
      words = [loader.program.string, "--library-path", libraries, location.string]
    }
    var variables = ProcessInfo.processInfo.environment
    variables["PATH"] = Self.searchPath.joined(separator: ":")
    variables.merge(Self.plainOutput) { $1 }
    variables.merge(environment) { $1 }
    let spawn = Spawn(
      words: words + arguments, environment: variables, input: input, folder: folder, timeout: timeout)
    let ending = try await spawn.run()
    return ToolResult(
      command: String(([description] + arguments).joined(separator: " ").prefix(400)), status: ending.status,
      output: ending.output,
      errors: ending.errors)
  }

  package func run(_ arguments: String..., timeout: Duration = .seconds(180)) async throws -> ToolResult {
    try await run(arguments, timeout: timeout)
  }

  /// Runs the program; a status other than 0 is thrown, with what the program said.
  @discardableResult
  package func check(
    _ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:], in folder: FilePath? = nil,
    timeout: Duration = .seconds(180)
  ) async throws -> ToolResult {
    let result = try await run(arguments, input: input, environment: environment, in: folder, timeout: timeout)
    guard result.succeeded else { throw ToolFailure(result: result) }
    return result
  }

  @discardableResult
  package func check(_ arguments: String..., timeout: Duration = .seconds(180)) async throws -> ToolResult {
    try await check(arguments, timeout: timeout)
  }

  private static let searchPath: [String] = {
    var folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":").map(
      String.init)
    for folder in ["/usr/sbin", "/sbin", "/usr/lib/systemd"] where !folders.contains(folder) { folders.append(folder) }
    return folders
  }()

  private static let plainOutput = [
    "LC_ALL": "C.UTF-8", "TZ": "UTC", "PAGER": "cat", "SYSTEMD_PAGER": "cat", "SYSTEMD_COLORS": "0",
    "SYSTEMD_LOG_COLOR": "0", "NO_COLOR": "1",
  ]
}

private func isExecutable(_ path: FilePath) -> Bool { FileManager.default.isExecutableFile(atPath: path.string) }

/// What a program left behind.
package struct ToolResult: Sendable, CustomStringConvertible {
  package let command: String
  /// The exit status, or 128 and the signal.
  package let status: Int
  package let output: [UInt8]
  package let errors: [UInt8]

  package var succeeded: Bool { status == 0 }
  package var outputText: String { String(decoding: output, as: UTF8.self) }
  package var errorText: String { String(decoding: errors, as: UTF8.self) }
  /// Standard output, then standard error.
  package var text: String { outputText + errorText }
  package var description: String { "\(command): status \(status)\n\(text.prefix(4000))" }
}

/// A program that is not on this machine.
package struct MissingTool: Error, CustomStringConvertible {
  package let tool: Tool
  package init(tool: Tool) { self.tool = tool }
  package var description: String { "needs \(tool)" }
}

/// A program that did not do its work.
package struct ToolFailure: Error, CustomStringConvertible {
  package let result: ToolResult
  package init(result: ToolResult) { self.result = result }
  package var description: String { result.description }
}
