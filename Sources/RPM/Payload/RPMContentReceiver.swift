public import ImageCore

/// Who takes the contents of a package's files, in the payload's order.
///
/// Everything else about the files stands in the header, and is known before.
public protocol RPMContentReceiver {
  /// Begins the content of a regular file; of hard links, it is named once, by the first in the header's order.
  ///
  /// - Parameters:
  ///   - file: Which file.
  ///   - offset: Where in the decompressed payload its content begins, in one piece.
  /// - Throws: What ends the unpacking.
  mutating func begin(_ file: RPMFile, at offset: UInt64) throws(ImageError)
  /// Takes the next bytes of the content.
  mutating func data(_ bytes: borrowing [UInt8], _ range: Range<Int>) throws(ImageError)
  /// Ends the content: all of it has come, and agrees with the file's digest.
  mutating func end() throws(ImageError)
}

/// Takes nothing: for who wants to know only whether all is well.
public struct RPMNoReceiver: RPMContentReceiver {
  /// Makes one.
  public init() {}
  /// Does nothing.
  public mutating func begin(_ file: RPMFile, at offset: UInt64) {}
  /// Does nothing.
  public mutating func data(_ bytes: borrowing [UInt8], _ range: Range<Int>) {}
  /// Does nothing.
  public mutating func end() {}
}
