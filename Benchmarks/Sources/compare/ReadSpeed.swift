import Glibc

/// How fast the files of a mounted image are read, with nothing of them in the page cache.
struct ReadSpeed {
  /// Every file from its start to its end, with what opening it costs.
  var sequential = Effort()
  /// Of all files together.
  var byteCount = 0
  /// Blocks of 4 KiB at random positions, in files that are open.
  var random = Effort()
  var randomCount = 0

  /// Mounts a file system image, reads, and unmounts it.
  static func measure(_ image: String, _ workshop: Workshop) throws -> ReadSpeed {
    try Mount.use(image, workshop) { try ReadSpeed($0.files) }
  }

  private init(_ files: [Mount.File]) throws {
    byteCount = files.reduce(0) { $0 + $1.byteCount }
    try Mount.dropCaches()
    sequential = try Effort.of { try Self.readAll(files) }

    let reads = RandomReads(2000, of: files)
    randomCount = reads.places.count
    random = try Self.effort(of: reads, files) { _ in }
  }

  /// What the reads cost in files that are open, with nothing of them in the page cache; `use` gets each block.
  static func effort(
    of reads: RandomReads, _ files: [Mount.File], use: (ArraySlice<UInt8>) -> Void
  ) throws -> Effort {
    var limits = rlimit(rlim_cur: 4096, rlim_max: 4096)
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits)
    var open: [Int: CInt] = [:]
    defer { for file in open.values { close(file) } }
    for (file, _) in reads.places where open[file] == nil {
      let descriptor = Glibc.open(files[file].path, O_RDONLY | O_CLOEXEC)
      if descriptor < 0 { throw Failure("\(files[file].path): \(Child.message(errno))") }
      open[file] = descriptor
    }
    let places = reads.places.map { (open[$0.file] ?? -1, $0.offset) }
    try Mount.dropCaches()
    var block = [UInt8](repeating: 0, count: RandomReads.byteCount)
    return try Effort.of {
      for (file, offset) in places {
        let count = pread(file, &block, block.count, offset)
        if count < 1 { throw Failure("pread: \(Child.message(errno))") }
        use(block[..<count])
      }
    }
  }

  private static func readAll(_ files: [Mount.File]) throws {
    var buffer = [UInt8](repeating: 0, count: 128 << 10)
    for file in files {
      let descriptor = open(file.path, O_RDONLY | O_CLOEXEC)
      var rest = file.byteCount
      while rest > 0 {
        let count = read(descriptor, &buffer, buffer.count)
        if count < 1 { throw Failure("\(file.path): \(Child.message(errno))") }
        rest -= count
      }
      close(descriptor)
    }
  }
}
