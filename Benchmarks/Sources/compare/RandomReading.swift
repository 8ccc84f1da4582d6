import ArgumentParser
import EROFS
import Glibc
import SysextImage
import SystemPackage

/// `compare random`: 4 KiB at random positions in compressed files, by the library and by the kernel.
struct RandomReading: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "random",
    abstract: "Reads blocks of 4 KiB at random positions with the library and with the kernel, and prints a table.")

  @OptionGroup var common: CommonOptions

  @Option(help: "How many blocks are read.") var reads = 4000

  @Argument(help: "The trees: usr and opt at their top.") var trees: [String]

  func run() throws {
    guard geteuid() == 0 else { throw Failure("mounting needs root") }
    print("\(Machine.lines.joined(separator: ", ")).\n")
    print("| tree | packed with | blocks | wall \u{b5}s: ours, kernel | ratio | CPU \u{b5}s: ours, kernel | ratio |")
    print("|---|---|--:|---|--:|---|--:|")
    for tree in try trees.map(Tree.init) {
      try Workshop.use(in: common.output) { workshop in
        for setting in Reading.settings {
          progress("\(tree.name), \(setting)")
          let image = tree.output(in: workshop)
          defer { unlink(image) }
          try Reading.pack(tree, setting, common, workshop)
          print(try measure(tree, setting, image, workshop))
          fflush(nil)
        }
      }
    }
  }

  private func measure(_ tree: Tree, _ setting: String, _ image: String, _ workshop: Workshop) throws -> String {
    var ours: [Effort] = []
    var kernels: [Effort] = []
    var count = 0
    for round in 0...common.runs {
      // A mount of its own each time: nothing is known then, and an image that is opened anew knows nothing, either.
      try Mount.use(image, workshop) { mount in
        let reads = RandomReads(self.reads, of: mount.files)
        count = reads.places.count
        var sums: [UInt64] = [0, 0]
        let kernel = try ReadSpeed.effort(of: reads, mount.files) { Self.add($0, to: &sums[0]) }
        let own = try effort(of: reads, mount.files, image, workshop) { Self.add($0, to: &sums[1]) }
        guard sums[0] == sums[1] else { throw Failure("\(image): not the same bytes as the kernel's") }
        if round > 0 {
          ours.append(own)
          kernels.append(kernel)
        }
      }
    }
    let wall = (ours.map(\.wall).median, kernels.map(\.wall).median)
    let cpu = (ours.map(\.cpu).median, kernels.map(\.cpu).median)
    func each(_ seconds: Double) -> String { Markdown.number(seconds / Double(max(1, count)) * 1e6, digits: 1) }
    return Markdown.line([
      tree.name, "`\(setting)`", "\(count)", "\(each(wall.0)), \(each(wall.1))",
      Markdown.number(wall.0 / wall.1, digits: 2), "\(each(cpu.0)), \(each(cpu.1))",
      Markdown.number(cpu.0 / cpu.1, digits: 2),
    ])
  }

  private func effort(
    of reads: RandomReads, _ files: [Mount.File], _ image: String, _ workshop: Workshop,
    use: (ArraySlice<UInt8>) -> Void
  ) throws -> Effort {
    let fileSystem = try SysextImage.open(FilePath(image)).fileSystem
    let folder = workshop.path + "/mount"
    var contents: [Int: ErofsContent] = [:]
    for (file, _) in reads.places where contents[file] == nil {
      let path = String(files[file].path.dropFirst(folder.count))
      guard let inode = try fileSystem.lookup(FilePath(path)) else { throw Failure("\(path) is not there") }
      contents[file] = try fileSystem.content(of: inode)
    }
    let places = reads.places.compactMap { place in contents[place.file].map { ($0, place.offset) } }
    try Mount.dropCaches()
    var block = [UInt8](repeating: 0, count: RandomReads.byteCount)
    return try Effort.of {
      for (content, offset) in places {
        let count = min(block.count, Int(content.byteCount) - offset)
        try content.read(at: UInt64(offset), into: &block, 0..<count)
        use(block[..<count])
      }
    }
  }

  /// A sum that tells whether the same was read: of eight bytes of each block, so that it costs next to nothing.
  private static func add(_ block: ArraySlice<UInt8>, to sum: inout UInt64) {
    for byte in block.prefix(4) + block.suffix(4) { sum = sum &* 1_099_511_628_211 &+ UInt64(byte) }
    sum = sum &+ UInt64(block.count)
  }
}
