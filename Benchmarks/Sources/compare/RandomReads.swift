/// Blocks of 4 KiB at random positions in all files of an image together, the same each time.
struct RandomReads {
  static let byteCount = 4096

  /// The file's number, and the first byte.
  let places: [(file: Int, offset: Int)]

  init(_ count: Int, of files: [Mount.File]) {
    var starts: [Int] = []
    var total = 0
    for file in files {
      starts.append(total)
      total += (file.byteCount + Self.byteCount - 1) / Self.byteCount
    }
    var state: UInt64 = 1
    places = (0..<(total == 0 ? 0 : count)).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let block = Int((state >> 33) % UInt64(total))
      // The last file that starts at or before the block and is not empty.
      var (low, high) = (0, starts.count)
      while high - low > 1 {
        let middle = (low + high) / 2
        if starts[middle] <= block { low = middle } else { high = middle }
      }
      return (low, (block - starts[low]) * Self.byteCount)
    }
  }
}
