import ImageCore
import SystemPackage

/// Moves a tree that was written aside into a directory that exists.
///
/// A directory that is not there moves as a whole, a file takes another's place at once. Where directories meet, what is
/// in the old one and not in the new stays, and the old one gets the new one's attributes.
struct Merge {
  /// The target, for messages.
  let path: String
  /// Whether files may take other files' places.
  let replace: Bool

  private enum Phase {
    /// Whether everything has a place.
    case check
    case move
  }

  /// Two directories of one name.
  private struct Level {
    let name: [UInt8]
    let staged: FileDescriptor
    let target: FileDescriptor
    /// The staged one's, before anything is taken out of it.
    let attributes: DirectoryAttributes
    var rest: [[UInt8]]

    func close() {
      try? staged.close()
      try? target.close()
    }
  }

  /// Moves what is in the directory `hidden` of the target into the target, and removes `hidden`.
  func run(from hidden: [UInt8], in target: FileDescriptor) throws(ImageError) {
    // Nothing moves unless all can: a directory is in the way of a file, and of anything where nothing is replaced.
    try walk(.check, from: hidden, in: target)
    try walk(.move, from: hidden, in: target)
  }

  private func walk(_ phase: Phase, from hidden: [UInt8], in target: FileDescriptor) throws(ImageError) {
    var levels: [Level] = []
    defer { for level in levels { level.close() } }
    var name = hidden
    do throws(Errno) {
      levels.append(try enter(phase, hidden, in: target, onto: [0x2E], in: target))
      while let level = levels.last {
        guard let next = level.rest.last else {
          levels.removeLast()
          defer { level.close() }
          if phase == .move {
            try POSIX.removeDirectory(level.name, in: levels.last?.staged ?? target)
            try level.attributes.apply(to: level.target)
          }
          continue
        }
        name = next
        levels[levels.count - 1].rest.removeLast()
        if try meets(phase, name, level) {
          do throws(Errno) {
            levels.append(try enter(phase, name, in: level.staged, onto: name, in: level.target))
          } catch {
            // What its mode keeps its owner from is looked at when it is moved.
            if phase == .move || error != .permissionDenied { throw error }
          }
        }
      }
    } catch {
      let place = ([path] + (levels.dropFirst().map(\.name) + [name]).map { printable($0) }).joined(separator: "/")
      guard error == .fileExists || error == .isDirectory else { throw .io(error, "write", place) }
      throw ImageError(
        .exists, error == .isDirectory ? "exists and is a directory" : "exists already", context: [place])
    }
  }

  /// Whether `name` is a directory on both sides; else it is checked, or moved.
  private func meets(_ phase: Phase, _ name: [UInt8], _ level: Level) throws(Errno) -> Bool {
    let new = try POSIX.lstat(name, in: level.staged)
    let old: FileStatus
    do throws(Errno) { old = try POSIX.lstat(name, in: level.target) } catch {
      guard error == .noSuchFileOrDirectory else { throw error }
      if phase == .move { try move(name, new, level) }
      return false
    }
    let isDirectory = new.type == FileStatus.directory
    if isDirectory, old.type == FileStatus.directory { return true }
    if !replace { throw .fileExists }
    if old.type == FileStatus.directory { throw .isDirectory }
    if phase == .move {
      if isDirectory { try POSIX.unlink(name, in: level.target) }
      try move(name, new, level)
    }
    return false
  }

  private func move(_ name: [UInt8], _ status: FileStatus, _ level: Level) throws(Errno) {
    do throws(Errno) {
      try POSIX.move(name, in: level.staged, to: name, in: level.target, replace: replace)
    } catch {
      // To give a directory another parent, its owner must be able to write it.
      guard error == .permissionDenied, status.type == FileStatus.directory else { throw error }
      try POSIX.changeMode(name, in: level.staged, 0o700)
      try POSIX.move(name, in: level.staged, to: name, in: level.target, replace: replace)
      try POSIX.changeMode(name, in: level.target, status.mode & 0o7777)
    }
  }

  private func enter(
    _ phase: Phase, _ staged: [UInt8], in parent: FileDescriptor, onto name: [UInt8], in target: FileDescriptor
  ) throws(Errno) -> Level {
    let status = try POSIX.lstat(staged, in: parent)
    if phase == .move, POSIX.effectiveOwner.uid != 0 {
      try POSIX.changeMode(staged, in: parent, 0o700)
      // Its owner may not write it yet; it gets another mode at the end anyway.
      let old = try POSIX.lstat(name, in: target).mode & 0o7777
      if old & 0o700 != 0o700 { try? POSIX.changeMode(name, in: target, old | 0o700) }
    }
    let from = try POSIX.open(staged, in: parent, isDirectory: true)
    do throws(Errno) {
      let to = try POSIX.open(name, in: target, isDirectory: true)
      do throws(Errno) {
        return Level(
          name: staged, staged: from, target: to, attributes: try DirectoryAttributes(status, of: from),
          rest: try POSIX.names(in: from))
      } catch {
        try? to.close()
        throw error
      }
    } catch {
      try? from.close()
      throw error
    }
  }
}

/// What one directory has and another gets.
private struct DirectoryAttributes {
  private let status: FileStatus
  private let extended: [ExtendedAttribute]

  init(_ status: FileStatus, of directory: FileDescriptor) throws(Errno) {
    self.status = status
    var extended: [ExtendedAttribute] = []
    for name in try POSIX.extendedAttributeNames([0x2E], in: directory) {
      // A label that the system gave the staged directory is none of the image's.
      if name == Array("security.selinux".utf8) { continue }
      extended.append(
        ExtendedAttribute(name: name, value: try POSIX.extendedAttribute(name, of: [0x2E], in: directory)))
    }
    self.extended = extended
  }

  func apply(to directory: FileDescriptor) throws(Errno) {
    if POSIX.effectiveOwner.uid == 0 { try POSIX.changeOwner(directory, status.uid, status.gid) }
    // Not ours: then its mode and time are none of our business, either.
    do throws(Errno) { try POSIX.changeMode(directory, status.mode & 0o7777) } catch {
      if error == .notPermitted { return }
      throw error
    }
    for attribute in extended {
      try POSIX.setExtendedAttribute(attribute.name, to: attribute.value, of: directory)
    }
    try POSIX.setTimes(directory, seconds: status.seconds, nanoseconds: status.nanoseconds)
  }
}
