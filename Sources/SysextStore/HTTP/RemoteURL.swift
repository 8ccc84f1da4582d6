import CCurl
import SysextImage

/// An http or https URL, taken apart by libcurl's own parser, which asks for it later.
struct RemoteURL: Sendable, Hashable {
  /// A name and a password, which only the server they are for gets to see.
  struct Credentials: Sendable, Hashable {
    let user: String
    let password: String
  }

  /// Where a request goes: those to another place carry no credentials.
  struct Origin: Sendable, Hashable {
    let scheme: String
    let host: String
    let port: String
  }

  /// The whole URL without credentials and fragment.
  let text: String
  let origin: Origin
  let credentials: Credentials?
  /// For messages: without credentials, and without a query, which may hold a key.
  let display: String
  /// The path's last component; `nil` when it is no file's name.
  let fileName: String?

  /// Whether a command's argument is meant as a URL.
  static func isURL(_ text: String) -> Bool {
    guard let end = text.firstRange(of: "://")?.lowerBound else { return false }
    return !text[..<end].isEmpty && text[..<end].utf8.allSatisfy { isSchemeByte($0) }
  }

  private static func isSchemeByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
      true
    default: false
    }
  }

  /// Takes a URL apart.
  ///
  /// - Throws: `.invalidArgument` for what is no URL, and for schemes other than http and https.
  init(_ text: String) throws(ImageError) {
    // The message does not repeat it: it may hold a password.
    let malformed = ImageError(.invalidArgument, "not a valid URL: https://HOST/PATH is needed")
    let parser = try URLParser()
    guard parser.set(CURLUPART_URL, text), let scheme = parser.part(CURLUPART_SCHEME)?.lowercased() else {
      throw malformed
    }
    guard scheme == "https" || scheme == "http" else {
      throw ImageError(.invalidArgument, "\(printable(scheme.utf8)) URLs are not read, only https and http")
    }
    guard let host = parser.part(CURLUPART_HOST)?.lowercased(), !host.isEmpty,
      let port = parser.part(CURLUPART_PORT, CURLU_DEFAULT_PORT), let path = parser.part(CURLUPART_PATH)
    else { throw malformed }
    origin = Origin(scheme: scheme, host: host, port: port)
    let user = parser.part(CURLUPART_USER, CURLU_URLDECODE)
    let password = parser.part(CURLUPART_PASSWORD, CURLU_URLDECODE)
    credentials =
      user == nil && password == nil ? nil : Credentials(user: user ?? "", password: password ?? "")
    fileName = RemoteURL.fileName(path)

    let hasQuery = parser.part(CURLUPART_QUERY) != nil
    for part in [CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_FRAGMENT] { _ = parser.set(part, nil) }
    guard let whole = parser.part(CURLUPART_URL) else { throw malformed }
    self.text = whole
    _ = parser.set(CURLUPART_QUERY, nil)
    display = printable((parser.part(CURLUPART_URL) ?? host).utf8) + (hasQuery ? "?…" : "")
  }

  private init(_ other: RemoteURL, _ credentials: Credentials?) {
    text = other.text
    origin = other.origin
    self.credentials = credentials
    display = other.display
    fileName = other.fileName
  }

  /// Where a redirection leads.
  ///
  /// - Throws: `.io` for a target that is no http URL, or not encrypted though this one is.
  func redirected(to text: String) throws(ImageError) -> RemoteURL {
    let target: RemoteURL
    do throws(ImageError) { target = try RemoteURL(text) } catch {
      throw ImageError(.io, "the server redirects to what cannot be read: \(error.message)")
    }
    if origin.scheme == "https", target.origin.scheme != "https" {
      throw ImageError(.io, "the server redirects from https to \(target.display), which is not encrypted: refused")
    }
    let isSame = target.origin == origin
    return RemoteURL(target, target.credentials ?? (isSame ? credentials : nil))
  }

  private static func fileName(_ path: String) -> String? {
    guard let last = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).last else {
      return nil
    }
    let name = percentDecoded(last)
    if name.isEmpty || name == [UInt8(ascii: ".")] || name == [UInt8(ascii: "."), UInt8(ascii: ".")] { return nil }
    return name.contains { $0 == 0 || $0 == UInt8(ascii: "/") } ? nil : String(decoding: name, as: UTF8.self)
  }

  private static func percentDecoded(_ bytes: some Collection<UInt8>) -> [UInt8] {
    var output: [UInt8] = []
    var rest = bytes[...]
    while let byte = rest.popFirst() {
      let digits = rest.prefix(2)
      if byte == UInt8(ascii: "%"), digits.count == 2, digits.allSatisfy({ $0 != UInt8(ascii: "+") }),
        let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
      {
        output.append(value)
        rest = rest.dropFirst(2)
      } else {
        output.append(byte)
      }
    }
    return output
  }
}

/// libcurl's parser of URLs.
@safe private final class URLParser {
  private let curl: CurlLibrary
  private let handle: OpaquePointer

  init() throws(ImageError) {
    curl = try CurlLibrary.shared
    guard let handle = unsafe curl.makeURL() else { fatalError("libcurl: no memory for a URL") }
    unsafe self.handle = unsafe handle
  }

  deinit { unsafe curl.cleanUpURL(handle) }

  /// Sets a part, or removes it; whether it could be.
  func set(_ part: CURLUPart, _ text: String?) -> Bool {
    unsafe curl.setPart(handle, part, text, UInt32(CURLU_ALLOW_SPACE)) == CURLUE_OK
  }

  func part(_ part: CURLUPart, _ flags: Int32 = 0) -> String? {
    var text: UnsafeMutablePointer<CChar>?
    guard unsafe curl.getPart(handle, part, &text, UInt32(flags)) == CURLUE_OK, let text = unsafe text else {
      return nil
    }
    defer { unsafe curl.free(text) }
    return unsafe String(cString: text)
  }
}
