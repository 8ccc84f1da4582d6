public import EROFS
public import GPT
public import ImageCore

/// What was built.
public struct BuildReport: Sendable {
  /// The names that the image goes by.
  public var name: ExtensionName
  /// The processor architecture that it is for.
  public var architecture: Architecture
  /// The length of the image file.
  public var byteCount: UInt64
  /// Where all UUIDs come from.
  public var seed: Seed
  /// The partition table; none for a file system alone.
  public var partitionTable: PartitionTable?
  /// The root hash of the dm-verity tree; none without one.
  public var rootHash: [UInt8]?
  /// The file system.
  public var erofs: ErofsReport
  /// The release that systemd reads.
  public var release: ExtensionRelease
  /// Warnings and notes of all steps.
  public var findings: [Finding]
}
