import CLinux
import Foundation
package import SystemPackage

/// What a test gives an entry beside its content.
package struct Attributes: Sendable {
  package var mode: UInt32
  package var uid: UInt32 = 0
  package var gid: UInt32 = 0
  package var seconds: Int64 = Attributes.usualTime
  package var nanoseconds: Int = 0
  package var xattrs: [(name: RawName, value: [UInt8])] = []

  /// The time of all that has no time of its own.
  package static let usualTime: Int64 = 1_600_000_000

  package init(mode: UInt32, uid: UInt32 = 0, gid: UInt32 = 0) {
    self.mode = mode
    self.uid = uid
    self.gid = gid
  }

  package static let file = Attributes(mode: 0o644)
  package static let program = Attributes(mode: 0o755)
  package static let folder = Attributes(mode: 0o755)

  package static func mode(_ mode: UInt32) -> Attributes { Attributes(mode: mode) }
  package static func owner(_ uid: UInt32, _ gid: UInt32) -> Attributes { Attributes(mode: 0o644, uid: uid, gid: gid) }

  package func time(_ seconds: Int64, _ nanoseconds: Int = 0) -> Attributes {
    var copy = self
    copy.seconds = seconds
    copy.nanoseconds = nanoseconds
    return copy
  }

  package func xattr(_ name: RawName, _ value: [UInt8]) -> Attributes {
    var copy = self
    copy.xattrs.append((name, value))
    return copy
  }
}

