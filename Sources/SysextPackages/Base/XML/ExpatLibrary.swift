import CExpat
import ImageCore

/// libexpat's functions, loaded when the first XML is read.
@safe struct ExpatLibrary: Sendable {
  typealias Parser = OpaquePointer?
  typealias Context = UnsafeMutableRawPointer?

  let make: @Sendable @convention(c) (UnsafePointer<CChar>?) -> Parser
  let free: @Sendable @convention(c) (Parser) -> Void
  let setContext: @Sendable @convention(c) (Parser, Context) -> Void
  let setElementHandlers: @Sendable @convention(c) (Parser, XML_StartElementHandler?, XML_EndElementHandler?) -> Void
  let setTextHandler: @Sendable @convention(c) (Parser, XML_CharacterDataHandler?) -> Void
  let setDefaultHandler: @Sendable @convention(c) (Parser, XML_DefaultHandler?) -> Void
  let setDoctypeHandler: @Sendable @convention(c) (Parser, XML_StartDoctypeDeclHandler?) -> Void
  let parse: @Sendable @convention(c) (Parser, UnsafePointer<CChar>?, Int32, Int32) -> XML_Status
  let stop: @Sendable @convention(c) (Parser, XML_Bool) -> XML_Status
  let lineNumber: @Sendable @convention(c) (Parser) -> XML_Size
  let errorCode: @Sendable @convention(c) (Parser) -> XML_Error
  let errorText: @Sendable @convention(c) (XML_Error) -> UnsafePointer<CChar>?

  /// The library, loaded once.
  static var shared: ExpatLibrary {
    get throws(ImageError) { try loaded.get() }
  }

  private static let loaded = Result { () throws(ImageError) in try ExpatLibrary() }

  private init() throws(ImageError) {
    let library = try DynamicLibrary("libexpat.so.1", purpose: "Lists of packages in XML are read with libexpat")
    unsafe make = try unsafe library.function("XML_ParserCreate")
    unsafe free = try unsafe library.function("XML_ParserFree")
    unsafe setContext = try unsafe library.function("XML_SetUserData")
    unsafe setElementHandlers = try unsafe library.function("XML_SetElementHandler")
    unsafe setTextHandler = try unsafe library.function("XML_SetCharacterDataHandler")
    unsafe setDefaultHandler = try unsafe library.function("XML_SetDefaultHandler")
    unsafe setDoctypeHandler = try unsafe library.function("XML_SetStartDoctypeDeclHandler")
    unsafe parse = try unsafe library.function("XML_Parse")
    unsafe stop = try unsafe library.function("XML_StopParser")
    unsafe lineNumber = try unsafe library.function("XML_GetCurrentLineNumber")
    unsafe errorCode = try unsafe library.function("XML_GetErrorCode")
    unsafe errorText = try unsafe library.function("XML_ErrorString")
  }
}
