/// What makes users and groups, as lines of sysusers.d(5).
enum UserCommand {
  typealias Judgement = ScriptletRules.Judgement
  private static let applied = "as a line of sysusers.d, which acts when systemd-sysusers runs"

  /// Names as systemd takes them (user-util.c, strict).
  private static func isName(_ name: ShellText) -> Bool {
    guard let first = name.bytes.first, name.bytes.count <= 31 else { return false }
    let isWord = name.bytes.allSatisfy {
      (0x61...0x7A).contains($0 | 0x20) || (0x30...0x39).contains($0) || $0 == 0x5F || $0 == 0x2D
    }
    return isWord && !(0x30...0x39).contains(first) && first != 0x2D
  }

  /// The options with values, and what is left; `nil` for options that are not known.
  private static func parse(
    _ arguments: [ShellText], flags: Set<ShellText>, values: [ShellText: ShellText]
  ) -> (options: [ShellText: ShellText], operands: [ShellText])? {
    var options: [ShellText: ShellText] = [:]
    var operands: [ShellText] = []
    var rest = arguments[...]
    while let word = rest.popFirst() {
      if let key = values[word] {
        guard let value = rest.popFirst() else { return nil }
        options[key] = value
      } else if flags.contains(word) {
        options[word] = ""
      } else if word.hasPrefix("-") {
        let name = word.bytes.prefix { $0 != UInt8(ascii: "=") }
        if name.count < word.bytes.count, word.hasPrefix("--"), let key = values[ShellText(name)] {
          options[key] = word.dropFirst(name.count + 1)
        } else if !word.hasPrefix("--"), word.bytes.count > 2 {
          // Single letters together: `-rM`, `-g100`.
          let letter = ShellText(word.bytes[..<2])
          if let key = values[letter] {
            options[key] = word.dropFirst(2)
          } else if flags.contains(letter) {
            options[letter] = ""
            rest = [ShellText([0x2D] + word.bytes[2...])] + rest
          } else {
            return nil
          }
        } else {
          return nil
        }
      } else {
        operands.append(word)
      }
    }
    return (options, operands)
  }

  static func groupadd(_ arguments: [ShellText]) -> Judgement {
    let flags: Set<ShellText> = ["-r", "--system", "-f", "--force", "-o", "--non-unique"]
    guard let (options, operands) = parse(arguments, flags: flags, values: ["-g": "-g", "--gid": "-g"]),
      operands.count == 1, isName(operands[0])
    else { return .unhandled("arguments that are not understood") }
    let isSystem = options["-r"] != nil || options["--system"] != nil
    if options["-g"] == nil && !isSystem { return .unhandled("no group of the system") }
    if let number = options["-g"], number.number == nil { return .unhandled("arguments that are not understood") }
    let line = "g ".utf8 + operands[0].bytes + " ".utf8 + (options["-g"]?.bytes ?? Array("-".utf8))
    return .applied(applied, [.group(name: operands[0].bytes, line: Array(line))])
  }

