import Glibc

/// What a program used from its start to its end, itself and its threads.
struct Usage: Codable, Sendable {
  /// In seconds, until the output is on the disk.
  var wall: Double
  /// User and system time, in seconds.
  var cpu: Double
  /// The most memory that was resident at one time, in bytes.
  var peakByteCount: Int
}

/// A program that failed, or a machine that did.
struct Failure: Error, CustomStringConvertible, Sendable {
  let description: String

  init(_ description: String) { self.description = description }
}

/// One program from start to end.
enum Child {
  /// Runs `words` with standard output and standard error in the file `log`.
  ///
  /// Some programs flush what they write and some do not: `output` is flushed as part of the run, whoever wrote it.
  static func run(_ words: [String], log: String, output: String? = nil) throws -> Usage {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    let arguments = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }

    let start = Clock.now()
    var process = pid_t()
    let code = posix_spawn(&process, words[0], &actions, nil, arguments, environ)
    if code != 0 { throw Failure("\(words[0]): \(message(code))") }
    var status: CInt = 0
    var usage = rusage()
    while wait4(process, &status, 0, &usage) == -1 {
      if errno != EINTR { throw Failure("\(words[0]): \(message(errno))") }
    }
    if let output { flush(output) }
    let end = Clock.now()
    if status != 0 {
      throw Failure("\(words.joined(separator: " ")): status \(status >> 8), signal \(status & 0x7F)\n\(text(log))")
    }
    return Usage(
      wall: end - start, cpu: seconds(usage.ru_utime) + seconds(usage.ru_stime),
      peakByteCount: usage.ru_maxrss << 10)
  }

  /// What a program prints, whatever its status.
  static func output(_ words: [String], log: String) -> String {
    _ = try? run(words, log: log)
    return text(log)
  }

  /// The beginning of a file as text; empty when it cannot be read.
  static func text(_ path: String) -> String {
    guard let file = fopen(path, "r") else { return "" }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 64 << 10)
    let count = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes.prefix(count), as: UTF8.self)
  }

  private static func flush(_ path: String) {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    if file < 0 { return }
    fsync(file)
    close(file)
  }

  static func message(_ code: CInt) -> String { String(cString: strerror(code)) }

  private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
}

/// Time that only goes forward.
enum Clock {
  /// In seconds since some moment.
  static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
