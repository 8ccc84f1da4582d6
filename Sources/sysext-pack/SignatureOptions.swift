import ArgumentParser
import SysextImage
import SysextPackages

/// Who has to have signed packages.
struct SignatureOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Public keys: compare the packages' signatures with these (by gpgv or sqv); may be given several times.",
      valueName: "file"), completion: .file())
  var keyring: [String] = []

  @Flag(help: "Stop at a package that none of the keys has signed.")
  var requireSignature = false

  func validate() throws {
    if requireSignature, keyring.isEmpty { throw ValidationError("--require-signature needs --keyring") }
  }

  func verifier(jobs: Int?) throws(ImageError) -> SignatureVerifier? {
    if keyring.isEmpty { return nil }
    var verifier = try SignatureVerifier(
      keyrings: keyring.map { FilePath($0) }, scratchFolder: Environment.temporaryFolder)
    verifier.requiresSignature = requireSignature
    verifier.threadCount = jobs
    return verifier
  }
}
