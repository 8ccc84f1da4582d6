import ImageCore

/// What takes the elements of an XML document, one after the other.
///
/// Depths count from 1, for the document's only outermost element.
protocol XMLReceiver: AnyObject {
  /// Whether text is wanted where the parser is now.
  var wantsText: Bool { get }
  func begin(_ element: XMLElement, depth: Int) throws(ImageError)
  func text(_ bytes: [UInt8]) throws(ImageError)
  func end(depth: Int) throws(ImageError)
}

/// The beginning of an element, good while its receiver looks at it.
@safe struct XMLElement: ~Escapable {
  private let namePointer: UnsafePointer<CChar>
  private let attributes: UnsafeMutablePointer<UnsafePointer<CChar>?>

  @_lifetime(borrow namePointer)
  init(_ namePointer: UnsafePointer<CChar>, _ attributes: UnsafeMutablePointer<UnsafePointer<CChar>?>) {
    unsafe self.namePointer = namePointer
    unsafe self.attributes = attributes
  }

  /// The name as it is written, with a prefix if it has one.
  var name: [UInt8] { unsafe Self.bytes(namePointer) }

  /// Whether that is the name.
  func isNamed(_ name: StaticString) -> Bool { unsafe Self.isEqual(namePointer, name) }

  /// The value of an attribute; `nil` where there is none.
  func attribute(_ name: StaticString) -> [UInt8]? {
    var index = 0
    while let key = unsafe attributes[index], let value = unsafe attributes[index + 1] {
      if unsafe Self.isEqual(key, name) { return unsafe Self.bytes(value) }
      index += 2
    }
    return nil
  }

  /// Calls `body` with a number for each name: equal ones for equal names.
  func forEachNameHash(_ body: (UInt64) -> Void) {
    unsafe body(Self.hash(namePointer))
    var index = 0
    while let key = unsafe attributes[index] {
      unsafe body(Self.hash(key))
      index += 2
    }
  }

  /// FNV-1a.
  private static func hash(_ text: UnsafePointer<CChar>) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    var place = unsafe text
    while unsafe place.pointee != 0 {
      unsafe hash = (hash ^ UInt64(UInt8(bitPattern: place.pointee))) &* 0x100_0000_01B3
      unsafe place += 1
    }
    return hash
  }

  private static func isEqual(_ text: UnsafePointer<CChar>, _ name: StaticString) -> Bool {
    let wanted = unsafe UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
    for unsafe(index, byte) in unsafe wanted.enumerated() {
      // A text that ends earlier differs in its NUL.
      if unsafe UInt8(bitPattern: text[index]) != byte { return false }
    }
    return unsafe text[wanted.count] == 0
  }

  private static func bytes(_ text: UnsafePointer<CChar>) -> [UInt8] {
    var count = 0
    while unsafe text[count] != 0 { count += 1 }
    return unsafe [UInt8](UnsafeRawBufferPointer(start: text, count: count))
  }
}
