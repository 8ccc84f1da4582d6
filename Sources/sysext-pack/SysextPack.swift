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
      RPMCommand.self,
      Version.self,
    ],
    defaultSubcommand: Pack.self)

  /// A verb's own options are looked at first: to set up those of all verbs takes longer than many a verb's work.
  static func main() async {
    var arguments = CommandLine.arguments.dropFirst()
    var verb: any ParsableCommand.Type = Self.self
    while let next = verb.configuration.subcommands.first(where: { $0.configuration.commandName == arguments.first }) {
      verb = next
      arguments.removeFirst()
    }
    guard verb != Self.self, let verb = verb as? any AsyncParsableCommand.Type,
      var command = try? parse(verb, arguments)
    else {
      // Help, errors, and the verb that needs no name.
      return await main(nil)
    }
    do { try await command.run() } catch { exit(withError: error) }
  }
}

/// A verb that takes any number of files, the last of its arguments.
protocol TakingManyPlaces {
  var places: [String] { get set }
}

extension SysextPack {
  private static func parse(
    _ verb: any AsyncParsableCommand.Type, _ arguments: ArraySlice<String>
  ) throws -> sending any AsyncParsableCommand {
    guard let taking = verb as? any (AsyncParsableCommand & TakingManyPlaces).Type else {
      return try verb.parse(Array(arguments))
    }
    let places = lastPlaces(arguments)
    var command = try taking.parse(Array(arguments.dropLast(places.count)))
    command.places += places
    return command
  }

  /// The arguments at the end that can only be names of files, where they are many: the parser's time grows with the
  /// square of their number.
  private static func lastPlaces(_ arguments: ArraySlice<String>) -> ArraySlice<String> {
    // The first may be an option's value, and a second one is needed by who needs any.
    let places = arguments.reversed().prefix { !$0.hasPrefix("-") }.count - 2
    return places < 64 ? [] : arguments.suffix(places)
  }
}

/// `--version` names an extension's version, so the program's own is a verb.
struct Version: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "version", abstract: "Prints the version of this program.")

  static let number = "0.1.0"

  func run() { print("sysext-pack \(Self.number)") }
}
