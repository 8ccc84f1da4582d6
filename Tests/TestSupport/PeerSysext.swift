import Foundation
package import SystemPackage

/// systemd-sysext and systemd-dissect of a peer tree, on an image of ours.
///
/// The tree becomes the root of a private mount namespace with its own `/etc`, `/run` and `/var`: this machine sees
/// nothing of it, and nothing stays.
package struct PeerSysext: Sendable {
  package let peer: Peer

  package init(_ peer: Peer) { self.peer = peer }

  /// What came of a merge.
  package struct Merge: Sendable, CustomStringConvertible {
    /// Whether systemd-sysext says that the extension is merged, and its overlay is there.
    package let isMerged: Bool
    /// Those of the asked paths that are there after the merge.
    package let visible: [String]
    /// What systemd-sysext said, with its reasons.
    package let log: String
    /// What the test's own commands said.
    package let output: String

    package var description: String { "merged: \(isMerged), visible: \(visible)\n\(output)\n\(log)" }
  }

  /// Merges an image into the tree, looks, and unmerges.
  ///
  /// The tree sees the image as `name` with `.raw`, beside `others` by their names, and `osRelease` are the lines of its
  /// os-release. `paths` are what to look for after the merge, such as `usr/bin/hello`. `commands` are run by a shell
  /// after the merge: `$root` is the tree, and `inside PROGRAM…` runs one of its programs, for which `$image` is the
  /// image.
  package func merge(
    _ image: FilePath, as name: String, osRelease: [String], looking paths: [String] = [], confext: Bool = false,
    beside others: [String: FilePath] = [:], commands: String = ":"
  ) async throws -> Merge {
    var place = "place \(quoted(name)) \(quoted(image.string))\n"
    for (name, image) in others.sorted(by: { $0.key < $1.key }) {
      place += "place \(quoted(name)) \(quoted(image.string))\n"
    }
    let words = paths.map(quoted).joined(separator: " ")
    let result = try await run(
      """
      \(confext ? "kind=confext folder=/var/lib/confexts hierarchies=/etc" : "")
      mkdir -p "$root$folder"
      rm -f "$root/etc/os-release"
      printf '%s\\n' \(osRelease.map(quoted).joined(separator: " ")) >"$root/etc/os-release"
      \(place)
      export SYSTEMD_LOG_LEVEL=debug
      status=0
      inside systemd-$kind merge >"$log" 2>&1 || status=$?
      unset SYSTEMD_LOG_LEVEL
      echo "merge: exit status $status" >>"$log"
      # Neither the exit status nor the word "Merged" tells: the overlay must be there, and status must name us.
      if grep -q -E " $root$hierarchies .* - overlay $kind " /proc/self/mountinfo &&
        inside systemd-$kind --json=short status 2>>"$log" | grep -q -F -e \(quoted("\"\(name)\"")); then
        echo merged
      fi
      for path in \(words); do
        if [[ -e $root/$path || -L $root/$path ]]; then echo "visible $path"; fi
      done
      image=$folder/\(quoted(name)).raw
      echo output
      ( \(commands)
      ) 2>&1 || echo "commands: exit status $?"
      inside systemd-$kind unmerge >>"$log" 2>&1 || true
      """)
    let lines = result.outputText.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let end = lines.firstIndex(of: "output") ?? lines.count
    guard result.succeeded, end < lines.count else { throw ToolFailure(result: result) }
    return Merge(
      isMerged: lines[..<end].contains("merged"),
      visible: lines[..<end].filter { $0.hasPrefix("visible ") }.map { String($0.dropFirst(8)) },
      log: reasons(result.errorText), output: lines[(end + 1)...].joined(separator: "\n"))
  }

  /// What systemd-dissect says of an image, seen as `NAME.raw`.
  package func dissect(_ image: FilePath, as name: String, _ options: String...) async throws -> ToolResult {
    try await run(
      """
      place \(quoted(name)) \(quoted(image.string))
      inside systemd-dissect \(options.map(quoted).joined(separator: " ")) "$folder"/\(quoted(name)).raw
      """)
  }

  /// Runs a shell script in a namespace whose `$root` is the tree; `inside PROGRAM…` runs a program of the tree.
  package func run(_ script: String, timeout: Duration = .seconds(120)) async throws -> ToolResult {
    guard let tree = peer.folder else { throw MissingTool(tool: Tool("systemd-sysext", in: peer)) }
    return try await TempFolder.with(.memory) { folder in
      try await Tool("unshare").run(
        [
          "--mount", "--propagation", "private", "bash", "-c", Self.prologue + script, "bash", tree.string,
          folder.path.string,
        ], timeout: timeout)
    }
  }

  /// Sets the tree up: systemd-sysext needs a shared mount, and may write only where a tmpfs lies over the tree.
  private static let prologue = """
    set -euo pipefail
    tree=$1 kind=sysext folder=/var/lib/extensions hierarchies="(/usr|/opt)"
    mount -t tmpfs -o mode=755 test "$2"
    root=$2/root log=$2/log
    mkdir "$root"; : >"$log"
    trap 'cat "$log" >&2' EXIT
    mount --bind "$tree" "$root"
    mount --make-rshared "$root"
    mount -o remount,bind,ro "$root"
    for part in run tmp var etc mnt; do mount -t tmpfs -o mode=755 test "$root/$part"; done
    cp -a "$tree/etc/." "$root/etc/"
    mkdir -p "$root$folder" "$root/var/tmp" "$root/run/systemd"
    mount --rbind /dev "$root/dev"
    mount -t proc proc "$root/proc"
    mount -t sysfs sysfs "$root/sys"
    inside() { chroot "$root" "$@"; }
    # place NAME IMAGE: shows an image to the tree, and takes nobody a chance to write to it.
    place() {
      : >"$root$folder/$1.raw"
      mount --bind "$2" "$root$folder/$1.raw"
      mount -o remount,bind,ro "$root$folder/$1.raw"
    }
    # Without device-mapper systemd cannot open what has dm-verity: let it take the data alone.
    if [[ ! -e /sys/class/misc/device-mapper ]]; then
      export SYSTEMD_DISSECT_VERITY_EMBEDDED=0 SYSTEMD_DISSECT_VERITY_SIDECAR=0 SYSTEMD_DISSECT_VERITY_GUESS=0
    fi

    """

  /// The lines of a debug log that tell why.
  private func reasons(_ log: String) -> String {
    let noise = ["dlopen", "libbpf", "cgroup", "Found container", "Bus ", "udev", "Successfully"]
    return log.split(separator: "\n").filter { line in !noise.contains { line.contains($0) } }.suffix(40)
      .joined(separator: "\n")
  }

  private func quoted(_ word: String) -> String {
    "'" + word.replacing("'", with: "'\\''") + "'"
  }
}
