import SysextImage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Which certificates are trusted beside libcurl's own choice: as the curl program finds out.
struct Trust {
  let file: String?
  let folder: String?

  init(_ options: RemoteSource.Options) {
    if let chosen = options.certificateFile {
      file = chosen.string
      folder = nil
    } else {
      file = Self.variable("CURL_CA_BUNDLE") ?? Self.variable("SSL_CERT_FILE")
      folder = Self.variable("SSL_CERT_DIR")
    }
  }

  private static func variable(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    let text = unsafe String(cString: value)
    return text.isEmpty ? nil : text
  }
}
