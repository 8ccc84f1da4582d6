public import FileTree
public import ImageCore
public import SysextImage
public import SystemPackage

/// The system that an extension is for, as far as something is known of it.
public struct BaseSystem: Sendable {
  /// What messages call it.
  public let name: String
  /// Its files; `nil` where only names of packages are known.
  public let tree: FileTree?
  /// Its packages; `nil` where they are not known.
  public let packages: BasePackageList?
  /// The files by the headers of packages, where there is nothing better: with names of owners, and without contents.
  let headerTree: MergedTree?

  /// Takes a tree.
  public init(name: String, tree: FileTree?, packages: BasePackageList? = nil) {
    self.name = name
    self.tree = tree
    self.packages = packages
    headerTree = nil
  }

  /// Takes what is known of a base's packages, and of their files if their headers are there.
  ///
  /// - Throws: What reading the headers throws.
  public init(name: String, packages: BasePackageList) throws(ImageError) {
    self.name = name
    self.packages = packages
    headerTree = packages.hasFileLists ? try HeaderTree.make(packages) : nil
    tree = headerTree?.tree
  }

  /// Reads a base: a system's directory, an image with an EROFS file system, an RPM database, a list of packages, a
  /// repository or its `primary.xml`, or a folder of packages.
  ///
  /// - Throws: `.notFound`, `.io`, `.unsupported` for what is none of these; what is wrong with it; `.cancelled`.
  public static func read(_ path: FilePath, threadCount: Int? = nil) async throws(ImageError) -> BaseSystem {
    if FolderListing.isFolder(path.appending("usr")) {
      return try BaseSystem(
        name: path.string, system: try await DirectorySource(path).tree(threadCount: threadCount))
    }
    let problem: ImageError
    do throws(ImageError) {
      return try BaseSystem(name: path.string, packages: try BasePackageList(contentsOf: path))
    } catch {
      guard error.code == .unsupported, !FolderListing.isFolder(path) else { throw error }
      problem = error
    }
    let image: DiskImage
    do throws(ImageError) { image = try SysextImage.open(path) } catch {
      throw error.code == .io || error.code == .notFound ? error : problem
    }
    return try BaseSystem(name: path.string, system: try image.fileSystem.tree())
  }

  /// Takes a system's tree, and the database of packages that is in it.
  init(name: String, system tree: FileTree) throws(ImageError) {
    let paths = PathMap(base: tree)
    var packages: BasePackageList?
    search: for folder in BasePackageList.databaseFolders {
      let names = try paths.directory(folder, isOfPackage: false)
      for file in BasePackageList.databaseNames {
        guard let content = tree.content(names + [file]) else { continue }
        let log = tree.content(names + [FileName(file.bytes + Array(BasePackageList.logSuffix.utf8))])
        packages = try BasePackageList(
          database: content, log: log, name: "\(name)\(FileName.path(names + [file]))")
        break search
      }
    }
    self.init(name: name, tree: tree, packages: packages)
  }

  /// What it says of itself; `nil` where it says nothing.
  ///
  /// - Throws: What reading throws.
  public func osRelease() throws(ImageError) -> OSRelease? {
    for path in [["etc", "os-release"], ["usr", "lib", "os-release"]] as [[FileName]] {
      if let bytes = try bytes(path, limit: 1 << 20) { return OSRelease(bytes) }
    }
    return nil
  }

  /// The bytes of a file, `nil` where there is none; links on the way and at the end are followed.
  func bytes(_ path: [FileName], limit: Int) throws(ImageError) -> [UInt8]? {
    guard let tree, headerTree == nil,
      let content = tree.content(try PathMap(base: tree).directory(path, isOfPackage: false))
    else { return nil }
    return try inContext(FileName.path(path)) { () throws(ImageError) in try content.bytes(limit: limit) }
  }
}

extension FileTree {
  /// The content of the regular file at a path.
  func content(_ path: [FileName]) -> (any FileContent)? {
    if let node = lookup(path), case .regular(let content) = kind(of: node) { content } else { nil }
  }
}
