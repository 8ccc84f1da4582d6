import ArgumentParser
import RPM
import SysextImage
import SysextPackages

/// `sysext-pack rpm extract PACKAGE… DEST`.
struct RPMExtract: AsyncParsableCommand, TakingManyPlaces {
  static let configuration = CommandConfiguration(
    commandName: "extract",
    abstract: "Writes the files of packages to a directory, once the packages are verified.",
    discussion: """
      Files have the paths, modes, times and capabilities that the packages give them, and for root the owners, as far \
      as this machine knows them. Scripts are not run.
      """)

  @Argument(
    help: ArgumentHelp(
      "The packages: files, folders of them, or https or http URLs; at last the directory: new or empty, unless --force.",
      valueName: "package> ... <destination"), completion: .file(extensions: ["rpm"]))
  var places: [String]

  @OptionGroup var options: PackageOptions

  @OptionGroup(title: "Signatures of packages") var signatures: SignatureOptions

  @Option(name: .shortAndLong, help: "How many threads unpack and write.")
  var jobs: Int?

  @Option(help: "What to do when packages have different files under one path: fail, first or last.")
  var onConflict = ConflictRule.fail

  @Flag(help: "Leave all files to whoever runs this.")
  var noOwners = false

  @Flag(help: "Write into a directory that has something in it, and replace files.")
  var force = false

  @OptionGroup(title: "Output") var console: ConsoleOptions

  func validate() throws {
    if let jobs, jobs < 1 { throw ValidationError("--jobs \(jobs): at least 1") }
    if places.count < 2 { throw ValidationError("packages and a directory are both needed") }
  }

  func run() async throws {
    try await console.reporting { () async throws(ImageError) in
      POSIX.raiseFileLimit()
      var packages: [RPMPackage] = []
      for place in try packageFiles(places.dropLast()) { packages.append(try options.open(place)) }
      var assembly = AssemblyOptions()
      assembly.conflictRule = onConflict
      assembly.threadCount = jobs
      assembly.signatureVerifier = try signatures.verifier(jobs: jobs)
      assembly.scratchFolder = Environment.temporaryFolder
      var writing = DirectoryWriter.Options()
      writing.threadCount = jobs
      writing.setsOwners = noOwners ? false : nil
      writing.replacesExisting = force
      let destination = places[places.count - 1]
      let (report, findings) = try await PackageExtractor(assembly).extract(
        packages, to: FilePath(destination), accounts: Environment.accounts(), writing: writing)
      console.show(findings + report.findings)
      try console.show(report.json) { report.summary(destination) }
    }
  }
}
