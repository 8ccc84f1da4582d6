public import EROFS
public import GPT
public import ImageCore
public import SystemPackage

/// An image, open for reading: its partition table, if it has one, and the file system in it.
///
/// ```swift
/// let image = try SysextImage.open("debug-4.2.x86-64.raw")
/// if let release = try image.fileSystem.lookup("/usr/lib/os-release") {
///   print(String(decoding: try image.fileSystem.content(of: release).bytes(), as: UTF8.self))
/// }
/// ```
public struct DiskImage: Sendable {
  /// The whole image.
  public let store: ByteStore
  /// What the image is called, for messages and for the rules that depend on it; `nil` for bytes without a name.
  public let fileName: String?
  /// The partition table's copies; `nil` for a file system alone.
  public let gpt: GPTReading?
  /// The partition with the file system: the first that systemd would take for root or usr.
  public let partition: Partition?
  /// The file system.
  public let fileSystem: ErofsFileSystem
  /// The file system's bytes in the image: a partition's, or all.
  public let fileSystemRange: Range<UInt64>
  /// What is wrong with the table, or worth knowing.
  public let findings: [Finding]

  /// Opens an image whose bytes are anywhere.
  ///
  /// - Parameters:
  ///   - store: The image.
  ///   - fileName: What it is called.
  ///   - devices: The further devices of a file system that has its data on several, in the order of its table.
  /// - Throws: `.unsupported` or `.corrupt` for what holds no EROFS file system; the source's errors.
  public init(
    _ store: ByteStore, fileName: String? = nil, devices: [ByteStore] = []
  ) throws(ImageError) {
    try self.init(store, fileName: fileName) { (store) throws(ImageError) in
      try ErofsFileSystem(store, devices: devices)
    }
  }

  /// Opens an image that is to be examined: what is wrong with its superblock is for the check to report.
  init(examining store: ByteStore, fileName: String?, devices: [ByteStore]) throws(ImageError) {
    try self.init(store, fileName: fileName) { (store) throws(ImageError) in
      try ErofsFileSystem(examining: store, devices: devices)
    }
  }

  private init(
    _ store: ByteStore, fileName: String?, _ open: (ByteStore) throws(ImageError) -> ErofsFileSystem
  ) throws(ImageError) {
    self.store = store
    self.fileName = fileName
    (gpt, partition, fileSystem, fileSystemRange, findings) = try inFile(store.name) { () throws(ImageError) in
      let reading: GPTReading
      do throws(ImageError) { reading = try GPTReading(store) } catch {
        guard error.code == .notFound else { throw error }
        let (fileSystem, range, findings) = try Self.withoutGPT(store, error, open)
        return (nil, nil, fileSystem, range, findings)
      }
      guard let partition = Self.dataPartition(of: try reading.table) else {
        throw ImageError(.notFound, "no partition that systemd would take for root or usr")
      }
      let range = try partition.byteRange
      let fileSystem = try inContext(partition.place) { () throws(ImageError) in
        try open(try store.slice(range))
      }
      return (reading, partition, fileSystem, range, reading.findings)
    }
  }

  /// A file system alone, or the one in the only Linux partition of an older sort of table.
  private static func withoutGPT(
    _ store: ByteStore, _ reason: ImageError, _ open: (ByteStore) throws(ImageError) -> ErofsFileSystem
  ) throws(ImageError) -> (ErofsFileSystem, Range<UInt64>, [Finding]) {
    let failure: ImageError
    do throws(ImageError) {
      return (
        try open(store), 0..<store.byteCount,
        [Finding(.note, "no-partition-table", "a file system alone, without a partition table")]
      )
    } catch { failure = error }
    // What a magic number names is that, whatever its first sector looks like.
    guard failure.code == .corrupt, failure.offset == store.baseOffset + 1024 else { throw failure }
    guard let table = try MBRTable(store) else {
      let first = try store.bytes(at: 0, upTo: ProtectiveMBR.byteCount)
      throw (try? ProtectiveMBR(first.rawSpan))?.protectiveRecord == nil ? failure : reason
    }
    let linux = table.partitions.filter(\.isLinux)
    guard linux.count == 1, let partition = linux.first else {
      throw ImageError(
        .unsupported, "an MBR partition table, without a GPT and without a single Linux partition (\(table))")
    }
    let finding = Finding(
      .warning, "mbr-partition-table", place: partition.place,
      "the file system is in a partition of an MBR, without a GPT; systemd reads that only from an active partition"
        + " (\(table))")
    do throws(ImageError) {
      let fileSystem = try open(try store.slice(partition.byteRange))
      return (fileSystem, partition.byteRange, [finding])
    } catch {
      throw error.saying("\(error.message) (\(table))").inContext(partition.place)
    }
  }

  /// Opens an image file.
  ///
  /// - Throws: `.notFound`, `.io`; `.unsupported` or `.corrupt` for what holds no EROFS file system.
  public init(contentsOf path: FilePath, devices: [ByteStore] = []) throws(ImageError) {
    try self.init(try ByteStore(contentsOf: path), fileName: path.lastComponent?.string, devices: devices)
  }

  /// This machine's architecture first, as systemd does; then any other; then a lone generic partition.
  private static func dataPartition(of table: PartitionTable) -> Partition? {
    let data = table.partitions.filter { $0.type?.role == .data && !$0.attributes.contains(.noAuto) }
    let generic = table.partitions.filter { PartitionType.name(of: $0.typeGUID) == "linux-generic" }
    return data.first { $0.type?.architecture == .native } ?? data.first
      ?? (generic.count == 1 ? generic.first : nil)
  }
}

/// Opens an image file: `SysextImage.open("debug-4.2.x86-64.raw")`.
///
/// - Throws: `.notFound`, `.io`; `.unsupported` or `.corrupt` for what holds no EROFS file system.
public func open(_ path: FilePath, devices: [ByteStore] = []) throws(ImageError) -> DiskImage {
  try DiskImage(contentsOf: path, devices: devices)
}

/// Opens an image whose bytes are anywhere.
///
/// - Throws: `.unsupported` or `.corrupt` for what holds no EROFS file system; the source's errors.
public func open(
  _ store: ByteStore, fileName: String? = nil, devices: [ByteStore] = []
) throws(ImageError) -> DiskImage {
  try DiskImage(store, fileName: fileName, devices: devices)
}
