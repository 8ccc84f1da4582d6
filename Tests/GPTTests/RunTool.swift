import Foundation
import Testing

/// Runs a real partitioning tool.
///
/// Such tools exit 0 on corrupt tables, so that their text is what counts.
enum RunTool {
  static let inCI = ProcessInfo.processInfo.environment["CI"] != nil

  static func path(_ name: String) -> String? {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
    return (folders + ["/usr/sbin", "/sbin"]).map { "\($0)/\(name)" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  /// Output and errors together.
  static func run(_ name: String, _ arguments: String..., input: String = "") throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(path(name), "\(name) is not installed"))
    process.arguments = arguments
    process.environment = ["LC_ALL": "C", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]
    let output = Pipe()
    let stdin = Pipe()
    process.standardOutput = output
    process.standardError = output
    process.standardInput = stdin
    try process.run()
    stdin.fileHandleForWriting.write(Data(input.utf8))
    try stdin.fileHandleForWriting.close()
    let text = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: text, as: UTF8.self)
  }

  /// Gives `body` the path of a file that is removed afterwards.
  static func withFile<R>(_ bytes: [UInt8], _ body: (String) throws -> R) throws -> R {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("gpt-\(UUID().uuidString).img").path
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
  }

  /// Gives `body` a loop device of 4096-byte sectors over the file at `path`.
  static func withLoop4096<R>(_ path: String, _ body: (String) throws -> R) throws -> R {
    let device = try run("losetup", "--sector-size", "4096", "--find", "--show", path)
      .trimmingCharacters(in: .whitespacesAndNewlines)
    try #require(device.hasPrefix("/dev/loop"), "losetup said: \(device)")
    defer { _ = try? run("losetup", "--detach", device) }
    return try body(device)
  }
}

extension Trait where Self == ConditionTrait {
  /// Skips, visibly, where a tool is not installed; in CI the test runs and fails.
  static func needs(_ tools: String...) -> Self {
    .enabled(if: RunTool.inCI || tools.allSatisfy { RunTool.path($0) != nil }, "needs \(tools.joined(separator: ", "))")
  }

  /// Skips, visibly, for anyone but root and where the machine has no loop devices.
  static var needsLoopDevices: Self {
    .enabled(
      if: getuid() == 0 && FileManager.default.fileExists(atPath: "/dev/loop-control"), "needs root and /dev/loop")
  }
}
