public import ImageCore

extension RPMHeaderBlob {
  /// The numbers of a tag; `nil` where there is none.
  ///
  /// - Throws: `.corrupt` for values that are no numbers.
  public func integers(_ tag: RPMTag) throws(ImageError) -> RPMIntegers? {
    guard let entry = self[tag] else { return nil }
    guard let width = entry.type.width, entry.type != .bin else { throw wrongType(entry, "numbers") }
    return RPMIntegers(bytes: bytes, start: entry.range.lowerBound, width: width, count: entry.count)
  }

  /// The only number of a tag; `nil` where there is none.
  ///
  /// - Throws: `.corrupt` for several, or for what is no number.
  public func integer(_ tag: RPMTag) throws(ImageError) -> UInt64? {
    guard let values = try integers(tag) else { return nil }
    guard values.count == 1 else { throw error("\(values.count) values, not one", tag) }
    return values[0]
  }

  /// The strings of a tag; `nil` where there is none.
  ///
  /// - Throws: `.corrupt` for values that are no strings.
  public func strings(_ tag: RPMTag) throws(ImageError) -> RPMStrings? {
    guard let entry = self[tag] else { return nil }
    guard entry.type.isText else { throw wrongType(entry, "strings") }
    return RPMStrings(bytes: bytes, start: entry.range.lowerBound, count: entry.count)
  }

  /// The string of a tag, of several languages the first, which is the untranslated one; `nil` where there is none.
  ///
  /// - Throws: `.corrupt` for values that are no strings.
  public func string(_ tag: RPMTag) throws(ImageError) -> String? { try stringBytes(tag).map { text($0) } }

  /// The bytes of the (first) string of a tag.
  func stringBytes(_ tag: RPMTag) throws(ImageError) -> [UInt8]? {
    guard let entry = self[tag] else { return nil }
    guard entry.type.isText else { throw wrongType(entry, "strings") }
    return Array(bytes[entry.range].prefix { $0 != 0 })
  }

  /// The bytes of a tag of type `bin`; `nil` where there is none.
  ///
  /// - Throws: `.corrupt` for values that are none.
  public func binary(_ tag: RPMTag) throws(ImageError) -> [UInt8]? {
    guard let entry = self[tag] else { return nil }
    guard entry.type == .bin else { throw wrongType(entry, "bytes") }
    return Array(bytes[entry.range])
  }

  private func wrongType(_ entry: Entry, _ wanted: String) -> ImageError {
    error("type \(entry.type), where \(wanted) are needed", entry.tag)
  }

  /// Where a tag's values begin in the outermost file, or one of its strings does.
  package func valueOffset(_ tag: RPMTag, index: Int? = nil) -> UInt64? { error("", tag, index: index).offset }

  /// An error about a tag's values, or one of them.
  func error(
    _ message: String, _ tag: RPMTag, index: Int? = nil, code: ImageError.Code = .corrupt
  ) -> ImageError {
    var place = offset
    if let entry = self[tag] {
      place = offset + UInt64(entry.range.lowerBound)
      if let width = entry.type.width, let index { place += UInt64(index * width) }
      if entry.type.isText, let index {
        let strings = RPMStrings(bytes: bytes, start: entry.range.lowerBound, count: entry.count)
        if index < strings.count { place = offset + UInt64(strings.start(index)) }
      }
    }
    return ImageError(code, message, offset: place, context: [tag.name(in: kind)])
  }
}

/// Text of a header: what is not UTF-8 (there was none of it before rpm 4.14) is shown by replacement characters.
func text(_ bytes: some Collection<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }

/// The numbers of a tag, each decoded when it is asked for.
public struct RPMIntegers: RandomAccessCollection, Sendable {
  let bytes: [UInt8]
  let start: Int
  let width: Int
  /// How many there are.
  public let count: Int

  /// 0.
  public var startIndex: Int { 0 }
  /// `count`.
  public var endIndex: Int { count }

  /// The number at `index`, as an unsigned one.
  public subscript(index: Int) -> UInt64 {
    precondition(index >= 0 && index < count)
    let span = bytes.rawSpan
    let place = start + index * width
    switch width {
    case 1: return UInt64(span.bigEndian(at: place, as: UInt8.self))
    case 2: return UInt64(span.bigEndian(at: place, as: UInt16.self))
    case 4: return UInt64(span.bigEndian(at: place, as: UInt32.self))
    default: return span.bigEndian(at: place)
    }
  }
}

/// The strings of a tag, each copied when it is asked for.
public struct RPMStrings: RandomAccessCollection, Sendable {
  private let bytes: [UInt8]
  /// Where each begins, and where the next one would.
  private let starts: [UInt32]

  /// Takes `count` strings at `start` of `bytes`, which are there.
  init(bytes: [UInt8], start: Int, count: Int) {
    self.bytes = bytes
    var starts: [UInt32] = []
    starts.reserveCapacity(count + 1)
    let span = bytes.rawSpan
    var position = start
    for _ in 0..<count {
      starts.append(UInt32(position))
      position = (span.firstIndex(of: 0, in: position..<bytes.count) ?? bytes.count - 1) + 1
    }
    starts.append(UInt32(position))
    self.starts = starts
  }

  /// 0.
  public var startIndex: Int { 0 }
  /// `count`.
  public var endIndex: Int { starts.count - 1 }

  /// The bytes of the string at `index`, without its NUL.
  public subscript(index: Int) -> [UInt8] { Array(slice(index)) }

  /// The string at `index`.
  public func string(_ index: Int) -> String { text(slice(index)) }

  func slice(_ index: Int) -> ArraySlice<UInt8> { bytes[range(index)] }
  func range(_ index: Int) -> Range<Int> { Int(starts[index])..<Int(starts[index + 1]) - 1 }
  func start(_ index: Int) -> Int { Int(starts[index]) }
  func isEmpty(_ index: Int) -> Bool { starts[index + 1] - starts[index] == 1 }
}
