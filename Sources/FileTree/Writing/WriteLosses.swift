import ImageCore
import Synchronization

/// Counts what could not be written, on any thread.
final class WriteLosses: Sendable {
  enum Kind: Int, CaseIterable {
    case owner, setUserID, extendedAttribute, device
  }

  private let counts = Mutex([Int](repeating: 0, count: Kind.allCases.count))

  func count(_ kind: Kind) { counts.withLock { $0[kind.rawValue] += 1 } }

  /// One finding for each kind of loss that happened.
  ///
  /// - Parameter ownersAreWanted: Whether somebody expects owners, so that it is worth a word that there are none.
  /// - Returns: The findings.
  func findings(ownersAreWanted: Bool) -> [Finding] {
    let counts = counts.withLock { $0 }
    return Kind.allCases.compactMap { kind in
      let count = counts[kind.rawValue]
      if count == 0 { return nil }
      switch kind {
      case .owner where !ownersAreWanted: return nil
      case .owner:
        return Finding(
          .note, "owners-not-restored", "\(count) files belong to others in the image; only root sets owners")
      case .setUserID:
        return Finding(
          .warning, "set-user-id-dropped",
          "\(count) files lost their set-user-ID or set-group-ID bit, as they belong to somebody else now")
      case .extendedAttribute:
        return Finding(
          .warning, "xattrs-not-restored",
          "\(count) extended attributes could not be set: not permitted, or not known to the file system")
      case .device:
        return Finding(.warning, "devices-left-out", "\(count) device files were left out; only root makes them")
      }
    }
  }
}
