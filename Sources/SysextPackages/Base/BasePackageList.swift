public import FileTree
public import ImageCore
public import RPM
public import SystemPackage

/// The packages of a base, and what is known of their files.
public struct BasePackageList: Sendable {
  /// Where the packages' names come from.
  public enum Form: String, Sendable, Hashable {
    /// An RPM database.
    case database
    /// A list of names and versions, as `rpm -qa` prints it.
    case list
    /// A repository's `primary.xml`.
    case primary
    /// RPM packages.
    case packages
  }

  /// What it takes to read the packages' headers again.
  private enum Source: Sendable {
    case database(RPMDatabase)
    case files([FilePath])
    case none
  }

  /// Where the packages' names come from.
  public let form: Form
  /// The packages in order: by name, then architecture; each once.
  public let packages: [BasePackage]
  private let source: Source
  private let name: String?

  /// Reads a base that is a file or a folder: an RPM database or the folder of one, a list of packages in text, a
  /// `primary.xml` (compressed or not), a repository's folder or its `repomd.xml`, an RPM package or a folder of them.
  ///
  /// What it is is found out from its content.
  ///
  /// - Throws: `.unsupported` for what is none of these; `.truncated`, `.corrupt`, `.limit` or `.mismatch` for one that
  ///   cannot be read; `.notFound` or `.io`. Errors name the file, and where in it.
  public init(contentsOf path: FilePath) throws(ImageError) {
    try self.init(contentsOf: path, BaseLimits())
  }

  init(contentsOf path: FilePath, _ limits: BaseLimits) throws(ImageError) {
    self = try inFile(path.string) { () throws(ImageError) in
      FolderListing.isFolder(path) ? try Self.folder(path, limits) : try Self.file(path, limits)
    }
  }

  /// Reads an RPM database that is in an image or a directory tree.
  ///
  /// - Parameters:
  ///   - database: One of `databaseNames`.
  ///   - log: What lies beside it with `logSuffix` behind its name.
  ///   - name: What errors call it.
  /// - Throws: As `init(contentsOf:)`.
  public init(
    database: any FileContent, log: (any FileContent)? = nil, name: String
  ) throws(ImageError) {
    self = try inFile(name) { () throws(ImageError) in
      let log = log.map { ByteStore(ContentSource(content: $0, name: nil)) }
      return try BasePackageList(
        try RPMDatabase(ByteStore(ContentSource(content: database, name: name)), log: log), name)
    }
  }

  /// Takes the packages of a database.
  init(_ database: RPMDatabase, _ name: String?) throws(ImageError) {
    var packages: [BasePackage] = []
    try database.forEach { package throws(ImageError) in packages.append(BasePackage(package.identity)) }
    self.init(.database, packages, .database(database), name)
  }

  private init(_ form: Form, _ packages: [BasePackage], _ source: Source, _ name: String?) {
    self.form = form
    self.source = source
    self.name = name
    var unique: [BasePackage] = []
    for package in packages.sorted() where package != unique.last { unique.append(package) }
    self.packages = unique
  }

