import Benchmark
import Crypto
import Glibc
import SysextImage

/// Where images go: memory where there is a file system in memory, as a disk's speed is not what is measured.
private let output: FilePath = {
  let base = ProcessEnvironment["BENCHMARK_OUTPUT"] ?? (access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp")
  return FilePath(base).appending("sysext-benchmark-\(getpid())-1.x86-64.raw")
}()

private enum ProcessEnvironment {
  static subscript(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}

private func options(
  _ compression: ErofsOptions.Compression, pcluster: Int = 4096, threads: Int? = nil
) -> ErofsOptions {
  // No preset's ends of files: the algorithm is what is measured. Linux 6.12 reads all of them.
  var options = ErofsOptions(preset: .fast, kernel: KernelVersion(6, 12))
  options.compression = compression
  options.pclusterByteCount = pcluster
  options.tails = .blocks
  options.threadCount = threads
  return options
}

let benchmarks: @Sendable () -> Void = {
  Benchmark.defaultConfiguration = .init(
    metrics: [.wallClock, .cpuTotal, .peakMemoryResident, .writeSyscalls], warmupIterations: 1,
    maxDuration: .seconds(3), maxIterations: 1000, teardown: { unlink(output.string) })
  clusters()
  trees()
  reading()
  hashing()
}

/// One thread and one file: nearly all of it is the compression of pclusters, one after the other.
///
/// Codecs are not public; `none` is what the rest costs.
private func clusters() {
  let compressions: [ErofsOptions.Compression] = [
    .none, .lz4, .lz4hc(level: 9), .deflate(level: 6), .zstd(level: 3), .lzma(level: 6),
  ]
  for compression in compressions {
    for pcluster in compression == .none ? [4096] : [4096, 65_536] {
      pack("pclusters of \(pcluster >> 10) KiB, \(compression)", options(compression, pcluster: pcluster, threads: 1)) {
        try SampleTrees.sample()
      }
    }
  }
}

private func trees() {
  for compression in [ErofsOptions.Compression.none, .lz4] {
    pack("20,000 small files, \(compression)", options(compression)) { try SampleTrees.small() }
    pack("4 large files, \(compression)", options(compression)) { try SampleTrees.large() }
  }
  pack("a folder of 10,000 names", options(.none)) { try SampleTrees.names() }
  Benchmark("SysextBuilder, 4 large files, lz4") { (_, files: FileTree) async throws in
    var options = BuildOptions()
    options.replacesExisting = true
    options.release.id = "_any"
    blackHole(try await SysextBuilder(output: output, options: options).build(files, to: output))
  } setup: {
    try SampleTrees.large()
  }
}

private func pack(_ name: String, _ options: ErofsOptions, _ tree: @escaping () throws -> FileTree) {
  Benchmark("ErofsWriter, \(name)") { (_, files: FileTree) async throws in
    blackHole(try await ErofsWriter(options: options).write(files, to: output, uuid: .zero, replace: true))
  } setup: {
    try tree()
  }
}

private func reading() {
  let folder = ProcessEnvironment["BENCHMARK_TREE"] ?? "/usr/include"
  Benchmark("DirectorySource, \(folder)") { _ async throws in
    blackHole(try await DirectorySource(FilePath(folder)).tree())
  }
  Benchmark("Whole tree, scanned and written, \(folder)") { _ async throws in
    let tree = try await DirectorySource(FilePath(folder)).tree()
    blackHole(try await ErofsWriter().write(tree, to: output, uuid: .zero, replace: true))
  }

  // CRC-32 over a header and 16 KiB of entries, twice: the checksum itself is not public.
  Benchmark(
    "GPTReading, both tables", configuration: .init(scalingFactor: .kilo)
  ) { (benchmark, store: ByteStore) throws in
    for _ in benchmark.scaledIterations { blackHole(try GPTReading(store)) }
  } setup: {
    let guid = GUID(bytes: 1...16)
    let partition = NewPartition(
      typeGUID: PartitionType(designator: .root, architecture: .x86_64).guid, uniqueGUID: guid, label: "root",
      byteCount: 1 << 20)
    let table = try PartitionTable(diskGUID: guid, layingOut: [partition])
    var image = [UInt8](repeating: 0, count: Int(try table.imageByteCount))
    for area in try table.encodedAreas {
      image.replaceSubrange(Int(area.offset)..<Int(area.offset) + area.bytes.count, with: area.bytes)
    }
    return ByteStore(image)
  }
}

private func hashing() {
  // The library's own file, linked to this folder: it is not public.
  let block = [UInt8](repeating: 3, count: 4096)
  Benchmark("CRC-32C of 4 KiB", configuration: .init(scalingFactor: .kilo)) { benchmark in
    for _ in benchmark.scaledIterations { blackHole(CRC32.castagnoli.checksum(block.span.bytes)) }
  }
  // XXH3 is not public either: files of one length are digested, unless equal ones need not be found.
  for isShared in [true, false] {
    var options = options(.none, threads: 1)
    options.deduplication = isShared ? .files : .none
    pack("4 large files, none, one thread, \(isShared ? "with" : "without") XXH3", options) { try SampleTrees.large() }
  }
  // What a verity leaf costs: a salt and a block.
  Benchmark("SHA-256 of 4 KiB", configuration: .init(scalingFactor: .kilo)) { benchmark in
    let salt = [UInt8](repeating: 1, count: 32)
    let block = [UInt8](repeating: 2, count: 4096)
    for _ in benchmark.scaledIterations {
      var hash = SHA256()
      hash.update(data: salt)
      hash.update(data: block)
      blackHole(hash.finalize())
    }
  }
}
