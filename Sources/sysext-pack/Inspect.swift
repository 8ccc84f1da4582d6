import ArgumentParser
import SysextImage

/// `sysext-pack inspect IMAGE`.
struct Inspect: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Shows what is in an image, without root or mounting.")

  func run() async throws {}
}