  /// The packages of a name and an architecture, which is most often one or none.
  ///
  /// `noarch` is an architecture like any other: a package that has become one, or ceased to be, is not found.
  public func packages(name: String, architecture: String) -> [BasePackage] {
    var (low, high) = (0, packages.count)
    while low < high {
      let middle = (low + high) / 2
      if (packages[middle].name, packages[middle].architecture) < (name, architecture) {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return Array(packages[low...].prefix { $0.name == name && $0.architecture == architecture })
  }

  /// Whether the packages' files are known, too.
  public var hasFileLists: Bool {
    if case .none = source { return false }
    return true
  }

  /// Calls `body` with one package after the other, read again from the base; with none where there are names only.
  ///
  /// One header is in memory at a time, and with a database in SQLite all of the database.
  ///
  /// - Throws: As `init(contentsOf:)`; what `body` throws.
  public func forEachPackage(_ body: (RPMInstalledPackage) throws(ImageError) -> Void) throws(ImageError) {
    switch source {
    case .none: break
    case .database(let database):
      try inFile(name) { () throws(ImageError) in
        try database.forEach { package throws(ImageError) in
          try checkCancellation()
          try body(package)
        }
      }
    case .files(let paths):
      for path in paths {
        try checkCancellation()
        let package = try PackageFolder.package(path)
        if !package.isSource { try body(package) }
      }
    }
  }
}

// MARK: forms

extension BasePackageList {
  private static func file(_ path: FilePath, _ limits: BaseLimits) throws(ImageError) -> BasePackageList {
    let store = try ByteStore(contentsOf: path)
    let head = try store.bytes(at: 0, upTo: 4096)
    if try RPMDatabase.Backend(recognizing: head) != nil || isDatabaseInLog(path, store) {
      return try BasePackageList(try RPMDatabase(contentsOf: path), path.string)
    }
    if RPMLead.isRecognized(head) { return try packages([path], path) }
    if ListReader.isXML(head), isIndex(head) {
      // What it names is relative to the folder above its own.
      let folder = path.removingLastComponent()
      return try repository((folder.isEmpty ? "." : folder).appending(".."), index: path, limits)
    }
    let (packages, isXML) = try ListReader(limits: limits).packages(store)
    return BasePackageList(isXML ? .primary : .list, packages, .none, path.string)
  }

  private static func folder(_ path: FilePath, _ limits: BaseLimits) throws(ImageError) -> BasePackageList {
    let listing = try FolderListing(path)
    if listing.contains("repomd.xml") {
      return try repository(path.appending(".."), index: path.appending("repomd.xml"), limits)
    }
    let index = path.appending("repodata/repomd.xml")
    if listing.contains("repodata"), FolderListing.isFolder(path.appending("repodata")) {
      return try repository(path, index: index, limits)
    }
    for name in databaseNames where listing.contains(name) {
      guard let file = path.appending(bytes: name.bytes) else { continue }
      return try BasePackageList(try RPMDatabase(contentsOf: file), file.string)
    }
    let folder = try PackageFolder(path, limits)
    guard !folder.files.isEmpty else {
      throw ImageError(.unsupported, "no RPM database, repository or package in this folder")
    }
    return try packages(folder.files, path)
  }

  private static func packages(_ files: [FilePath], _ path: FilePath) throws(ImageError) -> BasePackageList {
    var packages: [BasePackage] = []
    for file in files {
      try checkCancellation()
      let package = try PackageFolder.package(file)
      if !package.isSource { packages.append(BasePackage(package.identity)) }
    }
    return BasePackageList(.packages, packages, .files(files), path.string)
  }

  private static func repository(
    _ folder: FilePath, index: FilePath, _ limits: BaseLimits
  ) throws(ImageError) -> BasePackageList {
    let reader = ListReader(limits: limits)
    let entry = try inFile(index.string) { () throws(ImageError) in
      guard let entry = try reader.index(try ByteStore(contentsOf: index)).primary else {
        throw ImageError(.unsupported, "a repository without a list of packages in XML")
      }
      return entry
    }
    var path = folder
    for name in entry.path { path = path.appending(bytes: name) ?? path }
    let packages = try inFile(path.string) { () throws(ImageError) in
      try reader.packages(try ByteStore(contentsOf: path), expected: entry).packages
    }
    return BasePackageList(.primary, packages, .none, path.string)
  }

  private static func isIndex(_ head: [UInt8]) -> Bool {
    let name = Array("<repomd".utf8)
    return head.indices.contains { head[$0...].starts(with: name) }
  }

  /// A database in SQLite that nobody has written back from its log yet.
  private static func isDatabaseInLog(_ path: FilePath, _ store: ByteStore) -> Bool {
    store.byteCount == 0 && path.lastComponent?.bytes == Array("rpmdb.sqlite".utf8)
  }
}

// MARK: databases in trees

extension BasePackageList {
  /// Where rpm's database may be in a system: folders from the root, those first that are the real ones today.
  public static let databaseFolders: [[FileName]] = [
    ["usr", "lib", "sysimage", "rpm"], ["usr", "share", "rpm"], ["var", "lib", "rpm"],
  ]

  /// The names of databases in such a folder; the last one is of Berkeley DB, which is refused with a reason.
  public static let databaseNames: [FileName] = ["rpmdb.sqlite", "Packages.db", "Packages"]

  /// What the name of a database's log ends with.
  public static var logSuffix: String { RPMDatabase.logSuffix }
}

/// A file of a tree or an image as bytes.
private struct ContentSource: ByteSource {
  let content: any FileContent
  let name: String?

  var byteCount: UInt64 { content.byteCount }

  func read(at offset: UInt64, into output: inout [UInt8], _ range: Range<Int>) throws(ImageError) {
    try content.read(at: offset, into: &output, range)
  }
}
