public import SysextImage

/// A file on a web server, read by HTTP range requests: no more of it moves than what is asked for.
///
/// Gives an image's bytes to everything that reads one:
///
/// ```swift
/// let remote = try RemoteSource("https://example.org/debug-4.2.x86-64.raw")
/// let image = try DiskImage(remote)
/// ```
///
/// Blocks are kept, those that neighbour each other come in growing pieces, and several threads ask at the same time
/// over connections of their own. That the file changes on the server is noticed. Proxies are taken from the environment
/// (`https_proxy`, `no_proxy`…), as are certificates to trust (`SSL_CERT_FILE`, `SSL_CERT_DIR`, `CURL_CA_BUNDLE`). Calls
/// wait on their thread, and end at once when their task is cancelled.
public final class RemoteSource: ByteSource {
  /// How a server is asked.
  public struct Options: Sendable, Hashable {
    /// How long a connection may take to be made.
    public var connectTimeout: Duration = .seconds(20)
    /// How long a server may be silent in the middle of an answer; in whole seconds.
    public var stallTimeout: Duration = .seconds(30)
    /// How often a request is made again after a fault that may pass.
    public var retryCount = 4
    /// The pause before that, which then doubles; a server may ask for longer ones.
    public var retryDelay: Duration = .milliseconds(500)
    /// How many bytes are kept in memory.
    public var cacheByteCount = 32 << 20
    /// A file of certificates to trust, in PEM form, instead of the system's.
    public var certificateFile: FilePath?
    /// Whether names and passwords are looked for in `~/.netrc`.
    public var usesNetrc = false
    /// What the server gets to know as the program.
    public var userAgent = "SysextImage"

    /// The usual ones.
    public init() {}
  }

  /// What was moved so far.
  public struct Transfer: Sendable, Hashable {
    /// The requests, redirected and repeated ones included.
    public let requestCount: Int
    /// The bytes that came: parts of the file, headers and all else, without those of TLS.
    public let movedByteCount: UInt64
    /// The length of the file.
    public let byteCount: UInt64
  }

  /// The file's length.
  public let byteCount: UInt64
  /// What the file is called: the last component of the URL's path, decoded.
  public let fileName: String?
  /// The URL as messages show it: without name and password, and without its query.
  public let displayURL: String
  private let client: RangeClient
  private let cache: BlockCache

  /// Asks a server for the beginning of a file.
  ///
  /// - Throws: `.invalidArgument` for what is no http or https URL; `.notFound`; `.unsupported` for a server that does not
  ///   support range requests; `.io` for all that may be wrong with it or on the way.
  public init(_ url: String, options: Options = Options()) throws(ImageError) {
    let url = try RemoteURL(url)
    fileName = url.fileName
    displayURL = url.display
    let client = RangeClient(url, options)
    self.client = client
    // A partition table and what precedes it.
    let (file, front) = try client.open(count: 2 * BlockCache.blockByteCount)
    byteCount = file.byteCount
    cache = BlockCache(byteCount: byteCount, limit: options.cacheByteCount) { (range) throws(ImageError) in
      try client.bytes(range, of: file)
    }
    cache.insert(front: front)
  }

  /// What errors call it.
  public var name: String? { displayURL }

  /// What was moved so far.
  public var transfer: Transfer {
    let traffic = client.traffic
    return Transfer(requestCount: traffic.requestCount, movedByteCount: traffic.byteCount, byteCount: byteCount)
  }

  /// Fills `output[range]` with the bytes from `offset` on.
  public func read(at offset: UInt64, into output: inout [UInt8], _ range: Range<Int>) throws(ImageError) {
    try cache.read(at: offset, into: &output, range)
  }

  /// Whether a text is meant as a URL, and not as a file's name.
  public static func isURL(_ text: String) -> Bool { RemoteURL.isURL(text) }

  /// A URL as messages may show it: without name, password and query; the text itself where it is none.
  public static func display(_ text: String) -> String {
    guard isURL(text) else { return text }
    do throws(ImageError) { return try RemoteURL(text).display } catch { return "the URL" }
  }
}

extension DiskImage {
  /// Opens an image on a web server.
  ///
  /// - Throws: `.unsupported` or `.corrupt` for what holds no EROFS file system; the source's errors.
  public init(_ remote: RemoteSource, devices: [ByteStore] = []) throws(ImageError) {
    try self.init(ByteStore(remote), fileName: remote.fileName, devices: devices)
  }
}
