import Compression
import Dispatch
import FileTree
import ImageCore
import RPM
import Synchronization
import SystemPackage

/// Decompresses and verifies the payloads of packages, several at a time, on threads of its own.
///
/// Readers of the contents may block a thread of the pool that all tasks share; decoders must not depend on that one.
final class PayloadDecoders: Sendable {
  private struct State: Sendable {
    /// What nobody has begun, the next one at the end.
    var waiting: [Int]
    /// By package.
    var failures: [Int: ImageError] = [:]
    var isCancelled = false
  }

  private let packages: [RPMPackage]
  /// By package.
  let files: [RPMFileList]
  private let limits: RPMLimits
  private let verifiesDigests: Bool
  private let state: Mutex<State>
  private let running = DispatchGroup()
  /// By package.
  private let spools: [PayloadSpool]

  /// Begins to decode.
  ///
  /// - Parameters:
  ///   - packages: The packages.
  ///   - folder: Where there is room for all their files.
  ///   - threadCount: How many payloads are decoded at one time.
  ///   - limits: What each may take.
  ///   - verifiesDigests: Whether digests are compared.
  /// - Throws: `.corrupt` for a broken list of files, `.io` where no temporary file can be made.
  init(
    _ packages: [RPMPackage], folder: FilePath, threadCount: Int, limits: RPMLimits, verifiesDigests: Bool
  ) throws(ImageError) {
    self.packages = packages
    self.limits = limits
    self.verifiesDigests = verifiesDigests
    var (files, spools): ([RPMFileList], [PayloadSpool]) = ([], [])
    for package in packages {
      files.append(try package.files())
      spools.append(PayloadSpool(fileCount: files[files.count - 1].count, file: try ScratchFile(in: folder)))
    }
    (self.files, self.spools) = (files, spools)
    // What takes longest first: nothing is left for one thread alone at the end.
    let costs = packages.map { package in
      (package.payloadRange.upperBound - package.payloadRange.lowerBound).saturatingMultiply(package.costPerByte)
    }
    state = Mutex(State(waiting: packages.indices.sorted { (costs[$0], $1) < (costs[$1], $0) }))
    for number in 0..<min(threadCount, packages.count) {
      DispatchQueue(label: "payload decoder \(number)").async(group: running) { self.run() }
    }
  }

  private func run() {
    while let index = state.withLock({ $0.isCancelled ? nil : $0.waiting.popLast() }) {
      let spool = spools[index]
      do throws(ImageError) {
        var writer = SpoolWriter(spool)
        try packages[index].unpack(files[index], &writer, limits: limits, verifiesDigests: verifiesDigests)
        try writer.flush()
        // Never seen by who reads only what is there.
        spool.end(ImageError(.notFound, "not in the payload").inContext(packages[index].fileName))
      } catch {
        state.withLock { if !$0.isCancelled { $0.failures[index] = error } }
        spool.end(error)
        cancel()
      }
    }
  }

  /// The content of a regular file.
  func content(of file: RPMFile, package: Int) -> any FileContent {
    SpoolContent(spool: spools[package], index: file.index, byteCount: file.byteCount)
  }

  /// Ends all that is under way; who waits for a content gets an error.
  func cancel() {
    state.withLock {
      $0.isCancelled = true
      $0.waiting = []
    }
    for spool in spools { spool.end(.cancelled) }
  }

  /// Runs what reads contents: when it fails or its task is cancelled, decoding ends, and nobody waits any longer.
  ///
  /// - Throws: What was wrong with a package; else what `body` throws.
  func running<R: Sendable>(_ body: () async throws(ImageError) -> R) async throws(ImageError) -> R {
    let result = await withTaskCancellationHandler {
      () async -> Result<R, ImageError> in
      do throws(ImageError) { return .success(try await body()) } catch {
        cancel()
        return .failure(failure ?? error)
      }
    } onCancel: {
      cancel()
    }
    return try result.get()
  }

  /// What was wrong with the first of the packages that could not be unpacked.
  var failure: ImageError? {
    state.withLock { state in state.failures.min { $0.key < $1.key }?.value }
  }

  /// Waits until nothing is decoded any more, and says whether all packages are what they claim to be.
  ///
  /// - Throws: What was wrong with one of them; `.cancelled`.
  func finish() async throws(ImageError) {
    await withCheckedContinuation { continuation in
      running.notify(queue: .global()) { continuation.resume() }
    }
    if let failure { throw failure }
    if state.withLock({ $0.isCancelled }) { throw .cancelled }
  }
}

extension RPMPackage {
  /// How long a byte of the payload takes, compared with the fastest: measured with payloads of programs.
  fileprivate var costPerByte: UInt64 {
    switch try? compressor() {
    case .bzip2: 25
    case .xz, .lzma: 16
    case .gzip: 3
    case .zstd: 2
    case nil, .some(.none): 1
    }
  }
}
