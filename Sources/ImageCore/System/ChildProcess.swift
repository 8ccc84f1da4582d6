import Dispatch
import Synchronization
package import SystemPackage

/// Another program, run once from its start to its end.
package struct ChildProcess: Sendable {
  /// Where what the program reads from standard input goes.
  package struct Input: Sendable {
    fileprivate let file: FileDescriptor

    /// Hands bytes over; false when the program does not read any more.
    package func write(_ bytes: borrowing [UInt8], _ range: Range<Int>) throws(ImageError) -> Bool {
      do throws(Errno) { return try POSIX.write(toPipe: file, bytes, range) } catch {
        throw .io(error, "write to another program")
      }
    }
  }

  private let program: FilePath
  private let arguments: [String]
  private let environment: [String]
  private let files: [FileDescriptor]

  /// Describes a program.
  ///
  /// - Parameters:
  ///   - program: The program's file; no folders are searched.
  ///   - arguments: Its arguments.
  ///   - environment: All of its environment, as in `LC_ALL=C`.
  ///   - files: What it has open from number 1 on, standard output first; the caller keeps them open.
  package init(_ program: FilePath, _ arguments: [String], environment: [String], files: [FileDescriptor]) {
    self.program = program
    self.arguments = arguments
    self.environment = environment
    self.files = files
  }

  /// Finds a program in the folders of `PATH`; only absolute ones count.
  ///
  /// - Parameters:
  ///   - name: The program's name.
  ///   - searchPath: The value of the variable; `nil` where it is not set.
  /// - Returns: Its file; `nil` where there is none.
  package static func find(
    _ name: String, searchPath: String? = POSIX.environment("PATH")
  ) -> FilePath? {
    for folder in (searchPath ?? "").split(separator: ":") where folder.hasPrefix("/") {
      let path = "\(folder)/\(name)"
      if POSIX.isExecutable(Array(path.utf8)) { return FilePath(path) }
    }
    return nil
  }

  /// Runs the program; when the task is cancelled, it is killed.
  ///
  /// - Parameter feed: Gives the program its standard input, on a thread of its own that may wait.
  /// - Returns: How it ended.
  /// - Throws: `.cancelled`; `.io` where it cannot be started; what `feed` throws.
  package func run(
    feed: @escaping @Sendable (Input) throws(ImageError) -> Void
  ) async throws(ImageError) -> POSIX.Ending {
    let child = RunningChild()
    let result: Result<POSIX.Ending, ImageError> = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        // It blocks: not on a thread of the pool that all tasks share.
        DispatchQueue(label: "child process").async {
          do throws(ImageError) { continuation.resume(returning: .success(try run(child, feed))) } catch {
            continuation.resume(returning: .failure(error))
          }
        }
      }
    } onCancel: {
      child.cancel()
    }
    return try result.get()
  }

  private func run(
    _ child: RunningChild, _ feed: (Input) throws(ImageError) -> Void
  ) throws(ImageError) -> POSIX.Ending {
    let writing = try start(child)
    var failure: ImageError?
    do throws(ImageError) { try feed(Input(file: writing)) } catch {
      failure = error
      child.cancel()
    }
    try? writing.close()
    let ending: POSIX.Ending
    do throws(Errno) { ending = try child.end() } catch { throw .io(error, "wait for", program.string) }
    if let failure { throw failure }
    if child.isCancelled { throw .cancelled }
    return ending
  }

  /// Gives the end of a pipe that the program reads.
  private func start(_ child: RunningChild) throws(ImageError) -> FileDescriptor {
    let pipe: (reading: FileDescriptor, writing: FileDescriptor)
    do throws(Errno) { pipe = try POSIX.pipe() } catch { throw .io(error, "make a pipe") }
    defer { try? pipe.reading.close() }
    do throws(ImageError) {
      try child.begin { () throws(ImageError) in
        do throws(Errno) {
          return try POSIX.spawn(
            ([program.string] + arguments).map { Array($0.utf8) }, environment: environment.map { Array($0.utf8) },
            files: [pipe.reading] + files)
        } catch {
          throw .io(error, "run", program.string)
        }
      }
    } catch {
      try? pipe.writing.close()
      throw error
    }
    return pipe.writing
  }
}

/// A program's number, which may be used only until it has been reaped.
private final class RunningChild: Sendable {
  private struct State: Sendable {
    var process: Int32?
    var isCancelled = false
  }

  private let state = Mutex(State())

  var isCancelled: Bool { state.withLock { $0.isCancelled } }

  func begin(_ start: () throws(ImageError) -> Int32) throws(ImageError) {
    try state.withLock { (state) throws(ImageError) in
      if state.isCancelled { throw .cancelled }
      state.process = try start()
    }
  }

  func cancel() {
    state.withLock { state in
      state.isCancelled = true
      if let process = state.process { POSIX.kill(process) }
    }
  }

  func end() throws(Errno) -> POSIX.Ending {
    guard let process = state.withLock({ $0.process }) else { throw .noChildProcess }
    try POSIX.waitForEnd(process)
    return try state.withLock { (state) throws(Errno) in
      state.process = nil
      return try POSIX.reap(process)
    }
  }
}
