import ArgumentParser
import SysextImage

/// `sysext-pack diff A B`.
struct Diff: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Shows what differs between two images, however their data is stored.",
    discussion: "Exits 0 when they hold the same, 1 when they differ, 2 when that cannot be told.")

  @Argument(help: "The old image: a file, or an https or http URL.", completion: .file(extensions: ["raw"]))
  var old: String

  @Argument(help: "The new image: a file, or an https or http URL.", completion: .file(extensions: ["raw"]))
  var new: String

  @Option(
    name: .customLong("old-device"),
    help: ArgumentHelp(
      "A further device of the old image; once for each, in the order of its table.", valueName: "file"),
    completion: .file())
  var oldDevices: [String] = []

  @Option(
    name: .customLong("new-device"),
    help: ArgumentHelp(
      "A further device of the new image; once for each, in the order of its table.", valueName: "file"),
    completion: .file())
  var newDevices: [String] = []

  @Option(
    help: ArgumentHelp(
      "Leave out type, content, size, mode, owner, time, xattr, target, device or link; may be given several times.",
      valueName: "aspect"))
  var ignore: [ImageDiff.Aspect] = []

  @Option(name: .shortAndLong, help: "How many threads compare; the result does not depend on it.")
  var jobs: Int?

  @OptionGroup(title: "Images on a server") var remote: RemoteOptions

  @OptionGroup(title: "Output") var console: ConsoleOptions

  func validate() throws {
    if let jobs, jobs < 1 { throw ValidationError("--jobs \(jobs): at least 1") }
  }

  func run() async throws {
    let isSame = try await console.reporting(fault: 2, deviceOption: "--old-device or --new-device") {
      () async throws(ImageError) in
      let before = try remote.open(old, devices: oldDevices)
      let after = try remote.open(new, devices: newDevices)
      var diff = try await ImageDiff(before, after, ignoring: Set(ignore), threadCount: jobs)
      diff.packages = packages()
      try console.show(diff.json) { diff.summary(isVerbose: console.verbose) }
      return diff.isSame
    }
    if !isSame { throw ExitCode(1) }
  }

  /// What the manifests beside the images say; one that cannot be read is no reason to stop.
  private func packages() -> [ImageDiff.Field]? {
    do throws(ImageError) {
      guard let before = try PackageManifest.beside(FilePath(old)),
        let after = try PackageManifest.beside(FilePath(new))
      else { return nil }
      return PackageManifest.differences(before, after)
    } catch {
      console.show([Finding(.warning, "manifest", "\(error)")])
      return nil
    }
  }
}

extension ImageDiff {
  fileprivate func summary(isVerbose: Bool) -> String {
    var lines = changes.map(\.line)
    if !release.isEmpty { lines += ["Extension release:"] + release.map(\.line) }
    if let packages, !packages.isEmpty { lines += ["Packages:"] + packages.map(\.line) }
    if isVerbose, !identity.isEmpty { lines += ["Identity:"] + identity.map(\.line) }
    lines.append(
      "\(count(.added)) added, \(count(.removed)) removed, \(count(.changed)) changed, \(sameCount) the same")
    return lines.joined(separator: "\n") + "\n"
  }
}

extension ImageDiff.Change {
  fileprivate var line: String {
    let size = byteCount.map { ", \($0) bytes" } ?? ""
    return switch kind {
    case .added: "+ \(path) (\(fileType)\(size))"
    case .removed: "- \(path) (\(fileType)\(size))"
    case .changed: "~ \(path): \(details.map(\.text).joined(separator: "; "))"
    }
  }
}

extension ImageDiff.Detail {
  fileprivate var text: String {
    if aspect == .content { return "content \(new ?? "differs")" }
    return "\(aspect.rawValue)\(name.map { " \($0)" } ?? "") \(old ?? "none") -> \(new ?? "none")"
  }
}

extension ImageDiff.Field {
  fileprivate var line: String { "  \(name): \(printable((old ?? "none").utf8)) -> \(printable((new ?? "none").utf8))" }
}
