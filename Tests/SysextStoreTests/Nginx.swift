import Foundation
import SystemPackage
import TestSupport

/// An nginx of the test's own, with its files in the test's folder.
struct Nginx: Sendable {
  let port: Int
  let securePort: Int
  /// What is served.
  let files: FilePath
  /// Certificates to trust for `secureURL`.
  let certificate: FilePath
  private let prefix: FilePath

  /// Runs `body` with a server that is gone afterwards.
  static func with<R>(
    _ folder: TempFolder, isolation: isolated (any Actor)? = #isolation, _ body: (Nginx) async throws -> sending R
  ) async throws -> sending R {
    let server = try await start(folder)
    do {
      let result = try await body(server)
      try await server.nginx("-s", "quit")
      return result
    } catch {
      _ = try? await server.nginx("-s", "stop")
      throw error
    }
  }

  func url(_ path: String) -> String { "http://127.0.0.1:\(port)/\(path)" }
  func secureURL(_ path: String) -> String { "https://127.0.0.1:\(securePort)/\(path)" }

  /// The bytes of bodies that it sent, and the number of requests, as it counted them.
  func log() throws -> (requestCount: Int, byteCount: Int) {
    let lines = try String(contentsOfFile: prefix.appending("access.log").string, encoding: .utf8).split(
      separator: "\n")
    return (lines.count, lines.compactMap { Int($0) }.reduce(0, +))
  }

  private static func start(_ folder: TempFolder) async throws -> Nginx {
    let prefix = folder["nginx"]
    try FileManager.default.createDirectory(
      atPath: prefix.appending("files").string, withIntermediateDirectories: true)
    let certificate = prefix.appending("certificate.pem")
    try await Tool("openssl").check(
      "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
      "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
      prefix.appending("key.pem").string, "-out", certificate.string)
    try "name:{PLAIN}s3cret\n".write(
      toFile: prefix.appending("passwords").string, atomically: false, encoding: .utf8)
    // A free port may be taken before nginx has it.
    var attempt = 0
    while true {
      attempt += 1
      let (port, securePort) = (try await freePort(), try await freePort())
      let server = Nginx(
        port: port, securePort: securePort, files: prefix.appending("files"), certificate: certificate, prefix: prefix)
      try server.configuration.write(
        toFile: prefix.appending("nginx.conf").string, atomically: false, encoding: .utf8)
      do {
        try await server.nginx()
        return server
      } catch { if attempt == 5 { throw error } }
    }
  }

  /// Starts it, in the background, or tells the running one something.
  private func nginx(_ arguments: String...) async throws {
    try await Tool("nginx").check(
      ["-p", prefix.string, "-c", "nginx.conf", "-e", prefix.appending("error.log").string] + arguments,
      timeout: .seconds(30))
  }

  private static func freePort() async throws -> Int {
    try await RawServer.with({ _ in [] }) { $0.port }
  }

  private var configuration: String {
    """
    \(geteuid() == 0 ? "user root root;" : "")
    worker_processes 1;
    pid nginx.pid;
    events { worker_connections 256; }
    http {
      default_type application/octet-stream;
      log_format sizes '$body_bytes_sent';
      access_log access.log sizes;
      client_body_temp_path temporary;
      proxy_temp_path temporary;
      fastcgi_temp_path temporary;
      uwsgi_temp_path temporary;
      scgi_temp_path temporary;
      server {
        listen 127.0.0.1:\(port);
        listen 127.0.0.1:\(securePort) ssl http2;
        ssl_certificate certificate.pem;
        ssl_certificate_key key.pem;
        root files;
        location /whole/ { alias files/; max_ranges 0; }
        location /gzip/ { alias files/; gzip on; gzip_types *; gzip_min_length 0; gzip_proxied any; }
        location /forced/ { alias files/; add_header Content-Encoding gzip; }
        location /private/ { alias files/; auth_basic private; auth_basic_user_file passwords; }
        location /forbidden/ { deny all; }
        location /gone/ { return 410; }
        location /moved/ { rewrite ^/moved/(.*)$ /again/$1 redirect; }
        location /again/ { rewrite ^/again/(.*)$ /$1 permanent; }
        location /loop/ { return 302 /loop/; }
        location /insecure/ { rewrite ^/insecure/(.*)$ http://127.0.0.1:\(port)/$1 redirect; }
        location /elsewhere/ { return 302 file:///etc/passwd; }
        location /private-moved/ { rewrite ^/private-moved/(.*)$ http://localhost:\(port)/private/$1 redirect; }
      }
    }
    """
  }
}
