import ArgumentParser
import RPM
import SysextImage

/// `sysext-pack rpm cat PACKAGE PATH…`.
struct RPMCat: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cat", abstract: "Writes files of a package to standard output, once the whole package is verified.")

  @Argument(help: "The package: a file, or an https or http URL.", completion: .file(extensions: ["rpm"]))
  var package: String

  @Argument(help: "The files.")
  var paths: [String]

  @OptionGroup var options: PackageOptions

  @OptionGroup(title: "Output") var console: ConsoleOptions

  func validate() throws {
    if console.json { throw ValidationError("--json: what files hold is written as it is; rpm ls --json lists them") }
  }

  func run() async throws {
    try await console.reporting { () async throws(ImageError) in
      let package = try options.open(package)
      let files = try package.files()
      let wanted = try paths.map { (path) throws(ImageError) in try file(path, in: files, of: package) }
      // Nothing is written that is found to be damaged afterwards.
      var nothing = RPMNoReceiver()
      try package.unpack(&nothing)
      for file in wanted {
        var writer = ContentWriter(index: file.index)
        try package.unpack(&writer)
      }
    }
  }

  /// The file that has the content of a path; of hard links, the first.
  private func file(_ path: String, in files: RPMFileList, of package: RPMPackage) throws(ImageError) -> RPMFile {
    let names = imagePath(path).map(\.bytes)
    // As the header has it: source packages have names alone.
    let bytes = (package.identity.isSource ? [] : [0x2F]) + Array(names.joined(separator: [0x2F]))
    func fault(_ code: ImageError.Code, _ message: String) -> ImageError {
      ImageError(code, message, context: [package.fileName, printable(bytes)])
    }
    guard let file = files.first(where: { $0.path == bytes }) else { throw fault(.notFound, "no such file") }
    guard file.kind == .regular else { throw fault(.invalidArgument, "not a regular file") }
    guard !file.flags.contains(.ghost) else { throw fault(.notFound, "a %ghost: the package does not hold it") }
    let group = files.hardLinks.first { $0.contains(file.index) }
    return files[group?[0] ?? file.index]
  }
}

/// Writes the content of one file.
private struct ContentWriter: RPMContentReceiver {
  let index: Int
  private var isCurrent = false

  init(index: Int) { self.index = index }

  mutating func begin(_ file: RPMFile, at offset: UInt64) { isCurrent = file.index == index }

  mutating func data(_ bytes: borrowing [UInt8], _ range: Range<Int>) throws(ImageError) {
    if isCurrent { try Console.write(Array(bytes[range]), range.count) }
  }

  mutating func end() { isCurrent = false }
}
