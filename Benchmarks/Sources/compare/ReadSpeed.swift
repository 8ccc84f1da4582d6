import Glibc

/// How fast the files of a mounted image are read, with nothing of them in the page cache.
struct ReadSpeed {
  /// Every file from its start to its end, with what opening it costs.
  var sequential = (wall: 0.0, cpu: 0.0)
  /// Of all files together.
  var byteCount = 0
  /// Blocks of 4 KiB at random positions, in files that are open.
  var random = (wall: 0.0, cpu: 0.0)
  var randomCount = 0

  /// Mounts a file system image, reads, and unmounts it.
  static func measure(_ image: String, _ workshop: Workshop) throws -> ReadSpeed {
    let folder = workshop.path + "/mount"
    mkdir(folder, 0o700)
    defer { rmdir(folder) }
    _ = try Child.run(["/bin/mount", "-t", "erofs", "-o", "ro,loop", image, folder], log: workshop.log)
    let speed = Result { try ReadSpeed(folder) }
    _ = try Child.run(["/bin/umount", folder], log: workshop.log)
    return try speed.get()
  }

  private init(_ folder: String) throws {
    var files: [(path: String, byteCount: Int)] = []
    try Self.list(folder, into: &files)
    byteCount = files.reduce(0) { $0 + $1.byteCount }
    try Self.dropCaches()
    sequential = try Self.timed { try Self.readAll(files) }

    let reads = try Self.choose(2000, of: files)
    defer { for file in Set(reads.map(\.file)) { close(file) } }
    randomCount = reads.count
    try Self.dropCaches()
    var block = [UInt8](repeating: 0, count: 4096)
    random = try Self.timed {
      for read in reads where pread(read.file, &block, block.count, read.offset) < 1 {
        throw Failure("pread: \(Child.message(errno))")
      }
    }
  }

  private static func list(_ folder: String, into files: inout [(path: String, byteCount: Int)]) throws {
    for name in try Tree.names(in: folder) {
      let path = "\(folder)/\(name)"
      var status = stat()
      guard lstat(path, &status) == 0 else { throw Failure("\(path): \(Child.message(errno))") }
      switch status.st_mode & S_IFMT {
      case S_IFDIR: try list(path, into: &files)
      case S_IFREG: files.append((path, Int(status.st_size)))
      default: break
      }
    }
  }

  private static func readAll(_ files: [(path: String, byteCount: Int)]) throws {
    var buffer = [UInt8](repeating: 0, count: 128 << 10)
    for (path, byteCount) in files {
      let file = open(path, O_RDONLY | O_CLOEXEC)
      var rest = byteCount
      while rest > 0 {
        let count = read(file, &buffer, buffer.count)
        if count < 1 { throw Failure("\(path): \(Child.message(errno))") }
        rest -= count
      }
      close(file)
    }
  }

  /// Positions in all files together, the same each time; the files are open.
  private static func choose(
    _ count: Int, of files: [(path: String, byteCount: Int)]
  ) throws -> [(file: CInt, offset: Int)] {
    var limits = rlimit(rlim_cur: 4096, rlim_max: 4096)
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits)
    var starts: [Int] = []
    var total = 0
    for file in files {
      starts.append(total)
      total += (file.byteCount + 4095) / 4096
    }
    if total == 0 { return [] }
    var state: UInt64 = 1
    var open: [Int: CInt] = [:]
    return try (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let block = Int((state >> 33) % UInt64(total))
      // The last file that starts at or before the block and is not empty.
      var (low, high) = (0, starts.count)
      while high - low > 1 {
        let middle = (low + high) / 2
        if starts[middle] <= block { low = middle } else { high = middle }
      }
      let file = open[low] ?? Glibc.open(files[low].path, O_RDONLY | O_CLOEXEC)
      if file < 0 { throw Failure("\(files[low].path): \(Child.message(errno))") }
      open[low] = file
      return (file, (block - starts[low]) * 4096)
    }
  }

  /// Wall time, and CPU time of this process and of the kernel's threads, which decompress for it and run loop devices.
  private static func timed(_ body: () throws -> Void) throws -> (wall: Double, cpu: Double) {
    let threads = kernelThreads()
    let (cpu, wall) = (own(), Clock.now())
    try body()
    let end = (wall: Clock.now() - wall, cpu: own() - cpu)
    return (end.wall, end.cpu + max(0, kernelThreads() - threads))
  }

  private static func own() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// Of all kernel threads there are: those have no memory, so nothing of theirs in `statm`.
  private static func kernelThreads() -> Double {
    let processes = (try? Tree.names(in: "/proc"))?.filter { $0.first?.isNumber == true } ?? []
    return processes.reduce(0) { sum, process in
      guard Child.text("/proc/\(process)/statm").hasPrefix("0 ") else { return sum }
      return sum + (Double(Child.text("/proc/\(process)/schedstat").prefix { $0 != " " }) ?? 0) / 1e9
    }
  }

  private static func dropCaches() throws {
    sync()
    let file = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC)
    defer { close(file) }
    guard write(file, "3\n", 2) == 2 else { throw Failure("drop_caches: \(Child.message(errno))") }
  }
}
