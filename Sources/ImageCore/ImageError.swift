public import SystemPackage

/// What went wrong, where in which file, and what to do about it.
///
/// The one error type of the package: every throwing function is declared `throws(ImageError)`. A value is one word
/// (a reference to immutable storage), so that throwing functions stay small.
public struct ImageError: Error, Sendable {
  /// What a program switches on; an open set, so that new codes break nobody.
  public struct Code: RawRepresentable, Hashable, Sendable {
    /// The word that programs see.
    public let rawValue: String

    /// Makes a code, also one that this package does not know.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The bytes end before the structure does.
    public static let truncated = Code(rawValue: "truncated")
    /// A value contradicts the format.
    public static let corrupt = Code(rawValue: "corrupt")
    /// A valid feature that this version cannot handle.
    public static let unsupported = Code(rawValue: "unsupported")
    /// No such file, partition or key.
    public static let notFound = Code(rawValue: "not-found")
    /// A directory was needed.
    public static let notADirectory = Code(rawValue: "not-a-directory")
    /// The name is taken.
    public static let exists = Code(rawValue: "exists")
    /// A format's or our own limit is exceeded.
    public static let limit = Code(rawValue: "limit")
    /// The operating system refused.
    public static let io = Code(rawValue: "io")
    /// The caller asked for something impossible.
    public static let invalidArgument = Code(rawValue: "invalid-argument")
    /// The task was cancelled.
    public static let cancelled = Code(rawValue: "cancelled")
    /// Two things that must agree do not.
    public static let mismatch = Code(rawValue: "mismatch")
    /// An input changed while it was read.
    public static let changed = Code(rawValue: "changed")
    /// Data is on a device of an image with several, and nobody gave it.
    public static let deviceMissing = Code(rawValue: "device-missing")
  }

  private final class Storage: Sendable {
    let code: Code
    let message: String
    let offset: UInt64?
    let file: String?
    let places: [String]
    let errno: Errno?

    init(
      _ code: Code, _ message: String, _ offset: UInt64?, _ file: String?, _ places: [String], _ errno: Errno?
    ) {
      self.code = code
      self.message = message
      self.offset = offset
      self.file = file
      self.places = places
      self.errno = errno
    }
  }

  private let storage: Storage

  /// Makes an error.
  ///
  /// - Parameters:
  ///   - code: What a program switches on.
  ///   - message: What is wrong and, where known, what to do.
  ///   - offset: The byte in the outermost file.
  ///   - context: Where it happened, outermost first, such as `["debug.raw", "partition 1", "/usr/bin/gdb"]`.
  ///   - errno: The operating system's reason.
  @inline(never)
  public init(
    _ code: Code, _ message: String, offset: UInt64? = nil, context: [String] = [],
    errno: Errno? = nil
  ) {
    storage = Storage(code, message, offset, nil, context, errno)
  }

  private init(_ storage: Storage) { self.storage = storage }

  /// Makes an error out of a failed system call: `"debug.raw: cannot open: No such file or directory"`.
  @inline(never)
  public static func io(_ errno: Errno, _ action: String, _ path: String? = nil) -> ImageError {
    let code: Code =
      switch errno {
      case .noSuchFileOrDirectory: .notFound
      case .notDirectory: .notADirectory
      case .fileExists: .exists
      default: .io
      }
    return ImageError(code, "cannot \(action)", context: path.map { [$0] } ?? [], errno: errno)
  }

  /// What a program switches on.
  public var code: Code { storage.code }
  /// What is wrong and, where known, what to do.
  public var message: String { storage.message }
  /// The byte in the outermost file that is at fault.
  public var offset: UInt64? { storage.offset }
  /// Where it happened, outermost first.
  public var context: [String] { (storage.file.map { [$0] } ?? []) + storage.places }
  /// The operating system's reason.
  public var errno: Errno? { storage.errno }

  /// The same error seen from further out: `name` goes in front, `base` is added to the offset.
  ///
  /// A file that was named by `inFile` stays the first.
  @inline(never)
  public func inContext(_ name: String, base: UInt64 = 0) -> ImageError {
    ImageError(Storage(code, message, offset.map { $0 &+ base }, storage.file, [name] + storage.places, errno))
  }

  /// The same error with the outermost file in front, unless it names one already: who is nearest knows best.
  @inline(never)
  public func inFile(_ name: String?) -> ImageError {
    ImageError(Storage(code, message, offset, storage.file ?? name, storage.places, errno))
  }

  /// The same error in other words.
  package func saying(_ message: String) -> ImageError {
    ImageError(Storage(code, message, offset, storage.file, storage.places, errno))
  }
}

extension ImageError: CustomStringConvertible {
  /// `debug.raw: partition 1: /usr/bin/gdb: inode 36: i_size is too large (at byte 1052704)`.
  public var description: String { text(context) }

  /// The description without the outermost file, for who says that already.
  package var descriptionInFile: String { text(storage.places) }

  private func text(_ context: [String]) -> String {
    var text = (context + [message]).joined(separator: ": ")
    if let errno { text += ": \(errno)" }
    if let offset { text += " (at byte \(offset))" }
    return text
  }
}

extension ImageError: Equatable {
  /// Errors are equal when their codes are: a test states which fault it expects, not its wording.
  public static func == (left: ImageError, right: ImageError) -> Bool { left.code == right.code }
}

/// Runs `body`; the error that it throws names the file, if it has a name.
package func inFile<R>(
  _ name: @autoclosure () -> String?, _ body: () throws(ImageError) -> R
) throws(ImageError) -> R {
  do { return try body() } catch { throw error.inFile(name()) }
}

/// Runs `body` and puts `name` (and `base`) in front of the error that it throws.
public func inContext<R>(
  _ name: @autoclosure () -> String, base: UInt64 = 0, _ body: () throws(ImageError) -> R
) throws(ImageError) -> R {
  do { return try body() } catch { throw error.inContext(name(), base: base) }
}
