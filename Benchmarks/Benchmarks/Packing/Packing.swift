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

private func options(_ compression: ErofsOptions.Compression) -> ErofsOptions {
  var options = ErofsOptions()
  options.compression = compression
  return options
}

let benchmarks: @Sendable () -> Void = {
  Benchmark.defaultConfiguration = .init(
    metrics: [.wallClock, .cpuTotal, .peakMemoryResident, .writeSyscalls], warmupIterations: 1,
    maxDuration: .seconds(3), maxIterations: 1000, teardown: { unlink(output.string) })
  packing()
  reading()
  hashing()
}

private func packing() {
  let trees: [(name: String, make: () throws -> FileTree)] = [
    ("4000 small files", SampleTrees.small), ("4 large files", SampleTrees.large),
  ]
  let compressions: [ErofsOptions.Compression] = [.none, .lz4, .lz4hc(level: 9)]
  for tree in trees {
    for compression in compressions {
      Benchmark("ErofsWriter, \(tree.name), \(compression)") { (_, files: FileTree) async throws in
        blackHole(
          try await ErofsWriter(options: options(compression)).write(files, to: output, uuid: .zero, replace: true))
      } setup: {
        try tree.make()
      }
    }
    Benchmark("SysextBuilder, \(tree.name), lz4") { (_, files: FileTree) async throws in
      var options = BuildOptions()
      options.replacesExisting = true
      options.release.id = "_any"
      blackHole(try await SysextBuilder(output: output, options: options).build(files, to: output))
    } setup: {
      try tree.make()
    }
  }
}

private func reading() {
  let folder = ProcessEnvironment["BENCHMARK_TREE"] ?? "/usr/include"
  Benchmark("DirectorySource, \(folder)") { _ async throws in
    blackHole(try await DirectorySource(FilePath(folder)).tree())
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
