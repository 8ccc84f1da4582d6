import Foundation
package import SystemPackage

/// Whose programs: this machine's, or those of an unpacked Debian tree (made by `Tests/peers.sh`).
package enum Peer: String, CaseIterable, Sendable, CustomStringConvertible {
  case host
  /// systemd 252, erofs-utils 1.5, rpm 4.18.
  case bookworm
  /// systemd 257, erofs-utils 1.8, rpm 4.20.
  case trixie
  /// The newest of all three.
  case sid

  /// The trees, oldest first.
  package static let trees: [Peer] = [.bookworm, .trixie, .sid]

  package var description: String { rawValue }

  /// Where the tree is; `nil` when it has not been made, and for this machine.
  package var folder: FilePath? {
    if self == .host { return nil }
    let folder = Self.store.appending("peers-\(rawValue)-\(Self.revision)")
    return isDirectory(folder) ? folder : nil
  }

  /// The folder of all trees, by the same rule as in `Tests/peers.sh`.
  private static let store: FilePath = {
    let environment = ProcessInfo.processInfo.environment
    if let store = environment["SYSEXT_PEERS"], !store.isEmpty { return FilePath(store) }
    if let cache = environment["XDG_CACHE_HOME"], !cache.isEmpty { return FilePath(cache).appending("sysext-image") }
    return FilePath(environment["HOME"] ?? "/root").appending(".cache/sysext-image")
  }()

  /// Read from the script, so that it stands in one place.
  private static let revision: String = {
    let script = FilePath(#filePath).removingLastComponent().removingLastComponent().appending("peers.sh")
    let text = (try? String(contentsOfFile: script.string, encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("revision=") }
    return String(line?.dropFirst(9).prefix { $0.isNumber } ?? "0")
  }()

  /// The tree's own dynamic loader and where its libraries are.
  ///
  /// Only real files count: a link may point to this machine's loader.
  var loader: (program: FilePath, libraries: [FilePath])? {
    guard let folder else { return nil }
    var folders: [FilePath] = []
    for base in ["usr/lib", "lib", "usr/lib64", "lib64"] {
      let path = folder.appending(base)
      folders.append(path)
      for name in names(in: path) where name.hasSuffix("-linux-gnu") { folders.append(path.appending(name)) }
    }
    let libraries = folders.flatMap { [$0, $0.appending("systemd")] }.filter(isDirectory)
    for path in folders {
      for name in names(in: path) where name.hasPrefix("ld-linux") || name.hasPrefix("ld64.so") {
        if isRegularFile(path.appending(name)) { return (path.appending(name), libraries) }
      }
    }
    return nil
  }

  private func names(in folder: FilePath) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder.string)) ?? []).sorted()
  }
}

/// Whether `path` itself, not what a link points to, is a directory.
private func isDirectory(_ path: FilePath) -> Bool { fileType(path) == S_IFDIR }
private func isRegularFile(_ path: FilePath) -> Bool { fileType(path) == S_IFREG }
private func fileType(_ path: FilePath) -> mode_t {
  var status = stat()
  return lstat(path.string, &status) == 0 ? status.st_mode & S_IFMT : 0
}
