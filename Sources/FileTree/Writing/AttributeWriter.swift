import ImageCore
import SystemPackage

/// Gives files on disk their owner, mode, extended attributes and time.
struct AttributeWriter: Sendable {
  /// Whether owners are set; else all belongs to whoever writes.
  let setsOwners: Bool
  let setsExtendedAttributes: Bool
  /// Whether modes of directories do not bind whoever writes.
  var canPassAll: Bool { owner.uid == 0 }
  /// Whom files belong to that nobody gives an owner.
  let owner: (uid: UInt32, gid: UInt32)
  /// The bits of a mode that a new file has when it was asked for them.
  let modeMask: UInt32
  let losses: WriteLosses

  /// With what mode to make a file: its own if that is what it would get.
  ///
  /// - Returns: The mode, and whether `apply` has to set another.
  func creationMode(_ attributes: FileAttributes) -> (mode: UInt32, isFinal: Bool) {
    let wanted = UInt32(attributes.permissions)
    return wanted & ~modeMask == 0 ? (wanted, true) : (0o600, false)
  }

  /// Sets all of an open file's attributes, in the order in which none undoes another: an owner takes set-user-ID bits
  /// and capabilities away, all but the time change the time.
  func apply(
    _ attributes: FileAttributes, to file: FileDescriptor, isDirectory: Bool, hasMode: Bool = false
  ) throws(Errno) {
    let mode = try setOwner(attributes, isDirectory: isDirectory) { (uid, gid) throws(Errno) in
      try POSIX.changeOwner(file, uid, gid)
    }
    if !hasMode || mode != attributes.permissions { try POSIX.changeMode(file, UInt32(mode)) }
    try setExtended(attributes) { (attribute) throws(Errno) in
      try POSIX.setExtendedAttribute(attribute.name, to: attribute.value, of: file)
    }
    try POSIX.setTimes(file, seconds: attributes.modified.seconds, nanoseconds: attributes.modified.nanoseconds)
  }

  /// The same for what cannot be opened: a symbolic link, which has no mode, or a special file.
  func apply(
    _ attributes: FileAttributes, to name: FileName, in directory: FileDescriptor, isSymlink: Bool
  ) throws(Errno) {
    let mode = try setOwner(attributes, isDirectory: isSymlink) { (uid, gid) throws(Errno) in
      try POSIX.changeOwner(name.bytes, in: directory, uid, gid)
    }
    if !isSymlink { try POSIX.changeMode(name.bytes, in: directory, UInt32(mode)) }
    try setExtended(attributes) { (attribute) throws(Errno) in
      try POSIX.setExtendedAttribute(attribute.name, to: attribute.value, of: name.bytes, in: directory)
    }
    try POSIX.setTimes(
      name.bytes, in: directory, seconds: attributes.modified.seconds, nanoseconds: attributes.modified.nanoseconds)
  }

  /// Sets the owner, and says which mode the file may have then.
  ///
  /// Set-user-ID for somebody else than the image says would be a gift to all who can run the file.
  private func setOwner(
    _ attributes: FileAttributes, isDirectory: Bool, _ change: (UInt32, UInt32) throws(Errno) -> Void
  ) throws(Errno) -> UInt16 {
    let (uid, gid) = (attributes.uid, attributes.gid)
    if uid == owner.uid, gid == owner.gid { return attributes.permissions }
    if setsOwners {
      do throws(Errno) {
        try change(uid, gid)
        return attributes.permissions
      } catch {
        // In a user namespace root may give files to some only.
        guard error == .notPermitted || error == .invalidArgument else { throw error }
      }
    }
    losses.count(.owner)
    if isDirectory { return attributes.permissions }
    let lost = (uid == owner.uid ? 0 : 0o4000) | (gid == owner.gid ? 0 : 0o2000) as UInt16
    if attributes.permissions & lost != 0 { losses.count(.setUserID) }
    return attributes.permissions & ~lost
  }

  private func setExtended(
    _ attributes: FileAttributes, _ set: (ExtendedAttribute) throws(Errno) -> Void
  ) throws(Errno) {
    guard setsExtendedAttributes else { return }
    for attribute in attributes.extendedAttributes {
      do throws(Errno) { try set(attribute) } catch {
        // Not for this user, not on this kind of file, or not in this file system.
        guard error == .notPermitted || error == .permissionDenied || error == .notSupported else { throw error }
        losses.count(.extendedAttribute)
      }
    }
  }
}
