import ArgumentParser
import SysextImage
import SysextPackages

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// How much is said, and in which form.
struct ConsoleOptions: ParsableArguments {
  @Flag(help: "Print the result as JSON.")
  var json = false

  @Flag(name: .shortAndLong, help: "Print nothing but errors.")
  var quiet = false

  @Flag(name: .shortAndLong, help: "Print more.")
  var verbose = false

  /// Runs a command's work so that SIGINT and SIGTERM cancel it; prints its error and exits as documented.
  ///
  /// - Parameters:
  ///   - fault: The exit code for an input that is at fault.
  ///   - deviceOption: How further devices are given.
  ///   - body: The work.
  /// - Returns: What `body` returns.
  /// - Throws: The exit code, after the error has been printed.
  @discardableResult
  func reporting<R: Sendable>(
    fault: Int32 = 1, deviceOption: String = "--device", _ body: @escaping @Sendable () async throws(ImageError) -> R
  ) async throws -> R {
    // Before the work begins, which may print at once.
    Signals.ignoreDeadPipes()
    let transfers = Transfers()
    let task = Task { () -> Result<R, ImageError> in
      await Transfers.$current.withValue(transfers) {
        do throws(ImageError) { return .success(try await body()) } catch { return .failure(error) }
      }
    }
    let signals = Signals { task.cancel() }
    let result = await task.value
    func showTransfers() { if !quiet, let summary = transfers.summary { Console.error(summary) } }
    let failure: ImageError
    switch result {
    case .success(let value):
      showTransfers()
      return value
    case .failure(let error): failure = error
    }
    if Console.isDeadPipe(failure) {
      showTransfers()
      throw ExitCode.success
    }
    if failure.code == .cancelled, let signal = signals.received {
      Console.error("cancelled")
      throw ExitCode(128 + signal)
    }
    let advice =
      switch failure.code {
      case .exists: "; --force replaces it"
      case .deviceMissing: "; \(deviceOption) FILE gives it"
      default: ""
      }
    Console.error("error: \(failure)\(advice)")
    throw ExitCode(failure.code == .io ? 2 : fault)
  }

  /// Prints warnings and, if asked for more, notes.
  func show(_ findings: [Finding]) {
    if quiet { return }
    for finding in findings where verbose || finding.severity > .note { Console.error("\(finding)") }
  }

  /// Prints a result in the form that is asked for; the other is not made.
  ///
  /// - Throws: `.io` when it cannot be written; not when the reader went away.
  func show(_ json: @autoclosure () -> JSON, text: () -> String) throws(ImageError) {
    if self.json {
      let json = json()
      try Console.write((Transfers.current?.adding(to: json) ?? json).text)
    } else if !quiet {
      try Console.write(text())
    }
  }
}

/// Standard output and standard error.
enum Console {
  /// Prints to standard output.
  ///
  /// A reader that went away is no reason to fail: what was to be done is done.
  static func write(_ text: String) throws(ImageError) {
    do { _ = try FileDescriptor.standardOutput.writeAll(Array(text.utf8)) } catch {
      let errno = error as? Errno ?? .ioError
      if errno != .brokenPipe { throw ImageError.io(errno, "write").inFile(standardOutput) }
    }
  }

  /// Prints the first `count` bytes of a buffer to standard output.
  ///
  /// Where the reader went away, what is thrown ends the work, and is no failure to `reporting`.
  static func write(_ buffer: [UInt8], _ count: Int) throws(ImageError) {
    do { _ = try FileDescriptor.standardOutput.writeAll(buffer[..<count]) } catch {
      throw ImageError.io(error as? Errno ?? .ioError, "write").inFile(standardOutput)
    }
  }

  static func isDeadPipe(_ error: ImageError) -> Bool {
    error.errno == .brokenPipe && error.context.first == standardOutput
  }

  private static let standardOutput = "standard output"

  /// Prints to standard error; what cannot be said there cannot be said at all.
  static func error(_ text: String) {
    _ = try? FileDescriptor.standardError.writeAll(Array("sysext-pack: \(text)\n".utf8))
  }
}

/// What the environment says.
enum Environment {
  /// Where large temporary files go (file-hierarchy(7), environ(7)).
  static var temporaryFolder: FilePath {
    guard let value = unsafe getenv("TMPDIR"), unsafe value.pointee == UInt8(ascii: "/") else { return "/var/tmp" }
    return FilePath(unsafe String(cString: value))
  }

  /// The users and groups of this machine.
  static func accounts() -> Accounts {
    var accounts = Accounts()
    func bytes(_ path: FilePath) -> [UInt8]? {
      guard let store = try? ByteStore(contentsOf: path) else { return nil }
      return try? store.bytes(at: 0, upTo: 4 << 20)
    }
    if let bytes = bytes("/etc/passwd") { accounts.add(passwd: bytes, from: "/etc/passwd") }
    if let bytes = bytes("/etc/group") { accounts.add(group: bytes, from: "/etc/group") }
    return accounts
  }

  /// `SOURCE_DATE_EPOCH`, the latest time in the image (reproducible-builds.org).
  static func sourceDateEpoch() throws(ImageError) -> Timestamp? {
    guard let value = unsafe getenv("SOURCE_DATE_EPOCH") else { return nil }
    let text = unsafe String(cString: value)
    guard let seconds = Int64(text), seconds >= 0 else {
      throw ImageError(.invalidArgument, "SOURCE_DATE_EPOCH is \(text), but must be the seconds since 1970")
    }
    return Timestamp(seconds: seconds)
  }
}
