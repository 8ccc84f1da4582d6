import FileTree
public import ImageCore
public import RPM
public import SystemPackage

/// One of the things that an extension is made of.
public enum AssemblyInput: Sendable {
  /// A package.
  case package(RPMPackage)
  /// A directory with `usr` or `opt` (or for a confext `etc`) in it.
  case directory(FilePath)

  /// What is at a path: a package, a directory, or a folder of packages.
  ///
  /// A directory counts as a folder of packages when it has files that end in `.rpm` and nothing that could be merged.
  ///
  /// - Throws: `.notFound`, `.io`; what is wrong with a package.
  public static func read(_ path: FilePath) throws(ImageError) -> [AssemblyInput] {
    guard FolderListing.isFolder(path) else { return [.package(try package(path))] }
    let names = try FolderListing(path).names
    let isTree = names.contains { ["usr", "opt", "etc"].contains($0) }
    let files = isTree ? [] : try PackageFolder(path).files
    guard !files.isEmpty else { return [.directory(path)] }
    return try files.map { (file) throws(ImageError) in .package(try package(file)) }
  }

  private static func package(_ path: FilePath) throws(ImageError) -> RPMPackage {
    let store = try ByteStore(contentsOf: path)
    guard try RPMLead.isRecognized(store) else {
      throw ImageError(.invalidArgument, "neither a directory nor an RPM package", context: [path.string])
    }
    return try RPMPackage(store, fileName: path.string)
  }
}
