import Foundation
import SystemPackage
package import Testing

/// What a test needs from its machine.
///
/// Where something is missing, the test is skipped and says what is missing; with `CI=true` it fails.
extension Trait where Self == ConditionTrait {
  /// Needs programs, of this machine or of a peer tree.
  package static func needs(_ tools: String..., in peer: Peer = .host) -> Self {
    let tools = tools.map { Tool($0, in: peer) }
    let names = tools.map(\.description).joined(separator: ", ")
    return need("needs \(names)") { tools.allSatisfy(\.isAvailable) }
  }

  /// Needs to be root, to mount or to make devices and owners.
  package static var needsRoot: Self { need("needs root") { geteuid() == 0 } }

  /// Needs root and loop devices.
  package static var needsLoopDevices: Self {
    need("needs root and loop devices") {
      geteuid() == 0 && FileManager.default.fileExists(atPath: "/dev/loop-control")
    }
  }

  /// Needs root, a loop device and the kernel's own reader of a file system.
  package static func needsMount(of fileSystem: String = "erofs") -> Self {
    need("needs root, loop devices and a kernel with \(fileSystem)") {
      geteuid() == 0 && FileManager.default.fileExists(atPath: "/dev/loop-control")
        && kernelKnows(fileSystem)
    }
  }

  /// Needs root and unpacked trees with their systemd.
  package static func needsPeers(_ peers: Peer...) -> Self {
    let names = peers.map(\.rawValue).joined(separator: ", ")
    return need("needs root and the peer trees \(names) (Tests/peers.sh)") {
      geteuid() == 0 && peers.allSatisfy { $0.folder != nil } && kernelKnows("overlay")
    }
  }

  private static func need(_ what: Comment, _ condition: @escaping @Sendable () -> Bool) -> Self {
    .enabled(what) {
      if condition() { return true }
      if isContinuousIntegration { throw MissingNeed(description: what.rawValue) }
      return false
    }
  }
}

/// Something missing where nothing may be missing.
package struct MissingNeed: Error, CustomStringConvertible {
  package let description: String
}

/// Whether `CI` is set: then a skipped test is a failed test.
package var isContinuousIntegration: Bool {
  let value = ProcessInfo.processInfo.environment["CI"] ?? ""
  return !["", "0", "false"].contains(value)
}

private func kernelKnows(_ fileSystem: String) -> Bool {
  func isListed() -> Bool {
    guard let text = try? String(contentsOfFile: "/proc/filesystems", encoding: .utf8) else { return false }
    return text.split(whereSeparator: \.isWhitespace).contains { $0 == fileSystem }
  }
  if isListed() { return true }
  guard let modprobe = Tool("modprobe").location else { return false }
  let process = Process()
  process.executableURL = URL(filePath: modprobe.string)
  process.arguments = ["-q", fileSystem]
  guard (try? process.run()) != nil else { return false }
  process.waitUntilExit()
  return isListed()
}
