import ArgumentParser
import RPM
import SysextImage
import SysextPackages

/// `sysext-pack [pack] INPUT… OUT.raw`.
struct Pack: AsyncParsableCommand, TakingManyPlaces {
  static let configuration = CommandConfiguration(
    commandName: "pack",
    abstract: "Packs directories and RPM packages into an extension image.", aliases: ["build"])

  @Argument(
    help: ArgumentHelp(
      "Directories with usr and opt at their top (or etc for a confext), RPM packages, folders of them; at last the image: <name>-<version>.<architecture>.raw, or a folder for it.",
      valueName: "input> ... <output"),
    completion: .file(extensions: ["raw", "rpm"]))
  var places: [String]

  @OptionGroup(title: "Name") var naming: NamingOptions
  @OptionGroup(title: "Extension release") var release: ReleaseOptions
  @OptionGroup(title: "Packages") var packages: AssemblyArguments
  @OptionGroup(title: "Signatures of packages") var signatures: SignatureOptions
  @OptionGroup(title: "Image") var image: ImageOptions
  @OptionGroup(title: "Output") var console: ConsoleOptions

  @Flag(help: "Replace the image if it is there.")
  var force = false

  @Flag(help: "Stop where something would be left out.")
  var strict = false

  func validate() throws {
    if places.count < 2 { throw ValidationError("what goes in and the image's name are both needed") }
    if packages.noDigests, !signatures.keyring.isEmpty {
      throw ValidationError("--no-digests: a signature covers the files by their digests")
    }
    if places.contains("-") {
      throw ValidationError("an image is written in place and a tree is no stream: give names of a folder and a file")
    }
  }

  func run() async throws {
    try await console.reporting { () async throws(ImageError) in
      var options = try buildOptions()
      let output = FilePath(places[places.count - 1])
      // Each package is open until it is unpacked.
      POSIX.raiseFileLimit()
      var inputs: [AssemblyInput] = []
      for place in places.dropLast() { inputs += try AssemblyInput.read(FilePath(place)) }
      if inputs.count == 1, case .directory(let directory) = inputs[0], !packages.isUsed {
        let (builder, path) = try builder(output, options)
        let report = try await builder.build(DirectorySource(directory).tree(threadCount: image.jobs), to: path)
        console.show(report.findings)
        return try console.show(report.json) { report.summary(path: path.string, isVerbose: console.verbose) }
      }
      let base = try await packages.readBase(threadCount: image.jobs)
      if options.osRelease == nil { options.osRelease = try base?.osRelease() }
      var assembling = packages.options(image, base: base, isStrict: strict)
      assembling.signatureVerifier = try signatures.verifier(jobs: image.jobs)
      let assembly = try await Assembler(assembling).assemble(inputs)
      do throws(ImageError) {
        let (builder, path) = try builder(output, options, assembly.mainPackage)
        let companions = packages.companions(options.latestTime)
        try show(try await builder.build(assembly, to: path, companions: companions), path)
      } catch {
        assembly.cancel()
        throw error
      }
    }
  }

  /// What the user says comes before what the output's name says, and that before what the package says.
  ///
  /// - Returns: The builder, and where the image goes: in a folder it gets its name from the rest.
  private func builder(
    _ output: FilePath, _ options: BuildOptions, _ package: RPMPackage? = nil
  ) throws(ImageError) -> (SysextBuilder, FilePath) {
    let own = package.flatMap { Architecture(anySpelling: $0.identity.architecture) }
    if output.extension != "raw", FolderListing.isFolder(output) {
      guard let name = naming.name ?? package?.identity.name else {
        throw ImageError(
          .invalidArgument, "a folder: give the image's name, too, or --name", context: [output.string])
      }
      let builder = try SysextBuilder(
        name: name, version: naming.version ?? package?.identity.version,
        architecture: naming.architecture ?? own ?? .native, options: options)
      return (builder, output.appending(builder.name.fileName))
    }
    let parts = output.lastComponent.flatMap { try? ExtensionName(fileName: $0.string) }
    let version = naming.version ?? (parts?.version == nil ? package?.identity.version : nil)
    let architecture = naming.architecture ?? (parts?.architecture == nil ? own : nil)
    let builder = try SysextBuilder(
      output: output, name: naming.name, version: version, architecture: architecture, options: options)
    return (builder, output)
  }

  private func show(_ report: AssemblyReport, _ path: FilePath) throws(ImageError) {
    console.show(report.image.findings)
    if let confext = report.confext { console.show(confext.report.findings) }
    try console.show(report.json) {
      report.image.summary(path: path.string, isVerbose: console.verbose)
        + (report.confext.map { $0.report.summary(path: $0.path.string, isVerbose: console.verbose) } ?? "")
    }
  }

  private func buildOptions() throws(ImageError) -> BuildOptions {
    var options = BuildOptions()
    image.apply(to: &options)
    if let rules = image.rules { options.erofs.rules = try CompressionRule.read(FilePath(rules)) }
    try release.apply(to: &options)
    options.latestTime = try Environment.sourceDateEpoch()
    options.isStrict = strict
    options.replacesExisting = force
    return options
  }
}

