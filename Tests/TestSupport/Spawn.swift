import Foundation
import SystemPackage

/// One child process from start to end, with its output in unnamed files, so that no pipe can fill up.
struct Spawn: Sendable {
  var words: [String]
  var environment: [String: String]
  var input: [UInt8]
  var folder: FilePath?
  var timeout: Duration

  /// How it ended.
  struct Ending: Sendable {
    var status: Int
    var output: [UInt8]
    var errors: [UInt8]
  }

  /// A problem of ours, or a child that took too long.
  struct Problem: Error, CustomStringConvertible {
    var description: String
  }

  /// Waits on a thread of its own: the tests' own threads stay free.
  func run() async throws -> Ending {
    try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread { continuation.resume(with: Result { try runBlocking() }) }
    }
  }

  private func runBlocking() throws -> Ending {
    let (stdin, stdout, stderr) = (try unnamedFile(), try unnamedFile(), try unnamedFile())
    defer { for file in [stdin, stdout, stderr] { try? file.close() } }
    try stdin.writeAll(input)
    try stdin.seek(offset: 0, from: .start)

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (number, file) in [stdin, stdout, stderr].enumerated() {
      posix_spawn_file_actions_adddup2(&actions, file.rawValue, CInt(number))
    }

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // A group of its own, to end it with all that it started; signals as a fresh program expects them.
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))

    let words = folder.map { ["/usr/bin/env", "-C", $0.string] + self.words } ?? self.words
    let arguments = words.map { strdup($0) } + [nil]
    let variables = environment.map { strdup("\($0)=\($1)") } + [nil]
    defer { for pointer in arguments + variables { free(pointer) } }
    var process = pid_t()
    let code = posix_spawn(&process, words[0], &actions, &attributes, arguments, variables)
    guard code == 0 else { throw Problem(description: "\(words[0]): \(Errno(rawValue: code))") }

    let status = try wait(for: process)
    return Ending(status: status, output: try contents(of: stdout), errors: try contents(of: stderr))
  }

  private func wait(for process: pid_t) throws -> Int {
    let clock = ContinuousClock()
    let end = clock.now.advanced(by: timeout)
    var pause: UInt32 = 500
    while true {
      var status: CInt = 0
      let result = waitpid(process, &status, WNOHANG)
      if result == process {
        return status & 0x7F == 0 ? Int(status >> 8 & 0xFF) : 128 + Int(status & 0x7F)
      }
      if result == -1 && errno != EINTR { throw Problem(description: "\(words[0]): \(Errno(rawValue: errno))") }
      if clock.now > end {
        kill(-process, SIGKILL)
        waitpid(process, &status, 0)
        throw Problem(description: "\(words.joined(separator: " ")): killed after \(timeout)")
      }
      usleep(pause)
      pause = min(pause * 2, 20_000)
    }
  }

  private func unnamedFile() throws -> FileDescriptor {
    var template = Array("/tmp/sysext-test-output.XXXXXX".utf8CString)
    let file = mkstemp(&template)
    guard file >= 0 else { throw Errno(rawValue: errno) }
    _ = fcntl(file, F_SETFD, FD_CLOEXEC)
    unlink(template)
    return FileDescriptor(rawValue: file)
  }

  private func contents(of file: FileDescriptor) throws -> [UInt8] {
    let count = Int(try file.seek(offset: 0, from: .end))
    var done = 0
    return try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while done < count {
        let part = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[done...])
        let read = try file.read(fromAbsoluteOffset: Int64(done), into: part)
        if read == 0 { break }
        done += read
      }
      filled = done
    }
  }
}
