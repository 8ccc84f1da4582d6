import ImageCore
package import SystemPackage

/// One component of a path: bytes, never text.
///
/// Swift's `String` calls `é` composed and decomposed equal, and has no place for what is not Unicode: as keys, strings
/// lose files. Names compare as bytes (`memcmp`), which is the order EROFS wants in directories.
public struct FileName: Hashable, Sendable {
  /// The bytes, without a slash or NUL.
  public let bytes: [UInt8]

  /// Takes the bytes as they are.
  public init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Takes the UTF-8 bytes of `text`.
  public init(_ text: String) { bytes = Array(text.utf8) }

  /// A path from the root, for people: `/usr/bin/gdb`.
  package static func path(_ names: some Sequence<FileName>) -> String {
    "/" + names.map(\.description).joined(separator: "/")
  }

  /// The names of a path's components in bytes; `.` and empty ones are left out.
  package static func components(of path: [UInt8]) -> [FileName] { components(of: path[...]) }

  /// The names of a path's components in bytes; `.` and empty ones are left out.
  package static func components(of path: ArraySlice<UInt8>) -> [FileName] {
    path.split(separator: UInt8(ascii: "/")).compactMap { name in
      name.count == 1 && name.first == UInt8(ascii: ".") ? nil : FileName(Array(name))
    }
  }

  /// The names of a path's components; `.` and the root are left out.
  package static func components(of path: FilePath) -> [FileName] {
    path.components.compactMap { component in
      guard component.kind != .currentDirectory else { return nil }
      return FileName(component.bytes)
    }
  }
}

extension FileName: Comparable {
  /// Byte order, a prefix first.
  public static func < (left: FileName, right: FileName) -> Bool {
    left.bytes.precedes(right.bytes)
  }
}

extension FileName: CustomStringConvertible {
  /// The name for people: what is not printable UTF-8 is shown as `\xNN`.
  public var description: String { printable(bytes) }
}

extension FileName: ExpressibleByStringLiteral {
  /// Takes the UTF-8 bytes of the literal.
  public init(stringLiteral value: String) { self.init(value) }
}

/// Bytes for people: UTF-8 as it is, all else and control characters as `\xNN`, so that a name cannot steer a terminal.
public func printable(_ bytes: some Sequence<UInt8>) -> String {
  var text = ""
  var decoder = UTF8()
  var rest = Array(bytes)[...]
  while let first = rest.first {
    var iterator = rest.makeIterator()
    if case .scalarValue(let scalar) = decoder.decode(&iterator), scalar.properties.generalCategory != .control,
      scalar != "\\", scalar.properties.generalCategory != .format
    {
      text.unicodeScalars.append(scalar)
      rest = rest.dropFirst(UTF8.width(scalar))
    } else {
      text += "\\x" + [first].hex
      rest = rest.dropFirst()
    }
    decoder = UTF8()
  }
  return text
}
