import CLinux

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif
package import SystemPackage

/// What running another program needs.
extension POSIX {
  /// How a program ended.
  package enum Ending: Sendable, Hashable {
    case exited(Int)
    case signalled(Int)
  }

  /// A variable of this process's environment.
  package static func environment(_ name: String) -> String? { unsafe getenv(name).map { unsafe String(cString: $0) } }

  /// Whether it is a regular file that this process may run.
  package static func isExecutable(_ path: [UInt8]) -> Bool {
    guard !path.contains(0) else { return false }
    var raw = stat()
    return unsafe withPath(path) { unsafe access($0, X_OK) == 0 && fstatat(AT_FDCWD, $0, &raw, 0) == 0 }
      && FileStatus(raw).type == FileStatus.regular
  }

  /// A pipe that no program inherits.
  package static func pipe() throws(Errno) -> (reading: FileDescriptor, writing: FileDescriptor) {
    var ends: [CInt] = [-1, -1]
    _ = try retry { unsafe ends.withUnsafeMutableBufferPointer { unsafe pipe2($0.baseAddress, O_CLOEXEC) } }
    return (FileDescriptor(rawValue: ends[0]), FileDescriptor(rawValue: ends[1]))
  }

  /// Writes all of `bytes[range]` into a pipe; false when nobody reads it any more, which is no signal here.
  package static func write(
    toPipe file: FileDescriptor, _ bytes: borrowing [UInt8], _ range: Range<Int>
  ) throws(Errno) -> Bool {
    precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count)
    // A broken pipe's signal comes to the thread that wrote: it is held back there, and taken away.
    var (pipeSignal, before, pending) = (sigset_t(), sigset_t(), sigset_t())
    unsafe sigemptyset(&pipeSignal)
    unsafe sigaddset(&pipeSignal, SIGPIPE)
    unsafe sigpending(&pending)
    let wasPending = unsafe sigismember(&pending, SIGPIPE) == 1
    unsafe pthread_sigmask(SIG_BLOCK, &pipeSignal, &before)
    defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
    do throws(Errno) {
      try unsafe bytes.rawSpan.withUnsafeBytes { buffer throws(Errno) in
        var done = range.lowerBound
        while done < range.upperBound {
          let part = unsafe UnsafeRawBufferPointer(rebasing: buffer[done..<range.upperBound])
          done += try retry { unsafe Glibc.write(file.rawValue, part.baseAddress, part.count) }
        }
      }
      return true
    } catch {
      guard error == .brokenPipe else { throw error }
      var now = timespec()
      if !wasPending { _ = unsafe sigtimedwait(&pipeSignal, nil, &now) }
      return false
    }
  }

  /// Starts a program.
  ///
  /// - Parameters:
  ///   - arguments: The program's path, then its arguments; none with a NUL.
  ///   - environment: All of its environment, as in `LC_ALL=C`.
  ///   - files: What it has open, under the numbers from 0 on.
  /// - Returns: The process's number: `waitForEnd` and then `reap` must follow.
  /// - Throws: Why it cannot be started; `.invalidArgument` for a NUL.
  package static func spawn(
    _ arguments: [[UInt8]], environment: [[UInt8]], files: [FileDescriptor]
  ) throws(Errno) -> Int32 {
    guard let program = arguments.first, !(arguments + environment).contains(where: { $0.contains(0) }) else {
      throw .invalidArgument
    }
    // Copies with numbers that none of the program's own can overwrite.
    var copies: [FileDescriptor] = []
    defer { for copy in copies { try? copy.close() } }
    for file in files {
      copies.append(
        FileDescriptor(rawValue: try retry { fcntl(file.rawValue, F_DUPFD_CLOEXEC, CInt(files.count + 64)) }))
    }
    var actions = unsafe posix_spawn_file_actions_t()
    try check(unsafe posix_spawn_file_actions_init(&actions))
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    for (number, file) in copies.enumerated() {
      try check(unsafe posix_spawn_file_actions_adddup2(&actions, file.rawValue, CInt(number)))
    }
    // Signals as a fresh program expects them, whatever this process does with them.
    var attributes = posix_spawnattr_t()
    try check(unsafe posix_spawnattr_init(&attributes))
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    unsafe posix_spawnattr_setsigmask(&attributes, &signals)
    unsafe sigaddset(&signals, SIGPIPE)
    unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
    unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    var process = pid_t()
    try check(
      unsafe withPath(program) { path in
        unsafe withStrings(arguments) { arguments in
          unsafe withStrings(environment) { unsafe posix_spawn(&process, path, &actions, &attributes, arguments, $0) }
        }
      })
    return process
  }

  /// Waits for a program's end, and leaves its number taken.
  package static func waitForEnd(_ process: Int32) throws(Errno) {
    var information = unsafe siginfo_t()
    _ = try retry { unsafe waitid(P_PID, id_t(process), &information, WEXITED | WNOWAIT) }
  }

  /// Says how a program ended, and frees its number.
  package static func reap(_ process: Int32) throws(Errno) -> Ending {
    var status: CInt = 0
    _ = try retry { unsafe waitpid(process, &status, 0) }
    let signal = Int(status & 0x7F)
    return signal == 0 ? .exited(Int(status >> 8 & 0xFF)) : .signalled(signal)
  }

  /// Ends a program that has not been reaped.
  package static func kill(_ process: Int32) { _ = Glibc.kill(process, SIGKILL) }

  private static func check(_ code: CInt) throws(Errno) {
    if code != 0 { throw Errno(rawValue: code) }
  }

  /// Calls `body` with C's form of a list of strings.
  private static func withStrings<R>(
    _ strings: [[UInt8]], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> R
  ) -> R {
    var bytes: [CChar] = []
    for string in strings { bytes += string.map { CChar(bitPattern: $0) } + [0] }
    return unsafe bytes.withUnsafeMutableBufferPointer { buffer in
      var pointers: [UnsafeMutablePointer<CChar>?] = unsafe []
      var offset = 0
      for string in strings {
        unsafe pointers.append(buffer.baseAddress.map { unsafe $0 + offset })
        offset += string.count + 1
      }
      unsafe pointers.append(nil)
      // There is an element at least, so there is an address.
      return unsafe pointers.withUnsafeBufferPointer { unsafe body($0.baseAddress.unsafelyUnwrapped) }
    }
  }
}
