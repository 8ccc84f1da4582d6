import ArgumentParser

/// The program: each verb is a file of its own.
@main
struct SysextPack: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sysext-pack",
    abstract: "Makes system extension images, and looks into them.",
    discussion: """
      sysext-pack DIR OUT.raw packs a directory that has usr or opt at its top. The name of the output says what the \
      extension is called: <name>-<version>.<architecture>.raw.

      Results go to standard output, all else to standard error. The exit code is 0 when it is done, 1 when the input \
      or the image is at fault, 2 when the machine is (no space, no permission), 64 for wrong options.
      """,
    subcommands: [
      Pack.self, Inspect.self, Ls.self, Cat.self, Extract.self, Tar.self, Verify.self, Diff.self, Repair.self,
      Version.self,
    ],
    defaultSubcommand: Pack.self)

  /// A verb's own options are looked at first: to set up those of all verbs takes longer than many a verb's work.
  static func main() async {
    let arguments = CommandLine.arguments.dropFirst()
    let verb = configuration.subcommands.first { $0.configuration.commandName == arguments.first }
    guard let verb = verb as? any AsyncParsableCommand.Type, var command = try? verb.parse(Array(arguments.dropFirst()))
    else {
      // Help, errors, and the verb that needs no name.
      return await main(nil)
    }
    do { try await command.run() } catch { exit(withError: error) }
  }
}

/// `--version` names an extension's version, so the program's own is a verb.
struct Version: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "version", abstract: "Prints the version of this program.")

  static let number = "0.1.0"

  func run() { print("sysext-pack \(Self.number)") }
}
