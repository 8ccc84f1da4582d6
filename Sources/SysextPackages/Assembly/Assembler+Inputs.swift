import ImageCore
import RPM
import SysextImage

extension Assembler {
  /// Takes each package once, and refuses what is none.
  static func distinct(
    _ inputs: [AssemblyInput], _ findings: inout [Finding]
  ) throws(ImageError) -> [AssemblyInput] {
    var seen: [RPMIdentity: String] = [:]
    var result: [AssemblyInput] = []
    for input in inputs {
      if case .package(let package) = input {
        if package.identity.isSource {
          throw ImageError(
            .invalidArgument, "a source package: what it holds has to be built before it can be installed",
            context: [package.fileName])
        }
        if let first = seen[package.identity] {
          findings.append(
            Finding(.note, "package-twice", place: package.lastName, "the same package as \(first): taken once"))
          continue
        }
        seen[package.identity] = package.lastName
      }
      result.append(input)
    }
    return result
  }

  /// Leaves out the packages that the base has.
  func withoutBase(
    _ inputs: [AssemblyInput], _ findings: inout [Finding]
  ) throws(ImageError) -> [AssemblyInput] {
    guard let base = options.base, let packages = base.packages else { return inputs }
    let kept = inputs.filter { input in
      guard case .package(let package) = input else { return true }
      let identity = package.identity
      let there = packages.packages(name: identity.name, architecture: identity.architecture)
      if there.isEmpty { return true }
      let isSame = there.contains { $0.isSame(as: identity) }
      let versions = there.map(\.evr).joined(separator: ", ")
      findings.append(
        isSame
          ? Finding(.note, "package-in-base", place: identity.description, "left out: the base has it")
          : Finding(
            .warning, "package-in-base", place: identity.description,
            "left out: the base has \(printable(identity.name.utf8)) \(printable(versions.utf8)), not \(identity.evr)"))
      return false
    }
    if kept.isEmpty {
      throw ImageError(.invalidArgument, "nothing to pack: the base has all of the packages", context: [base.name])
    }
    return kept
  }

  /// The package that speaks for the image.
  func mainPackage(of packages: [RPMPackage]) throws(ImageError) -> RPMPackage? {
    guard let name = options.mainPackage else { return packages.first }
    guard let package = packages.first(where: { $0.identity.name == name }) else {
      throw ImageError(.notFound, "no package \(name) among those that are to be packed")
    }
    return package
  }
}
