/// A release of Linux, such as 6.12.
public struct KernelVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// The 6 of 6.12.
  public let major: Int
  /// The 12 of 6.12.
  public let minor: Int

  /// A version by its two numbers.
  public init(_ major: Int, _ minor: Int) {
    self.major = major
    self.minor = minor
  }

  /// Reads `6.12`, and what `uname -r` prints: `6.12.9-amd64`.
  public init?(_ text: String) {
    let numbers = text.prefix { !"-+_".contains($0) }.split(separator: ".", omittingEmptySubsequences: false)
    guard numbers.count >= 2, numbers.allSatisfy({ (1...6).contains($0.utf8.count) && $0.utf8.allSatisfy(isDigit) }),
      let major = Int(numbers[0]), let minor = Int(numbers[1])
    else { return nil }
    self.init(major, minor)
  }

  /// `6.12`.
  public var description: String { "\(major).\(minor)" }

  /// Whether `left` is the older one.
  public static func < (left: KernelVersion, right: KernelVersion) -> Bool {
    (left.major, left.minor) < (right.major, right.minor)
  }
}

private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
