public import EROFS
public import FileTree
public import GPT
public import ImageCore

/// How an image is made.
///
/// The defaults make what everybody makes: a sysext with one root partition.
public struct BuildOptions: Sendable {
  /// Which release files an image gets that has none.
  public enum ReleaseFiles: String, Sendable, CaseIterable {
    /// Under the full image name and under the short one, so that every client and a short link accept it.
    case fullAndShort = "full-and-short"
    /// Under the full name alone, marked so that systemd (not sysextmgr) takes it for any name.
    case single
  }

  /// How an image can be verified while it is used.
  public enum Verity: String, Sendable, CaseIterable {
    /// Not at all.
    case none
    /// By a dm-verity tree in a partition of its own: who knows the root hash trusts the rest.
    case hash
  }

  /// A system extension or a configuration extension.
  public var kind = ExtensionKind.sysext
  /// The file system.
  public var erofs = ErofsOptions()
  /// Whether the partition's tree belongs at `/` or at `/usr`.
  public var partition = PartitionType.Designator.root
  /// The sectors of the device that the image is for.
  public var sectorSize = SectorSize.bytes512
  /// Where all UUIDs come from; `nil`: from the image's name and content.
  public var seed: Seed?
  /// Writes the file system alone, without a partition table.
  public var rawFileSystem = false
  /// How the image can be verified while it is used.
  public var verity = Verity.none
  /// Gives every file to root.
  public var allRoot = false
  /// No time in the image is later (`SOURCE_DATE_EPOCH`).
  public var latestTime: Timestamp?
  /// What the extension-release says.
  public var release = ExtensionRelease.Options()
  /// The system that the extension is for: `ID`, `VERSION_ID` and level are taken from it.
  public var osRelease: OSRelease?
  /// Which release files are written.
  public var releaseFiles = ReleaseFiles.fullAndShort
  /// Whether what would be left out is an error.
  public var isStrict = false
  /// Whether an existing file may be replaced.
  public var replacesExisting = false

  /// The defaults.
  public init() {}

  /// Checks what does not depend on the tree.
  ///
  /// - Throws: `.invalidArgument` that says what is allowed.
  public func validate() throws(ImageError) {
    guard kind == .sysext || partition == .root else {
      throw ImageError(.invalidArgument, "a confext is a root partition: systemd takes no usr partition for it")
    }
    guard verity == .none || !rawFileSystem else {
      throw ImageError(.invalidArgument, "a file system alone has no partition for a dm-verity tree")
    }
    guard verity == .none || (erofs.blockByteCount == 4096) else {
      throw ImageError(.invalidArgument, "a dm-verity tree is made for file systems with blocks of 4096 bytes")
    }
    try erofs.validate()
  }
}