/// What the image is called.
struct NamingOptions: ParsableArguments {
  @Option(help: "The extension's short name; else the output's name says it.")
  var name: String?

  @Option(help: "The extension's version; else the output's name says it.")
  var version: String?

  @Option(help: "What the content is for, such as x86-64 or arm64; else the output's name, else this machine.")
  var architecture: Architecture?
}

/// What the extension-release file says.
struct ReleaseOptions: ParsableArguments {
  @Option(name: .customLong("os-release"), help: "Take ID, VERSION_ID and level from this file.", completion: .file())
  var osRelease: String?

  @Option(help: "The system that it is for: its ID, or _any.")
  var id: String?

  @Option(help: "The VERSION_ID of the system that it is for.")
  var versionID: String?

  @Option(
    name: [.customLong("sysext-level"), .customLong("confext-level")], help: "The level, such as glibc-2.42.")
  var level: String?

  @Option(help: "Where it may be merged: words out of initrd, system, portable.")
  var scope: String?

  @Option(help: "Any further assignment, KEY=VALUE; may be given several times.")
  var field: [String] = []

  @Option(
    help: "Which release files to write where there are none: full-and-short (every client), or single (systemd only).")
  var releaseFiles = BuildOptions.ReleaseFiles.fullAndShort

  func apply(to options: inout BuildOptions) throws(ImageError) {
    if let osRelease {
      options.osRelease = try OSRelease(contentsOf: FilePath(osRelease))
    }
    options.release.id = id
    options.release.versionID = versionID
    options.release.level = level
    options.release.scope = scope
    for text in field { options.release.additional.append(try OSRelease.Field(assignment: text)) }
    options.releaseFiles = releaseFiles
  }
}

/// How the image is made.
struct ImageOptions: ParsableArguments {
  @Option(help: "fast, balanced or small: how long to build against how large the image is.")
  var preset = ErofsOptions.Preset.balanced

  @Option(help: "The oldest Linux that must read the image, such as 6.12.")
  var kernel = KernelVersion.oldestTarget

  @Option(help: "none, lz4, or lz4hc, deflate, zstd, lzma with [,LEVEL]; else the preset's.")
  var compression: ErofsOptions.Compression?

  @Option(help: "The greatest physical cluster, such as 4096, 16K or 1M; else the preset's.")
  var pclusterSize: ByteCount?

  @Option(
    help: "A file of rules for single files: in each line COMPRESSION[,LEVEL] [PCLUSTER] PATTERN.", completion: .file())
  var rules: String?

  @Option(help: "Where ends of compressed files go: blocks, inline, fragments or all-fragments; else the preset's.")
  var tails: ErofsOptions.Tails?

  @Option(help: "The file system's blocks: 512, 1024, 2048 or 4096 bytes.")
  var blockSize = ByteCount(4096)

  @Flag(help: "Write the older, larger indexes of compressed files.")
  var fullIndexes = false

  @Option(help: "What is stored once: none, equal files, or equal parts of them (extents), too; else the preset's.")
  var dedupe: ErofsOptions.Deduplication?

  @Option(help: "The UUID that all others are derived from, as systemd-repart does; else name and content.")
  var seed: GUID?

  @Flag(help: "Make a configuration extension, for /etc.")
  var confext = false

  @Flag(help: "Give all files to root.")
  var allRoot = false

  @Option(help: "Where the partition's tree belongs: root or usr.")
  var partition = PartitionType.Designator.root

  @Option(help: "The sectors of the device that the image is for: 512 or 4096 bytes.")
  var sectorSize = SectorSize.bytes512

  @Option(help: "How the image can be verified while it is used: none, or hash (a dm-verity tree in a partition).")
  var verity = BuildOptions.Verity.none

  @Flag(help: "Write the EROFS file system alone, without a partition table.")
  var rawFilesystem = false

  @Option(name: .shortAndLong, help: "How many threads scan and compress; the bytes do not depend on it.")
  var jobs: Int?

  func validate() throws {
    if let jobs, jobs < 1 { throw ValidationError("--jobs \(jobs): at least 1") }
    var options = BuildOptions()
    apply(to: &options)
    do throws(ImageError) { try options.validate() } catch { throw ValidationError(error.description) }
  }

  func apply(to options: inout BuildOptions) {
    var erofs = ErofsOptions(preset: preset, kernel: kernel)
    if let compression { erofs.compression = compression }
    // A preset's tails are for what is compressed.
    if compression == ErofsOptions.Compression.none { erofs.tails = .blocks }
    if let pclusterSize { erofs.pclusterByteCount = pclusterSize.value }
    if let tails { erofs.tails = tails }
    erofs.blockByteCount = blockSize.value
    erofs.usesFullIndexes = fullIndexes
    if let dedupe { erofs.deduplication = dedupe }
    erofs.threadCount = jobs
    options.erofs = erofs
    options.seed = seed.map(Seed.init)
    options.kind = confext ? .confext : .sysext
    options.allRoot = allRoot
    options.partition = partition
    options.sectorSize = sectorSize
    options.verity = verity
    options.rawFileSystem = rawFilesystem
  }
}