/// Makes a tree on disk by plain system calls: names are bytes, and every attribute is what the test says.
///
/// Paths are relative to the root; missing folders are made. `finish()` gives the folders their times.
package struct TreeBuilder: ~Copyable {
  /// A system call that failed, and on what.
  package struct Failure: Error, CustomStringConvertible {
    package let call: String
    package let path: RawName
    package let code: Errno
    package var description: String { "\(call) \(path): \(code)" }
  }

  private let root: FileDescriptor
  private var folders: [RawName: Attributes] = [:]
  /// The folder of the last entry, kept open: the next one is most likely there, too.
  private var open: (path: RawName, file: FileDescriptor)?

  /// Starts a tree in a folder that is made if need be.
  package init(root path: FilePath, _ attributes: Attributes = .folder) throws {
    let name = RawName(path.string)
    if mkdir(path.string, 0o755) != 0 && errno != EEXIST {
      throw Failure(call: "mkdir", path: name, code: Errno(rawValue: errno))
    }
    root = try FileDescriptor.open(path, .readOnly, options: [.directory, .closeOnExec])
    folders[RawName([])] = attributes
  }

  deinit {
    try? open?.file.close()
    try? root.close()
  }

  /// Makes a tree in one go.
  package static func build(
    _ path: FilePath, root attributes: Attributes = .folder, _ body: (inout TreeBuilder) throws -> Void
  ) throws {
    var builder = try TreeBuilder(root: path, attributes)
    try body(&builder)
    try builder.finish()
  }

  // MARK: entries

  package mutating func directory(_ path: RawName, _ attributes: Attributes = .folder) throws {
    if folders[path] == nil {
      let (parent, name) = try place(path)
      try check("mkdirat", path) { withBytes(name) { mkdirat(parent, $0, 0o700) } }
    }
    folders[path] = attributes
  }

  package mutating func file(_ path: RawName, _ content: Content = .bytes([]), _ attributes: Attributes = .file) throws
  {
    let bytes = content.bytes
    try makeFile(path, UInt64(bytes.count), [(0, bytes)], attributes)
  }

  /// A file of `byteCount` bytes in which only the parts are stored.
  package mutating func sparseFile(
    _ path: RawName, _ byteCount: UInt64, _ parts: [(offset: UInt64, content: Content)] = [],
    _ attributes: Attributes = .file
  ) throws {
    try makeFile(path, byteCount, parts.map { ($0.offset, $0.content.bytes) }, attributes)
  }

  package mutating func symlink(
    _ path: RawName, to target: RawName, _ attributes: Attributes = Attributes(mode: 0o777)
  ) throws {
    let (parent, name) = try place(path)
    try check("symlinkat", path) { withBytes(target) { target in withBytes(name) { symlinkat(target, parent, $0) } } }
    try apply(attributes, path, parent, name, isSymlink: true)
  }

  /// A second name for an entry that exists.
  package mutating func link(_ path: RawName, to existing: RawName) throws {
    // Both folders are needed at once: the first is opened apart.
    let source = try walk(to: existing.split.folder)
    defer { try? source.close() }
    let (parent, name) = try place(path)
    try check("linkat", path) {
      withBytes(existing.split.name) { old in withBytes(name) { linkat(source.rawValue, old, parent, $0, 0) } }
    }
  }

  package mutating func fifo(_ path: RawName, _ attributes: Attributes = .file) throws {
    try node(path, UInt32(S_IFIFO), 0, attributes)
  }

  package mutating func socket(_ path: RawName, _ attributes: Attributes = .program) throws {
    try node(path, UInt32(S_IFSOCK), 0, attributes)
  }

  package mutating func characterDevice(
    _ path: RawName, _ major: UInt64, _ minor: UInt64, _ attributes: Attributes = .mode(0o600)
  ) throws {
    try node(path, UInt32(S_IFCHR), Self.device(major, minor), attributes)
  }

  package mutating func blockDevice(
    _ path: RawName, _ major: UInt64, _ minor: UInt64, _ attributes: Attributes = .mode(0o600)
  ) throws {
    try node(path, UInt32(S_IFBLK), Self.device(major, minor), attributes)
  }

  /// Gives folders their owners, modes, xattrs and, deepest first, their times.
  package mutating func finish() throws {
    for (path, attributes) in folders.sorted(by: { $0.key > $1.key }) {
      if path.bytes.isEmpty {
        try apply(attributes, ".", root.rawValue, ".")
      } else {
        let parent = try walk(to: path.split.folder)
        defer { try? parent.close() }
        try apply(attributes, path, parent.rawValue, path.split.name)
      }
    }
  }

  /// Gives all names anew in another order, so that a tmpfs tells them in another order, too.
  package mutating func shuffle(seed: UInt64) throws {
    var generator = SplitMix64(seed: seed)
    for path in folders.keys.sorted() {
      let folder = try walk(to: path)
      let names = try directoryNames(path, folder.rawValue).sorted().shuffled(using: &generator)
      for name in names {
        for (old, new) in [(name, "\u{1}moved"), ("\u{1}moved", name)] as [(RawName, RawName)] {
          try check("renameat", path / name) {
            withBytes(old) { old in withBytes(new) { renameat(folder.rawValue, old, folder.rawValue, $0) } }
          }
        }
      }
      try folder.close()
    }
  }

  // MARK: how

  private static func device(_ major: UInt64, _ minor: UInt64) -> UInt64 {
    (major & 0xFFF) << 8 | (major & ~0xFFF) << 32 | (minor & 0xFF) | (minor & ~0xFF) << 12
  }

  private mutating func makeFile(
    _ path: RawName, _ byteCount: UInt64, _ parts: [(UInt64, [UInt8])], _ attributes: Attributes
  ) throws {
    let (parent, name) = try place(path)
    let number = try check("openat", path) {
      withBytes(name) { openat(parent, $0, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600) }
    }
    let file = FileDescriptor(rawValue: number)
    try file.closeAfter {
      for (offset, bytes) in parts where !bytes.isEmpty {
        _ = try file.writeAll(toAbsoluteOffset: Int64(offset), bytes)
      }
      try check("ftruncate", path) { ftruncate(number, off_t(byteCount)) }
    }
    try apply(attributes, path, parent, name)
  }

  private mutating func node(_ path: RawName, _ type: UInt32, _ device: UInt64, _ attributes: Attributes) throws {
    let (parent, name) = try place(path)
    try check("mknodat", path) { withBytes(name) { mknodat(parent, $0, type | 0o600, dev_t(device)) } }
    try apply(attributes, path, parent, name)
  }

  /// Opens, and makes where needed, the folder in which `path` goes.
  private mutating func place(_ path: RawName) throws -> (parent: CInt, name: RawName) {
    let (folder, name) = path.split
    if folder.bytes.isEmpty { return (root.rawValue, name) }
    if let open, open.path == folder { return (open.file.rawValue, name) }
    if folders[folder] == nil { try directory(folder) }
    let file = try walk(to: folder)
    try open?.file.close()
    open = (folder, file)
    return (file.rawValue, name)
  }

  /// Opens a folder step by step: a path may be longer than PATH_MAX.
  private func walk(to path: RawName) throws -> FileDescriptor {
    var file = try root.duplicate()
    for part in path.bytes.split(separator: 47) {
      let next = try check("openat", path) {
        withBytes(RawName(Array(part))) { openat(file.rawValue, $0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
      }
      try file.close()
      file = FileDescriptor(rawValue: next)
    }
    return file
  }

  /// In the order in which nothing undoes what came before: chown takes setuid and capabilities away, all but utimensat
  /// change times.
  private func apply(
    _ attributes: Attributes, _ path: RawName, _ parent: CInt, _ name: RawName, isSymlink: Bool = false
  ) throws {
    try check("fchownat", path) {
      withBytes(name) { fchownat(parent, $0, attributes.uid, attributes.gid, AT_SYMLINK_NOFOLLOW) }
    }
    if !isSymlink { try check("fchmodat", path) { withBytes(name) { fchmodat(parent, $0, attributes.mode, 0) } } }
    let entry = RawName("/proc/self/fd/\(parent)") / name
    for (attribute, value) in attributes.xattrs {
      try check("lsetxattr \(attribute) of", path) {
        withBytes(entry) { entry in withBytes(attribute) { lsetxattr(entry, $0, value, value.count, 0) } }
      }
    }
    let time = timespec(tv_sec: Int(attributes.seconds), tv_nsec: attributes.nanoseconds)
    try check("utimensat", path) {
      withBytes(name) { utimensat(parent, $0, [time, time], AT_SYMLINK_NOFOLLOW) }
    }
  }
}

/// The names in an open folder in the file system's own order, without "." and "..".
func directoryNames(_ path: RawName, _ folder: CInt) throws -> [RawName] {
  // The stream closes its descriptor, and has its own position.
  let own = try check("open", path) { openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
  guard let stream = fdopendir(own) else {
    throw TreeBuilder.Failure(call: "fdopendir", path: path, code: Errno(rawValue: errno))
  }
  defer { closedir(stream) }
  var names: [RawName] = []
  while true {
    errno = 0
    guard let entry = readdir(stream) else {
      if errno != 0 { throw TreeBuilder.Failure(call: "readdir", path: path, code: Errno(rawValue: errno)) }
      return names
    }
    let start = UnsafeRawPointer(entry) + (MemoryLayout<dirent>.offset(of: \.d_name) ?? 0)
    let length = strlen(start.assumingMemoryBound(to: CChar.self))
    let name = RawName([UInt8](UnsafeRawBufferPointer(start: start, count: length)))
    if name != "." && name != ".." { names.append(name) }
  }
}

/// Calls with a name as C wants it.
func withBytes<R>(_ name: RawName, _ body: (UnsafePointer<CChar>) -> R) -> R {
  (name.bytes.map(CChar.init(bitPattern:)) + [0]).withUnsafeBufferPointer { buffer in
    guard let start = buffer.baseAddress else { preconditionFailure("an array with a NUL in it is never empty") }
    return body(start)
  }
}

@discardableResult
private func check(_ call: String, _ path: RawName, _ body: () -> CInt) throws -> CInt {
  let result = body()
  if result == -1 { throw TreeBuilder.Failure(call: call, path: path, code: Errno(rawValue: errno)) }
  return result
}
