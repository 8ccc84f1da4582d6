import ArgumentParser
import RPM
import SysextImage
import SysextPackages
import SysextStore

/// `sysext-pack rpm VERB PACKAGE…`.
struct RPMCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rpm", abstract: "Looks into RPM packages.",
    subcommands: [RPMInfo.self, RPMLs.self, RPMCat.self, RPMExtract.self, RPMScripts.self])
}

/// The packages' files: of a folder, all that are in it.
func packageFiles(_ places: some Sequence<String>) throws(ImageError) -> [String] {
  var files: [String] = []
  for place in places {
    if RemoteSource.isURL(place) || place.hasSuffix(".rpm") {
      files.append(place)
    } else {
      do throws(ImageError) { files += try PackageFolder(FilePath(place)).files.map(\.string) } catch {
        guard error.code == .notADirectory else { throw error }
        files.append(place)
      }
    }
  }
  return files
}

/// How packages are opened.
struct PackageOptions: ParsableArguments {
  @OptionGroup(title: "Packages on a server") var remote: RemoteOptions

  func open(_ place: String) throws(ImageError) -> RPMPackage {
    let (bytes, fileName) = try remote.store(place)
    return try RPMPackage(bytes, fileName: bytes.name ?? fileName ?? place)
  }
}
