import ImageCore

/// A time as file systems store it.
public struct Timestamp: Hashable, Sendable, Comparable {
  /// Seconds since 1970, negative before.
  public var seconds: Int64
  /// 0 to 999,999,999, always counted forward.
  public var nanoseconds: UInt32

  /// Makes a time.
  public init(seconds: Int64, nanoseconds: UInt32 = 0) {
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }

  /// Earlier is smaller.
  public static func < (left: Timestamp, right: Timestamp) -> Bool {
    (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
  }
}

/// One extended attribute: the full name (`security.selinux`) and the value, both bytes.
public struct ExtendedAttribute: Hashable, Sendable {
  /// The full name, prefix included.
  public var name: [UInt8]
  /// The value, which may be empty.
  public var value: [UInt8]

  /// Makes an attribute.
  public init(name: [UInt8], value: [UInt8]) {
    self.name = name
    self.value = value
  }

  /// Makes an attribute.
  public init(_ name: String, _ value: some Sequence<UInt8>) {
    self.init(name: Array(name.utf8), value: Array(value))
  }
}

/// What every kind of file has.
public struct FileAttributes: Hashable, Sendable {
  /// The twelve lower bits of the mode: `rwxrwxrwx`, setuid, setgid, sticky.
  public var permissions: UInt16
  /// The owner.
  public var uid: UInt32
  /// The owning group.
  public var gid: UInt32
  /// The time of the last change of the content.
  public var modified: Timestamp
  /// Sorted by name.
  public var extendedAttributes: [ExtendedAttribute]

  /// Makes attributes; the extended ones are sorted.
  public init(
    permissions: UInt16, uid: UInt32 = 0, gid: UInt32 = 0, modified: Timestamp = Timestamp(seconds: 0),
    extendedAttributes: [ExtendedAttribute] = []
  ) {
    self.permissions = permissions & 0o7777
    self.uid = uid
    self.gid = gid
    self.modified = modified
    self.extendedAttributes =
      extendedAttributes.count < 2 ? extendedAttributes : extendedAttributes.sorted { $0.name.precedes($1.name) }
  }

  /// `root`'s directory, 0755, of 1970.
  public static let directory = FileAttributes(permissions: 0o755)
  /// `root`'s file, 0644, of 1970.
  public static let file = FileAttributes(permissions: 0o644)

  /// An extended attribute's value.
  public func extendedAttribute(_ name: String) -> [UInt8]? {
    let key = Array(name.utf8)
    return extendedAttributes.first { $0.name == key }?.value
  }
}

/// A device number as Linux prints it.
public struct DeviceNumber: Hashable, Sendable {
  /// The driver, 12 bits.
  public var major: UInt32
  /// The driver's device, 20 bits.
  public var minor: UInt32

  /// Makes a number.
  public init(major: UInt32, minor: UInt32) {
    self.major = major
    self.minor = minor
  }
}
