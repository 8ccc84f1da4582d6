import ImageCore
import RPM

/// A package made by hand out of files, with an uncompressed payload and no digests.
package struct MadePackage: Sendable {
  /// A file of it.
  package struct File: Sendable {
    package var path: String
    package var mode: UInt16
    package var content: [UInt8]
    package var target: String = ""
    package var user = "root"
    package var group = "root"
    package var flags: UInt32 = 0
    package var color: UInt32 = 0
    package var capabilities = ""
    package var device: UInt16 = 0
    /// Equal numbers other than 0 are hard links.
    package var link: UInt32 = 0

    package init(_ path: String, _ content: String = "", mode: UInt16 = 0o100644) {
      self.path = path
      self.mode = mode
      self.content = Array(content.utf8)
    }

    package static func directory(_ path: String, _ permissions: UInt16 = 0o755) -> File {
      File(path, mode: 0o040000 | permissions)
    }

    package static func symlink(_ path: String, to target: String) -> File {
      var file = File(path, mode: 0o120777)
      file.target = target
      return file
    }

    package func with(_ change: (inout File) -> Void) -> File {
      var copy = self
      change(&copy)
      return copy
    }
  }

  package var name: String
  package var version = "1"
  package var release = "2"
  package var architecture = "x86_64"
  package var files: [File]
  /// Further tags, or others than those that follow from the above.
  package var tags: [(UInt32, HeaderCraft.Value)] = []
  package var time: UInt32 = 1_600_000_000

  package init(_ name: String, _ files: [File], tags: [(UInt32, HeaderCraft.Value)] = []) {
    self.name = name
    self.files = files
    self.tags = tags
  }

  package var fileName: String { "\(name)-\(version)-\(release).\(architecture).rpm" }

  /// The package's bytes.
  package var bytes: [UInt8] { bytes(payload: archive.bytes) }

  /// The bytes with another form of the payload, which a tag must name.
  package func bytes(payload: [UInt8]) -> [UInt8] { PackageCraft.package(HeaderCraft(values), payload: payload) }

  private var values: [(UInt32, HeaderCraft.Value)] {
    var values: [(UInt32, HeaderCraft.Value)] = [
      (1000, .string(name)), (1001, .string(version)), (1002, .string(release)), (1006, .int32([time])),
      (1022, .string(architecture)), (1044, .string("\(name)-\(version)-\(release).src.rpm")),
    ]
    if !files.isEmpty {
      var folders: [String] = []
      var indexes: [UInt32] = []
      for file in files {
        let folder = file.path.split(separator: "/").dropLast().map { "\($0)/" }.joined()
        let index = folders.firstIndex(of: "/" + folder) ?? folders.count
        if index == folders.count { folders.append("/" + folder) }
        indexes.append(UInt32(index))
      }
      values += [
        (1028, .int32(files.map { UInt32($0.target.isEmpty ? $0.content.count : $0.target.utf8.count) })),
        (1030, .int16(files.map(\.mode))), (1033, .int16(files.map(\.device))),
        (1034, .int32(files.map { _ in time })), (1036, .strings(files.map(\.target))),
        (1037, .int32(files.map(\.flags))), (1039, .strings(files.map(\.user))), (1040, .strings(files.map(\.group))),
        (1095, .int32(files.map { _ in 1 })),
        (1096, .int32(files.enumerated().map { $1.link == 0 ? UInt32($0 + 1_000_000) : $1.link })),
        (1116, .int32(indexes)),
        (1117, .strings(files.map { String($0.path.split(separator: "/").last ?? "") })), (1118, .strings(folders)),
        (1140, .int32(files.map(\.color))),
      ]
      if files.contains(where: { !$0.capabilities.isEmpty }) {
        values.append((5010, .strings(files.map(\.capabilities))))
      }
    }
    for (tag, value) in tags {
      values.removeAll { $0.0 == tag }
      values.append((tag, value))
    }
    return values.sorted { $0.0 < $1.0 }
  }

  /// As rpm has it: of hard links, the last one has the content.
  package var archive: CpioCraft {
    var archive = CpioCraft()
    for (index, file) in files.enumerated() where file.flags & 1 << 6 == 0 {
      let isLast = file.link == 0 || !files.dropFirst(index + 1).contains { $0.link == file.link }
      let data = file.target.isEmpty ? (isLast ? file.content : []) : Array(file.target.utf8)
      archive.add("." + file.path, mode: UInt32(file.mode), data)
    }
    archive.addTrailer()
    return archive
  }
}