  static func useradd(_ arguments: [ShellText]) -> Judgement {
    let flags: Set<ShellText> = [
      "-r", "--system", "-M", "--no-create-home", "-N", "--no-user-group", "-U", "--user-group", "-o", "--non-unique",
      "-l", "--no-log-init",
    ]
    let values: [ShellText: ShellText] = [
      "-u": "-u", "--uid": "-u", "-g": "-g", "--gid": "-g", "-d": "-d", "--home": "-d", "--home-dir": "-d", "-s": "-s",
      "--shell": "-s", "-c": "-c", "--comment": "-c", "-G": "-G", "--groups": "-G",
    ]
    guard let (options, operands) = parse(arguments, flags: flags, values: values), operands.count == 1,
      isName(operands[0])
    else { return .unhandled("arguments that are not understood") }
    let name = operands[0]
    let isSystem = options["-r"] != nil || options["--system"] != nil
    if options["-u"] == nil && !isSystem { return .unhandled("no user of the system") }
    if let number = options["-u"], number.number == nil { return .unhandled("arguments that are not understood") }
    var identity = options["-u"]?.bytes ?? Array("-".utf8)
    if let group = options["-g"], group != name {
      guard isName(group) || group.number != nil else { return .unhandled("arguments that are not understood") }
      identity += ":".utf8 + group.bytes
    }
    var fields: [[UInt8]] = []
    for key in ["-d", "-s"] as [ShellText] {
      let value = options[key]
      guard value == nil || isPath(value) else { return .unhandled("arguments that are not understood") }
      fields.append(value?.bytes ?? Array("-".utf8))
    }
    guard let comment = quoted(options["-c"]) else { return .unhandled("arguments that are not understood") }
    let line = [Array("u".utf8), name.bytes, identity, comment] + fields
    var actions: [ScriptletAction] = [.user(name: name.bytes, line: Array(line.joined(separator: " ".utf8)))]
    if let groups = options["-G"] {
      guard let members = members(name, groups) else { return .unhandled("arguments that are not understood") }
      actions += members
    }
    return .applied(applied, actions)
  }

  static func usermod(_ arguments: [ShellText]) -> Judgement {
    let values: [ShellText: ShellText] = ["-G": "-G", "--groups": "-G"]
    guard let (options, operands) = parse(arguments, flags: ["-a", "--append"], values: values),
      options["-a"] != nil || options["--append"] != nil, let groups = options["-G"], operands.count == 1,
      isName(operands[0]), let members = members(operands[0], groups)
    else { return .unhandled("arguments that are not understood") }
    return .applied(applied, members)
  }

  private static func members(_ user: ShellText, _ groups: ShellText) -> [ScriptletAction]? {
    let names = groups.bytes.split(separator: UInt8(ascii: ",")).map { ShellText($0) }
    guard !names.isEmpty, names.allSatisfy(isName) else { return nil }
    return names.map {
      .member(user: user.bytes, group: $0.bytes, line: Array("m ".utf8) + user.bytes + " ".utf8 + $0.bytes)
    }
  }

  private static func isPath(_ word: ShellText?) -> Bool {
    guard let word, word.path != nil else { return false }
    return word.bytes.allSatisfy { $0 > 0x20 && $0 < 0x7F && !":%\"'\\".utf8.contains($0) }
  }

  /// A comment in quotes; `nil` for what passwd has no place for.
  private static func quoted(_ comment: ShellText?) -> [UInt8]? {
    guard let comment else { return Array("-".utf8) }
    if comment.bytes.contains(where: { $0 < 0x20 || $0 == 0x7F || $0 == UInt8(ascii: ":") }) { return nil }
    if comment.bytes.contains(where: { "\"\\".utf8.contains($0) }) { return nil }
    return [0x22] + comment.bytes.flatMap { $0 == UInt8(ascii: "%") ? [$0, $0] : [$0] } + [0x22]
  }

  /// The lines of a sysusers.d text; `nil` if one of them is none.
  static func actions(_ text: [UInt8]) -> [ScriptletAction]? {
    var actions: [ScriptletAction] = []
    for line in text.split(separator: 0x0A) {
      let fields = line.split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }.map { ShellText($0) }
      guard let type = fields.first, !type.hasPrefix("#") else { continue }
      guard fields.count > 1, isName(fields[1]) else { return nil }
      let bytes = Array(line)
      switch type {
      case "u", "u!": actions.append(.user(name: fields[1].bytes, line: bytes))
      case "g": actions.append(.group(name: fields[1].bytes, line: bytes))
      case "m":
        guard fields.count == 3, isName(fields[2]) else { return nil }
        actions.append(.member(user: fields[1].bytes, group: fields[2].bytes, line: bytes))
      default: return nil
      }
    }
    return actions
  }
}
