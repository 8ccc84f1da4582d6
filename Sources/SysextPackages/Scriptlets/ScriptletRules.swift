/// What is known of the commands in scriptlets.
struct ScriptletRules: Sendable {
  /// What becomes of one command.
  struct Judgement: Sendable {
    var verdict: ScriptletVerdict
    var reason: String
    var actions: [ScriptletAction] = []
    /// Whether the command succeeds, if that can be told.
    var status: Bool?
    /// Whether it may change any variable.
    var changesVariables = false

    init(_ verdict: ScriptletVerdict, _ reason: String, _ actions: [ScriptletAction] = [], status: Bool? = nil) {
      self.verdict = verdict
      self.reason = reason
      self.actions = actions
      self.status = status
    }

    static func harmless(_ reason: String) -> Judgement { Judgement(.harmless, reason) }
    static func unhandled(_ reason: String) -> Judgement { Judgement(.unhandled, reason) }
    static func applied(_ reason: String, _ actions: [ScriptletAction]) -> Judgement {
      Judgement(.applied, reason, actions)
    }
    static let varying = unhandled("its arguments depend on the machine")
    static let unknown = unhandled("not known")
  }

  /// What the packages have, by path.
  var files: Set<ShellText> = []
  var options = ScriptletOptions()
  /// Whether it is run before the package's files are there: what it does to them does not last.
  var isBeforeFiles = false

  /// A command's name without the folders that commands are in; others keep theirs.
  private static func name(_ word: ShellText) -> ShellText {
    for folder in ["/usr/bin/", "/usr/sbin/", "/bin/", "/sbin/", "usr/bin/", "usr/sbin/", "bin/", "sbin/"]
      as [ShellText] where word.hasPrefix(folder)
    {
      let rest = word.dropFirst(folder.bytes.count)
      if !rest.bytes.contains(0x2F) { return rest }
    }
    return word
  }

  /// Judges a command with its arguments and here-documents; those that depend on the machine are `nil`.
  func judge(_ words: [ShellText?], documents: [[UInt8]?] = []) -> Judgement {
    guard let first = words.first, let first else { return .unhandled("the command depends on the machine") }
    let name = Self.name(first)
    let varying = Array(words.dropFirst())
    let arguments = varying.compactMap { $0 }
    let isLiteral = arguments.count == varying.count
    switch name {
    case "[", "test", "[[": return Self.test(name, varying)
    case ":", "true": return Judgement(.harmless, "does nothing", status: true)
    case "false": return Judgement(.harmless, "does nothing", status: false)
    case ".", "source", "eval", "read", "mapfile", "trap", "alias", "exec":
      var judgement = Judgement.unhandled("runs or sets what is not in the script")
      judgement.changesVariables = true
      return judgement
    case "printf":
      return isLiteral && arguments.first == "-v" || varying.first == .some(nil)
        ? .unknown : .harmless("prints only")
    default: break
    }
    if let reason = Self.readers[name] { return .harmless(reason) }
    if let reason = Self.helpless[name] { return .unhandled(reason) }
    if let judgement = looking(name, varying) { return judgement }
    guard isLiteral else { return Self.known.contains(name) ? .varying : .unknown }
    return literal(name, arguments, documents)
  }

  private static let known: Set<ShellText> = [
    "update-alternatives", "alternatives", "systemctl", "useradd", "groupadd", "usermod", "chmod", "chown", "chgrp",
    "setcap", "mkdir", "touch", "rm", "mv", "ldconfig", "systemd-sysusers", "systemd-tmpfiles",
  ]

  private func literal(_ name: ShellText, _ arguments: [ShellText], _ documents: [[UInt8]?]) -> Judgement {
    switch name {
    case "ldconfig":
      return arguments.allSatisfy { $0 == "-X" }
        ? .harmless("libraries in the usual folders are found without the cache")
        : .unhandled("libraries in unusual folders are not found without the cache")
    case "update-alternatives", "alternatives": return Self.alternatives(arguments)
    case "systemctl": return systemctl(arguments)
    case "/usr/lib/systemd/systemd-update-helper", "systemd-update-helper": return updateHelper(arguments)
    case "systemd-sysusers": return sysusers(arguments, documents)
    case "systemd-tmpfiles": return tmpfiles(arguments)
    case "useradd": return UserCommand.useradd(arguments)
    case "groupadd": return UserCommand.groupadd(arguments)
    case "usermod": return UserCommand.usermod(arguments)
    case "chmod", "chown", "chgrp", "setcap": return attributes(name, arguments)
    case "mkdir", "touch", "rm":
      let operands = arguments.filter { !$0.hasPrefix("-") }
      return !operands.isEmpty && operands.allSatisfy { Self.isVolatile($0) }
        ? .harmless("of use to scriptlets or until the next start only") : .unhandled("changes files")
    case "mv":
      let operands = arguments.filter { $0 != "-v" && $0 != "-f" }
      return operands.count == 2 && !operands.contains { $0.hasPrefix("-") } && operands[0].hasSuffix(".rpmsave")
        ? .harmless("there is no older configuration at a first installation") : .unhandled("changes files")
    case "chkstat", "permctl", "/usr/bin/chkstat":
      return arguments.contains("--warn") && !arguments.contains("--set")
        ? .harmless("looks only")
        : .unhandled("the base's permissions profile decides on modes; those of the package stand")
    case "udevadm":
      let isReload = arguments == ["control", "--reload"] || arguments == ["control", "--reload-rules"]
      return isReload || arguments.first == "settle"
        ? .harmless("udev sees by itself that rules have changed")
        : .unhandled("acts on devices of the running system")
    default: return .unknown
    }
  }

