/// A file of a package, as the header describes it.
///
/// A view of the list's columns: what is asked for is decoded then.
public struct RPMFile: Sendable {
  let columns: FileColumns
  /// Its place in the header's order, which is what payloads without names go by.
  public let index: Int

  /// What a file is for (rpmfiles.h, `rpmfileAttrs`).
  public struct Flags: OptionSet, Sendable, Hashable {
    /// rpm's bits.
    public let rawValue: UInt32
    /// Takes rpm's bits.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Configuration.
    public static let config = Flags(rawValue: 1 << 0)
    /// Documentation.
    public static let doc = Flags(rawValue: 1 << 1)
    /// An icon.
    public static let icon = Flags(rawValue: 1 << 2)
    /// No fault when it is missing.
    public static let missingOK = Flags(rawValue: 1 << 3)
    /// Configuration that an update leaves alone when it was changed.
    public static let noReplace = Flags(rawValue: 1 << 4)
    /// A source package's spec file.
    public static let specFile = Flags(rawValue: 1 << 5)
    /// Owned but not in the payload.
    public static let ghost = Flags(rawValue: 1 << 6)
    /// A licence.
    public static let license = Flags(rawValue: 1 << 7)
    /// A README.
    public static let readme = Flags(rawValue: 1 << 8)
    /// A public key.
    public static let publicKey = Flags(rawValue: 1 << 11)
    /// A by-product of the build.
    public static let artifact = Flags(rawValue: 1 << 12)
  }

  /// What it is.
  public enum Kind: UInt16, Sendable, Hashable {
    /// A named pipe.
    case fifo = 0o010000
    /// A character device.
    case characterDevice = 0o020000
    /// A directory.
    case directory = 0o040000
    /// A block device.
    case blockDevice = 0o060000
    /// A regular file.
    case regular = 0o100000
    /// A symbolic link.
    case symlink = 0o120000
    /// A socket.
    case socket = 0o140000
  }

  /// The path's bytes, as rpm prints them: of a source package a name, otherwise absolute.
  public var path: [UInt8] { columns.paths.path(index) }
  /// Kind and permissions, as in `st_mode`.
  public var mode: UInt16 { UInt16(truncatingIfNeeded: columns.modes[index]) }
  /// The permissions.
  public var permissions: UInt16 { mode & 0o7777 }
  /// What it is.
  public var kind: Kind { Kind(rawValue: mode & 0o170000) ?? .regular }
  /// When it was changed, in seconds since 1970.
  public var modificationTime: UInt32 { UInt32(truncatingIfNeeded: columns.mtimes[index]) }
  /// The length of a regular file or of a link's target.
  public var byteCount: UInt64 { columns.sizes[index] }
  /// The owner's name.
  public var userName: String { columns.userNames.string(index) }
  /// The group's name.
  public var groupName: String { columns.groupNames.string(index) }
  /// What it is for.
  public var flags: Flags { Flags(rawValue: columns.number(columns.flags, index)) }
  /// The target of a symbolic link; otherwise empty.
  public var linkTarget: [UInt8] { columns.linkTargets?[index] ?? [] }
  /// The digest of its content; `nil` where there is none: of ghosts, and of what is not regular.
  public var digest: [UInt8]? { columns.digest(index) }
  /// Whether there is one.
  var hasDigest: Bool { columns.hasDigest(index) }
  /// Which digest that is.
  public var digestAlgorithm: RPMDigestAlgorithm { columns.digestAlgorithm }
  /// Of a device, its number: the upper and the lower byte of what rpm keeps.
  public var deviceNumber: (major: UInt32, minor: UInt32) {
    let number = columns.number(columns.deviceNumbers, index)
    return (number >> 8 & 0xFF, number & 0xFF)
  }
  /// With `inode`, what hard links have in common.
  public var device: UInt32 { columns.number(columns.devices, index) }
  /// With `device`, what hard links have in common; 0 for none.
  public var inode: UInt32 { columns.number(columns.inodes, index) }
  /// 1 for a 32-bit program, 2 for a 64-bit one, 0 for other files.
  public var color: UInt32 { columns.number(columns.colors, index) }
  /// What `rpm -V` compares (rpmfiles.h, `rpmVerifyAttrs`).
  public var verifyFlags: UInt32 { columns.verifyFlags.map { columns.number($0, index) } ?? .max }
  /// Its capabilities as text, such as `cap_net_raw=ep`; `nil` for most.
  public var capabilityText: String? { columns.optional(columns.capabilities, index) }
  /// The languages that it is for; empty for all.
  public var languages: [String] {
    columns.optional(columns.languages, index)?.split(separator: "|").map(String.init) ?? []
  }
  /// What the program file says of it; `nil` where it was not asked.
  public var fileClass: String? { columns.lookup(columns.classes, in: columns.classNames, index) }
  /// Its MIME type; `nil` in packages before format 6.
  public var mimeType: String? { columns.lookup(columns.mimeIndexes, in: columns.mimeTypes, index) }
}
