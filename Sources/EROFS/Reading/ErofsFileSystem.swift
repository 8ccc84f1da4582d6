public import FileTree
public import ImageCore

/// An EROFS file system, open for reading.
///
/// Pure reading of bytes: no mount, no privileges. Nothing in the image is trusted: whatever the bytes are, calls end
/// with a result or an error that names the place. Little is kept in memory, values are cheap, and any number of tasks
/// may use one at the same time.
///
/// ```swift
/// let image = try ErofsFileSystem(ByteStore(contentsOf: "root.erofs"))
/// if let release = try image.lookup("/usr/lib/os-release", followingLinks: true) {
///   print(String(decoding: try image.content(of: release).bytes(), as: UTF8.self))
/// }
/// ```
public struct ErofsFileSystem: Sendable {
  /// What the superblock says.
  public let superblock: ErofsSuperblock
  let volume: ErofsVolume
  /// What is wrong with the superblock, of a file system that is examined.
  private(set) var superblockFaults: [ImageError] = []

  /// Opens the file system that begins at byte 0 of `store`.
  ///
  /// - Parameters:
  ///   - store: The image, or the first device of an image that has several.
  ///   - devices: The other devices in the order of the image's table, where files' data is on such; without them all
  ///     but that data can be read.
  /// - Throws: `.unsupported` for another file system and for features that this version does not read, by name;
  ///   `.truncated`, `.corrupt`, and `.mismatch` for a wrong checksum; `.invalidArgument` for more devices than the
  ///   image has.
  public init(_ store: ByteStore, devices: [ByteStore] = []) throws(ImageError) {
    try self.init(store, devices: devices) { (fault) throws(ImageError) in throw fault }
  }

  /// Opens a file system that is to be examined: `check` reports the superblock's faults that leave it readable.
  package init(examining store: ByteStore, devices: [ByteStore]) throws(ImageError) {
    var faults: [ImageError] = []
    try self.init(store, devices: devices) { (fault) throws(ImageError) in faults.append(fault) }
    superblockFaults = faults
  }

  private init(
    _ store: ByteStore, devices: [ByteStore], onFault: (ImageError) throws(ImageError) -> Void
  ) throws(ImageError) {
    (superblock, volume) = try inFile(store.name) { () throws(ImageError) in
      let (record, metabox, summary) = try ErofsSuperblock.read(store, onFault: onFault)
      return (summary, ErofsVolume(store, try Devices(store, record, given: devices), record, metabox: metabox))
    }
  }

  /// What errors call the image; `nil` where it has no name.
  package var name: String? { volume.store.name }

  /// The devices that files' data is on, besides the first one.
  public var devices: [ErofsDevice] { volume.devices.described(blockBits: volume.blockBits) }

  /// The root directory.
  public func root() throws(ImageError) -> ErofsInode { try inode(volume.rootNID) }

  /// An inode by number.
  ///
  /// - Throws: `.corrupt` when there is none that could be one; `.unsupported` for forms of later versions.
  public func inode(_ nid: UInt64) throws(ImageError) -> ErofsInode {
    try volume.withReader { (reader) throws(ImageError) in try reader.inode(nid) }
  }

  /// A directory's entries in byte order, without `.` and `..`.
  ///
  /// - Throws: `.notADirectory`; `.corrupt` for names that are unsorted, empty, too long or contain a slash.
  public func readDirectory(_ directory: ErofsInode) throws(ImageError) -> [ErofsEntry] {
    guard directory.isDirectory else {
      throw ImageError(.notADirectory, "not a directory", context: ["inode \(directory.nid)"])
    }
    return try inContext("inode \(directory.nid)") { () throws(ImageError) in
      try volume.withReader { (reader) throws(ImageError) in try reader.entries(of: directory) }
    }
  }

  /// Mode, owner, time and extended attributes.
  public func attributes(of inode: ErofsInode) throws(ImageError) -> FileAttributes {
    try volume.withReader { (reader) throws(ImageError) in try reader.attributes(of: inode) }
  }

  /// Extended attributes, in byte order of their names.
  ///
  /// - Throws: `.corrupt`, `.truncated` with the inode's number.
  public func xattrs(of inode: ErofsInode) throws(ImageError) -> [ExtendedAttribute] {
    try attributes(of: inode).extendedAttributes
  }

  /// A symbolic link's target.
  ///
  /// - Throws: `.invalidArgument` for other kinds.
  public func readLink(_ inode: ErofsInode) throws(ImageError) -> [UInt8] {
    guard inode.kind == .symlink else {
      throw ImageError(.invalidArgument, "not a symbolic link", context: ["inode \(inode.nid)"])
    }
    return try inContext("inode \(inode.nid)") { () throws(ImageError) in
      try volume.withReader { (reader) throws(ImageError) in try reader.symlinkTarget(of: inode) }
    }
  }

  /// A regular file's content, read when asked for.
  ///
  /// - Throws: `.invalidArgument` for other kinds.
  public func content(of inode: ErofsInode) throws(ImageError) -> ErofsContent { try content(of: inode, path: nil) }

  /// The same, with the path that errors are to name.
  package func content(of inode: ErofsInode, path: [FileName]?) throws(ImageError) -> ErofsContent {
    guard inode.kind == .regular else {
      throw ImageError(.invalidArgument, "not a regular file", context: ["inode \(inode.nid)"])
    }
    return ErofsContent(volume: volume, inode: inode, path: path.flatMap(NestedPath.of))
  }
}