  /// Commands that look only, if their arguments are of a certain kind.
  private func looking(_ name: ShellText, _ arguments: [ShellText?]) -> Judgement? {
    let first = arguments.first ?? nil
    switch name {
    case "command":
      return first == "-v" || first == "-V" ? .harmless("looks only") : nil
    case "rpm":
      // Of its long options, some run commands.
      let isPlain = arguments.allSatisfy { $0.map { !$0.hasPrefix("--") || $0.hasPrefix("--q") } ?? false }
      return (first == "-q" || first == "-qa") && isPlain ? .harmless("looks only") : nil
    default: return nil
    }
  }

  /// Commands that change nothing, whatever their arguments are.
  private static let readers: [ShellText: String] = {
    var readers: [ShellText: String] = [:]
    for name in [
      "getent", "id", "uname", "basename", "dirname", "readlink", "stat", "ls", "cat", "grep", "egrep", "fgrep", "cmp",
      "diff", "head", "tail", "wc", "cut", "tr", "selinuxenabled", "getenforce", "mountpoint", "pidof", "pgrep",
      "systemd-detect-virt", "which", "type",
    ] as [ShellText] { readers[name] = "looks only" }
    for name in ["echo", "logger"] as [ShellText] { readers[name] = "prints only" }
    for name in ["cd", "umask", "sleep", "sync"] as [ShellText] {
      readers[name] = "changes the script's own state only"
    }
    readers["install-info"] = "makes an index for readers only"
    readers["/usr/bin/install-info"] = "makes an index for readers only"
    readers["fc-cache"] = "fonts are found without the cache"
    return readers
  }()

  /// Commands of which it is known why they need somebody.
  private static let helpless: [ShellText: String] = {
    var reasons: [ShellText: String] = [:]
    for name in [
      "glib-compile-schemas", "gtk-update-icon-cache", "gtk4-update-icon-cache", "update-desktop-database",
      "update-mime-database", "gio-querymodules", "gio-querymodules-64", "gdk-pixbuf-query-loaders",
      "gdk-pixbuf-query-loaders-64", "systemd-hwdb", "journalctl", "iconvconfig", "mandb",
    ] as [ShellText] { reasons[name] = "makes a cache of the whole system; the base's does not know the new files" }
    for name in ["semodule", "load_policy", "semanage", "setsebool", "restorecon", "fixfiles"] as [ShellText] {
      reasons[name] = "SELinux: policy has to be in the base, and labels in the image"
    }
    for name in [
      "depmod", "dracut", "mkinitrd", "weak-modules", "kernel-install",
      "/usr/lib/module-init-tools/weak-modules2", "/usr/lib/module-init-tools/regenerate-initrd-posttrans",
    ] as [ShellText] { reasons[name] = "the base's kernel modules and initrd do not know the new files" }
    for name in ["fillup", "fillup_and_insserv"] as [ShellText] {
      reasons[name] = "makes a file of /etc/sysconfig out of a template"
    }
    return reasons
  }()

  /// Folders that are empty at each start, and rpm's for notes between scriptlets.
  static func isVolatile(_ word: ShellText) -> Bool {
    guard let path = word.path else { return false }
    return (["/run", "/var/run", "/tmp", "/var/lib/rpm-state"] as [ShellText]).contains {
      path.isBelow($0) && path != $0
    }
  }

  /// What is wrong with a redirection, if anything.
  static func judge(redirection sign: ShellText, to target: ShellText?) -> Judgement? {
    if sign.hasPrefix("<"), sign != "<>" { return nil }
    guard let target else { return .unhandled("writes to a file that depends on the machine") }
    if sign == ">&", target.number != nil || target == "-" { return nil }
    if ["/dev/null", "/dev/stdout", "/dev/stderr", "/dev/tty"].contains(target) || isVolatile(target) { return nil }
    return .unhandled("writes to \(target.printed)")
  }

  /// What is wrong with setting a variable, if anything: some decide what other words mean.
  static func judge(assignment name: ShellText, of value: ShellText?) -> Judgement? {
    switch name {
    case "PATH":
      let folders: Set<ShellText> = ["/bin", "/sbin", "/usr/bin", "/usr/sbin"]
      let isUsual = value?.bytes.split(separator: 0x3A).allSatisfy { folders.contains(ShellText($0)) } ?? false
      return isUsual ? nil : .unhandled("other commands than usual")
    case "IFS", "ENV", "BASH_ENV", "LD_PRELOAD", "LD_LIBRARY_PATH", "SHELLOPTS", "BASHOPTS", "POSIXLY_CORRECT":
      return .unhandled("changes what other words mean")
    default: return nil
    }
  }

  /// `name=value`, as it is in front of a command.
  static func assignment(_ word: ShellWord) -> (ShellText, ShellWord)? {
    guard case .literal(let bytes, isQuoted: false)? = word.parts.first,
      let end = bytes.firstIndex(of: UInt8(ascii: "=")), end > 0, !(0x30...0x39).contains(bytes[0]),
      bytes[..<end].allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x5F || (0x61...0x7A).contains($0 | 0x20) })
    else { return nil }
    var value = word
    value.parts[0] = .literal(Array(bytes[(end + 1)...]), isQuoted: true)
    return (ShellText(bytes[..<end]), value)
  }

  /// Whether the shell looks for files, a home or alternatives in it.
  static func isPattern(_ word: ShellWord) -> Bool {
    if word.plain == "[" || word.plain == "[[" { return false }
    for (index, part) in word.parts.enumerated() {
      guard case .literal(let bytes, isQuoted: false) = part else { continue }
      if index == 0, bytes.first == UInt8(ascii: "~") { return true }
      if bytes.contains(where: { "*?[".utf8.contains($0) }) { return true }
      if bytes.contains(UInt8(ascii: "{")), bytes != Array("{}".utf8) { return true }
    }
    return false
  }
}
