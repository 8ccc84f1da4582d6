public import EROFS
public import FileTree
public import ImageCore

/// Lists what an image has, as `ls` does.
public struct ImageLister: Sendable {
  /// What is listed, and how.
  public struct Options: Sendable {
    /// Whether directories in directories are listed, too.
    public var isRecursive = false
    /// Whether there is more than names.
    public var isLong = false
    /// Whether directories are listed instead of what is in them.
    public var listsDirectoriesThemselves = false
    /// Whether lengths are given in units that fit.
    public var hasHumanSizes = false

    /// Names.
    public init() {}
  }

  let fileSystem: ErofsFileSystem
  let options: Options

  /// Makes a lister.
  public init(_ fileSystem: ErofsFileSystem, _ options: Options = Options()) {
    self.fileSystem = fileSystem
    self.options = options
  }

  /// Lists paths as text: single files first, then directories.
  ///
  /// - Parameters:
  ///   - paths: What to list; the root if there are none.
  ///   - write: Takes the text piece by piece, as lines whose names are safe to print.
  /// - Throws: `.notFound` for a path that is not there, before anything is written; what `write` and reading throw.
  public func text(
    of paths: [[FileName]], _ write: ([UInt8]) throws(ImageError) -> Void
  ) throws(ImageError) {
    try inFile(fileSystem.name) { () throws(ImageError) in try writeText(of: try find(paths), write) }
  }

  private func writeText(
    of operands: [Place], _ write: ([UInt8]) throws(ImageError) -> Void
  ) throws(ImageError) {
    var lister = ErofsLister(fileSystem)
    var output = OutputBuffer()
    let single = operands.filter { !isOpened($0.inode) }
    var files: [ListedFile] = []
    for operand in single { files.append(try ListedFile(FileName(operand.bytes), operand.inode, &lister)) }
    append(files, to: &output)
    let hasHeaders = operands.count > 1 || options.isRecursive
    for operand in operands where isOpened(operand.inode) {
      try walk(operand, &lister) { (directory, entries, lister) throws(ImageError) in
        if hasHeaders {
          if !output.isFresh { output.bytes.append(0x0A) }
          output.bytes.append(printable: directory.bytes)
          output.bytes += ":\n".utf8
        }
        if options.isLong {
          append(try Self.look(at: entries, &lister), to: &output)
        } else {
          for entry in entries { output.addLine(entry.name) }
        }
        try output.flush(ifLongerThan: OutputBuffer.usualByteCount, write)
      }
    }
    try output.flush(ifLongerThan: 0, write)
  }

  private func append(_ files: [ListedFile], to output: inout OutputBuffer) {
    if options.isLong {
      LongFormat(hasHumanSizes: options.hasHumanSizes).write(files.map(\.row), to: &output.bytes)
    } else {
      for file in files { output.addLine(file.name) }
    }
  }
}

/// What is gathered to be written at once.
struct OutputBuffer {
  static let usualByteCount = 256 << 10

  var bytes: [UInt8] = []
  private var isFlushed = false

  /// Whether nothing was ever put in.
  var isFresh: Bool { !isFlushed && bytes.isEmpty }

  mutating func addLine(_ name: FileName) {
    bytes.append(printable: name.bytes)
    bytes.append(0x0A)
  }

  mutating func flush(
    ifLongerThan count: Int, _ write: ([UInt8]) throws(ImageError) -> Void
  ) throws(ImageError) {
    guard bytes.count > count else { return }
    try write(bytes)
    bytes.removeAll(keepingCapacity: true)
    isFlushed = true
  }
}
