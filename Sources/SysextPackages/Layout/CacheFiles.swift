import FileTree
import ImageCore

/// Files that hold the data of a whole system: in an extension they hide those of the base, and with them what only the
/// base has.
enum CacheFiles {
  private typealias Known = (pattern: PathPattern, program: String)

  /// The files, and what makes them.
  private static let known: [Known] = [
    ("usr/share/icons/*/icon-theme.cache", "gtk-update-icon-cache"),
    ("usr/share/mime/mime.cache", "update-mime-database"),
    (
      "usr/share/mime/{aliases,generic-icons,globs,globs2,icons,magic,subclasses,treemagic,types,version,XMLnamespaces}",
      "update-mime-database"
    ),
    ("usr/share/applications/mimeinfo.cache", "update-desktop-database"),
    ("usr/share/glib-2.0/schemas/gschemas.compiled", "glib-compile-schemas"),
    ("usr/lib/udev/hwdb.bin", "systemd-hwdb"), ("usr/lib/modules/*/modules.*", "depmod"),
    ("usr/lib*/gconv/gconv-modules.cache", "iconvconfig"), ("usr/lib*/gio/modules/giomodule.cache", "gio-querymodules"),
    ("usr/lib*/gtk-*/*/immodules.cache", "gtk-query-immodules"),
    ("usr/lib*/gdk-pixbuf-2.0/*/loaders.cache", "gdk-pixbuf-query-loaders"),
    ("usr/share/info/dir", "install-info"), ("usr/lib/locale/locale-archive", "localedef"),
    ("usr/share/fonts/**/.uuid", "fc-cache"), ("usr/share/fonts/**/fonts.dir", "mkfontdir"),
    ("usr/share/fonts/**/fonts.scale", "mkfontscale"), ("usr/lib/fontconfig/cache/**", "fc-cache"),
    ("usr/share/vim/*/doc/tags", "vim"), ("usr/share/man/whatis", "mandb"),
  ].flatMap { (pattern: String, program: String) in alternatives(pattern).map { (PathPattern($0), program) } }

  private static let byName = Dictionary(grouping: known.filter { $0.pattern.lastName != nil }) { $0.pattern.lastName }
  private static let others = known.filter { $0.pattern.lastName == nil }

  private static func cache(_ visit: FileTree.Visit) -> Known? {
    byName[visit.name]?.first { $0.pattern.fits(visit) } ?? others.first { $0.pattern.fits(visit) }
  }

  /// The patterns that one with a list in braces stands for.
  private static func alternatives(_ pattern: String) -> [String] {
    guard let open = pattern.firstIndex(of: "{"), let close = pattern.firstIndex(of: "}") else { return [pattern] }
    return pattern[pattern.index(after: open)..<close].split(separator: ",").map {
      String(pattern[..<open] + $0 + pattern[pattern.index(after: close)...])
    }
  }

  /// Reports them, or takes them out.
  static func apply(to merged: inout MergedTree, drops: Bool) throws(ImageError) {
    var found: [Finding] = []
    try merged.remove { (tree, visit) throws(ImageError) in
      guard !tree.isDirectory(visit.node), let cache = cache(visit) else {
        return false
      }
      let what = "holds what \(cache.program) collects from a whole system"
      found.append(
        drops
          ? Finding(.note, "cache-dropped", place: visit.description, "left out: it \(what)")
          : Finding(
            .warning, "cache", place: visit.description,
            "\(what), and hides the base's while merged; --drop-caches leaves such files out"))
      return drops
    }
    for finding in found { merged.report(finding) }
  }
}
