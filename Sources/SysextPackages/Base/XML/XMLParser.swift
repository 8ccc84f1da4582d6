import CExpat
import FileTree
import ImageCore

/// Reads a document piece by piece through expat.
///
/// A document type, which is where entities are declared, is refused; depth, the number of different names, and the length
/// of a tag are limited, and with them all memory that expat takes.
@safe final class XMLParser {
  private static let depthLimit = 32
  private static let nameLimit = 512
  /// A tag, a comment or the like.
  private static let tokenByteLimit = 4 << 20

  private let expat: ExpatLibrary
  private let parser: OpaquePointer
  private let receiver: any XMLReceiver
  private var depth = 0
  private var names: Set<UInt64> = []
  /// What was parsed since the last piece of the document that was whole.
  private var pendingByteCount = 0
  private var failure: ImageError?

  init(_ receiver: any XMLReceiver) throws(ImageError) {
    expat = try ExpatLibrary.shared
    guard let parser = unsafe expat.make(nil) else { throw ImageError(.limit, "no memory for expat") }
    unsafe self.parser = unsafe parser
    self.receiver = receiver
    unsafe expat.setContext(parser, Unmanaged.passUnretained(self).toOpaque())
    unsafe expat.setElementHandlers(
      parser,
      { context, name, attributes in
        guard let name = unsafe name, let attributes = unsafe attributes else { return }
        unsafe XMLParser.from(context)?.begin(name, attributes)
      }, { context, _ in unsafe XMLParser.from(context)?.end() })
    unsafe expat.setTextHandler(parser) { context, text, count in
      unsafe XMLParser.from(context)?.text(UnsafeRawBufferPointer(start: text, count: Int(count)))
    }
    // Comments and all else: only to know that they end.
    unsafe expat.setDefaultHandler(parser) { context, _, _ in unsafe XMLParser.from(context)?.pendingByteCount = 0 }
    unsafe expat.setDoctypeHandler(parser) { context, _, _, _, _ in
      unsafe XMLParser.from(context)?.stop(ImageError(.unsupported, "a document type, which could declare entities"))
    }
  }

  deinit { unsafe expat.free(parser) }

  private static func from(_ context: UnsafeMutableRawPointer?) -> XMLParser? {
    unsafe context.map { unsafe Unmanaged<XMLParser>.fromOpaque($0).takeUnretainedValue() }
  }

  /// The line that the parser is in.
  var line: UInt { unsafe expat.lineNumber(parser) }

  /// Parses the next bytes of the document.
  ///
  /// - Throws: `.corrupt` for what is no XML, `.unsupported` for a document type, `.limit`; what the receiver throws.
  ///   Errors name the line.
  func parse(_ bytes: borrowing [UInt8], _ range: Range<Int>, isLast: Bool) throws(ImageError) {
    pendingByteCount += range.count
    let count = Int32(clamping: range.count)
    precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count && Int(count) == range.count)
    let status = unsafe bytes.withUnsafeBytes { buffer in
      let part = unsafe UnsafeRawBufferPointer(rebasing: buffer[range])
      return unsafe expat.parse(parser, part.assumingMemoryBound(to: CChar.self).baseAddress, count, isLast ? 1 : 0)
    }
    if let failure { throw failure }
    guard status == XML_STATUS_OK else {
      let code = unsafe expat.errorCode(parser)
      let text = unsafe expat.errorText(code).map { unsafe String(cString: $0) } ?? "\(code.rawValue)"
      throw inLine(ImageError(code == XML_ERROR_NO_MEMORY ? .limit : .corrupt, "no XML: \(printable(text.utf8))"))
    }
    guard pendingByteCount <= Self.tokenByteLimit else {
      throw inLine(ImageError(.limit, "a tag or comment of more than \(Self.tokenByteLimit) bytes"))
    }
  }

  private func inLine(_ error: ImageError) -> ImageError { error.inContext("line \(line)") }

  private func stop(_ error: ImageError) {
    if failure == nil { failure = inLine(error) }
    _ = unsafe expat.stop(parser, 0)
  }

  /// Calls the receiver, unless something is wrong already.
  private func call(_ body: () throws(ImageError) -> Void) {
    pendingByteCount = 0
    if failure != nil { return }
    do { try body() } catch { stop(error) }
  }

  private func begin(_ name: UnsafePointer<CChar>, _ attributes: UnsafeMutablePointer<UnsafePointer<CChar>?>) {
    call { () throws(ImageError) in
      depth += 1
      guard depth <= Self.depthLimit else {
        throw ImageError(.limit, "more than \(Self.depthLimit) elements inside of one another")
      }
      let element = unsafe XMLElement(name, attributes)
      element.forEachNameHash { names.insert($0) }
      guard names.count <= Self.nameLimit else {
        throw ImageError(.limit, "more than \(Self.nameLimit) names of elements and attributes")
      }
      try receiver.begin(element, depth: depth)
    }
  }

  private func text(_ bytes: UnsafeRawBufferPointer) {
    call { () throws(ImageError) in
      if receiver.wantsText { try unsafe receiver.text([UInt8](bytes)) }
    }
  }

  private func end() {
    call { () throws(ImageError) in
      try receiver.end(depth: depth)
      depth -= 1
    }
  }
}
