import SysextImage
import TestSupport
import Testing

@testable import SysextStore

/// URLs and heads, taken apart.
struct HeadTests {
  @Test(arguments: [
    (
      "https://example.org/a/debug-4.2.x86-64.raw", "https://example.org/a/debug-4.2.x86-64.raw", "debug-4.2.x86-64.raw"
    ),
    ("HTTP://Example.org:8080/x.raw?key=secret#part", "http://Example.org:8080/x.raw?…", "x.raw"),
    ("https://me:pass@example.org/a%20b.raw", "https://example.org/a%20b.raw", "a b.raw"),
    ("https://me@example.org/%C3%A9.raw", "https://example.org/%C3%A9.raw", "é.raw"),
    ("https://example.org/100%.raw", "https://example.org/100%.raw", "100%.raw"),
    ("https://[::1]:81/x", "https://[::1]:81/x", "x"),
    ("https://example.org/a/", "https://example.org/a/", nil), ("https://example.org", "https://example.org/", nil),
    ("https://example.org/a%2Fb", "https://example.org/a%2Fb", nil),
    ("https://example.org/%2e%2e", nil, nil),
  ])
  func urlsAreShownWithoutSecrets(_ text: String, _ display: String?, _ fileName: String?) throws {
    let url = try RemoteURL(text)
    if let display { #expect(url.display == display) }
    #expect(url.fileName == fileName)
    #expect(!url.text.contains("pass") && !url.text.contains("me@"))
    #expect(RemoteSource.isURL(text))
  }

  @Test(arguments: [
    "ftp://example.org/x", "file:///etc/passwd", "https://", "http://:80/", "https://ex ample/x",
    "https://example.org:99999/x", "https://me:pass@/x", "s3://bucket/x", "https://example.org/\n",
  ])
  func otherURLsAreRefused(_ text: String) throws {
    let error = #expect(throws: ImageError.self) { try RemoteURL(text) }
    #expect(error?.code == .invalidArgument && error?.description.contains("pass") == false, "\(text): \(error as Any)")
  }

  @Test(arguments: ["debug.raw", "a/b://c", "://x", "./http://x", "C:/x"])
  func filesAreNoURLs(_ text: String) { #expect(!RemoteSource.isURL(text)) }

  @Test func credentialsStayWithTheirServer() throws {
    let url = try RemoteURL("https://me:p%40ss@example.org/x")
    #expect(url.credentials == .init(user: "me", password: "p@ss"))
    #expect(try url.redirected(to: "https://EXAMPLE.org:443/y").credentials == url.credentials)
    for other in ["https://example.com/y", "https://example.org:444/y"] {
      #expect(try url.redirected(to: other).credentials == nil)
    }
    #expect(try url.redirected(to: "https://you@example.com/").credentials?.user == "you")
    for refused in ["http://example.org/x", "ftp://example.org/x", "file:///x", "nonsense"] {
      #expect(throws: ImageError(.io, "")) { try url.redirected(to: refused) }
    }
  }

  private func headers(_ lines: String...) -> ResponseHeaders {
    var headers = ResponseHeaders()
    for line in lines { headers.add(Array((line + "\r\n").utf8)) }
    return headers
  }

  @Test func headsAreRead() {
    let read = headers(
      "HTTP/1.1 100 Continue", "ETag: \"old\"", "", "HTTP/2 206", "content-RANGE:bytes 5-9/20", "Content-Length: 5 ",
      "ETag: \"new\"\t", "Last-Modified: today", "Content-Encoding: Identity", "nonsense")
    #expect(read.status == 206 && read.contentLength == 5 && read.etag == "\"new\"" && read.lastModified == "today")
    #expect(read.contentRange == .init(range: 5..<10, byteCount: 20))
    #expect(read.encoding == nil && read.fault == nil)
    #expect(headers("HTTP/1.1 200 OK", "Content-Encoding: gzip").encoding == "gzip")
    #expect(headers("HTTP/1.1 416 No", "Content-Range: bytes */7").contentRange == .init(range: nil, byteCount: 7))
    #expect(headers("HTTP/1.1 206 P", "Content-Range: bytes 0-1/*").contentRange == .init(range: 0..<2, byteCount: nil))
  }

  @Test(arguments: [
    "", "bytes", "bytes 1-2", "bytes 1-2/", "bytes 2-1/9", "bytes 0-9/9", "bytes -1-2/9", "bytes +1-2/9", "items 0-1/2",
    "bytes 0-18446744073709551615/18446744073709551615", "bytes 0-18446744073709551616/*", "bytes 0-1/2/3",
    "bytes 0-/5",
  ])
  func impossibleRangesAreFaults(_ text: String) {
    #expect(headers("HTTP/1.1 206 P", "Content-Range: \(text)").fault?.contains("Content-Range") == true)
  }

  @Test func headsAreBounded() {
    var headers = ResponseHeaders()
    for _ in 0..<20 { headers.add([UInt8](repeating: 65, count: 4096)) }
    #expect(headers.fault != nil)
    headers.add(Array("HTTP/1.1 200 OK\r\n".utf8))
    #expect(headers.fault != nil)
  }

  private func response(_ lines: String..., body: [UInt8] = []) -> Response {
    var response = Response()
    for line in lines { response.headers.add(Array((line + "\r\n").utf8)) }
    response.body = body
    return response
  }

  @Test func onlyStrongTagsAreConditions() throws {
    let ranges = "Content-Range: bytes 0-3/9"
    func condition(_ lines: String...) throws -> String? {
      var response = response("HTTP/1.1 206 P", ranges)
      for line in lines { response.headers.add(Array((line + "\r\n").utf8)) }
      return try RemoteFile(response, asked: 0..<4).condition
    }
    #expect(try condition("ETag: \"a\"", "Last-Modified: today") == "\"a\"")
    #expect(try condition("ETag: W/\"a\"", "Last-Modified: today") == nil)
    #expect(try condition("Last-Modified: today") == "today")
    #expect(try condition("ETag: \"\u{7}\"") == nil)
    #expect(try condition() == nil)
  }
}
