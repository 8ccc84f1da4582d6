import FileTree
import ImageCore
import RPM
import SysextImage

extension Assembler {
  /// Makes it fit into an extension.
  ///
  /// - Returns: What goes into a configuration extension.
  func lay(_ merged: inout MergedTree, name: String) throws(ImageError) -> FileTree? {
    let layout = options.layout
    try layout.filter.apply(to: &merged)
    guard options.kind == .sysext else {
      try LeftOut.apply(to: &merged, kept: ["etc"], isStrict: layout.isStrict)
      return nil
    }
    let confext = try layout.etc.apply(to: &merged, name: name)
    try LeftOut.apply(to: &merged, kept: ["usr", "opt"], isStrict: layout.isStrict)
    try CacheFiles.apply(to: &merged, drops: layout.dropsCaches)
    return confext
  }

  /// Owners, what scriptlets would have done, and what the base has already.
  func fit(_ merged: inout MergedTree, _ actions: ScriptletActions) async throws(ImageError) {
    let hasActions = actions.packages.contains { !$0.actions.isEmpty }
    let needsOwners = OwnerResolution.isNeeded(merged)
    let accounts = needsOwners || hasActions ? try Accounts(options.base, merged) : Accounts()
    for finding in accounts.findings { merged.report(finding) }
    if needsOwners {
      for finding in try OwnerResolution(accounts: accounts).apply(to: &merged) { merged.report(finding) }
    }
    if hasActions { try apply(actions, to: &merged, accounts) }
    guard var base = options.base?.tree else { return }
    if var tree = options.base?.headerTree {
      _ = try OwnerResolution(accounts: accounts).apply(to: &tree)
      base = tree.tree
    }
    let subtraction = BaseSubtraction(base: base, threadCount: threadCount, keepsIdentical: options.keepsIdentical)
    try await subtraction.apply(to: &merged)
  }

  private func apply(
    _ actions: ScriptletActions, to merged: inout MergedTree, _ accounts: Accounts
  ) throws(ImageError) {
    let (paths, base) = (merged.paths, options.base?.tree)
    let context = ScriptletActions.Context(
      time: merged.tree.attributes(of: merged.tree.root).modified, resolve: { paths.file($0) },
      identify: { name, isGroup in isGroup ? accounts.gid(of: name) : accounts.uid(of: name) },
      baseHas: { base?.lookup(FileName.components(of: $0)) != nil })
    let findings = try merged.change { (tree) throws(ImageError) in try actions.apply(to: &tree, context) }
    for finding in findings { merged.report(finding) }
  }

  /// What needs a human.
  func findings(_ report: ScriptletReport) throws(ImageError) -> [Finding] {
    let unhandled = report.entries.filter { $0.verdict == .unhandled }
    guard !unhandled.isEmpty else { return [] }
    let names = unhandled.map { "\($0.package) (\($0.kind))" }.joined(separator: ", ")
    let message = "scriptlets would have to be run, and are not: \(printable(names.utf8)); rpm scripts shows them"
    if options.failsOnUnhandledScriptlets { throw ImageError(.invalidArgument, message) }
    return [Finding(.warning, "unhandled-scriptlets", message)]
  }
}
