public import FileTree
public import ImageCore

/// What the scriptlets of packages would have done, to be done to a tree.
public struct ScriptletActions: Sendable {
  /// A package's actions, in their order.
  public struct Package: Sendable, Hashable {
    /// The package's name, which becomes part of file names.
    public let name: String
    /// What is to be done.
    public let actions: [ScriptletAction]

    /// Makes the actions of a package.
    public init(name: String, actions: [ScriptletAction]) {
      self.name = name
      self.actions = actions
    }
  }

  /// What is known of the tree and of the base.
  public struct Context {
    /// The time of what is made.
    public var time: Timestamp
    /// Where a path of a package is in the tree, as base and layout have it.
    public var resolve: ([UInt8]) -> [UInt8]
    /// The number of a user (or, if true, a group) by name; `nil` for those that are not known.
    public var identify: (_ name: [UInt8], _ isGroup: Bool) -> UInt32?
    /// Whether the base has something at a path.
    public var baseHas: ([UInt8]) -> Bool

    /// Makes a context in which paths stay as they are, and only root has a number.
    public init(
      time: Timestamp, resolve: @escaping ([UInt8]) -> [UInt8] = { $0 },
      identify: @escaping (_ name: [UInt8], _ isGroup: Bool) -> UInt32? = { name, _ in
        name == Array("root".utf8) ? 0 : nil
      },
      baseHas: @escaping ([UInt8]) -> Bool = { _ in false }
    ) {
      self.time = time
      self.resolve = resolve
      self.identify = identify
      self.baseHas = baseHas
    }
  }

  /// The packages, the first one first.
  public let packages: [Package]

  /// Takes the actions of packages.
  public init(_ packages: [Package]) { self.packages = packages }

  /// Does them to a tree.
  ///
  /// - Returns: What could not be done, as warnings, and notes.
  /// - Throws: What reading files of the tree throws.
  public func apply(to tree: inout FileTree, _ context: Context) throws(ImageError) -> [Finding] {
    var applier = ScriptletApplier(tree, context)
    // The tree has one owner, so that changes copy nothing.
    tree = FileTree()
    do throws(ImageError) {
      for package in packages { applier.applyAttributes(package) }
      applier.applyAlternatives(packages)
      for package in packages {
        try applier.applyUsers(package)
        try applier.applyUnits(package)
      }
    } catch {
      tree = applier.tree
      throw error
    }
    tree = applier.tree
    return applier.findings
  }

  /// Whether systemd has to read its units again when a tree is merged: EXTENSION_RELOAD_MANAGER=1 in extension-release.
  public static func needsManagerReload(_ tree: FileTree) -> Bool {
    tree.node(at: Array("usr/lib/systemd/system".utf8)).map { !tree.entries(of: $0).isEmpty } ?? false
  }
}

/// A tree to which actions are done.
struct ScriptletApplier {
  var tree: FileTree
  let context: ScriptletActions.Context
  private(set) var findings: [Finding] = []

  init(_ tree: FileTree, _ context: ScriptletActions.Context) {
    self.tree = tree
    self.context = context
  }

  mutating func report(
    _ code: String, _ place: [UInt8], _ message: String, severity: Finding.Severity = .warning
  ) {
    findings.append(Finding(severity, code, place: printable(place), message))
  }

  mutating func applyAttributes(_ package: ScriptletActions.Package) {
    for action in package.actions {
      switch action {
      case .mode(let path, let mode): change(path) { $0.permissions = mode & 0o7777 }
      case .owner(let path, let user, let group): applyOwner(path, user, group)
      case .capabilities(let path, let text): applyCapabilities(path, text)
      default: break
      }
    }
  }

  /// Makes a file of root's; a warning where something else is there.
  mutating func write(_ bytes: [UInt8], to path: [UInt8], _ code: String) throws(ImageError) {
    let resolved = context.resolve(path)
    if let old = try tree.content(at: resolved), old == bytes { return }
    let attributes = FileAttributes(permissions: 0o644, modified: context.time)
    if !tree.put(FileTree.Node(.regular(MemoryContent(bytes)), attributes), at: resolved, time: context.time) {
      report(code, path, "not made: something else is there")
    }
  }
}
