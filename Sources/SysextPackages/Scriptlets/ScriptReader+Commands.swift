extension ScriptReader {
  mutating func add(
    _ command: ShellCommand, _ judgement: ScriptletRules.Judgement
  ) throws(ShellFault) {
    if commands.count >= Self.maxCommandCount {
      throw ShellFault(message: "more than \(Self.maxCommandCount) commands", line: command.line)
    }
    let isNever = reach == .never
    commands.append(
      ScriptletCommand(
        line: command.line, text: Self.text(bytes[command.range]), verdict: isNever ? .harmless : judgement.verdict,
        reason: isNever ? "not reached at a first installation" : judgement.reason,
        isConditional: reach == .maybe, actions: isNever ? [] : judgement.actions))
  }

  mutating func run(_ command: ShellCommand) throws(ShellFault) -> Bool? {
    var words = command.words[...]
    var assignments: [(ShellText, ShellWord)] = []
    while let first = words.first, let assignment = ScriptletRules.assignment(first) {
      assignments.append(assignment)
      words = words.dropFirst()
    }
    var problem: ScriptletRules.Judgement?
    for redirection in command.redirections { problem = try judge(redirection) ?? problem }
    var arguments: [ShellText?] = []
    for word in words {
      if let values = try expand(word) { arguments += values.map { $0 } } else { arguments.append(nil) }
      if Self.isOpaque(word) { problem = .init(.unhandled, "an expansion that is not understood") }
    }
    for (name, word) in assignments {
      let value = try expandWhole(word)
      if Self.isOpaque(word) { problem = .init(.unhandled, "an expansion that is not understood") }
      problem = ScriptletRules.judge(assignment: name, of: value) ?? problem
      if arguments.isEmpty, reach != .never { try set(name, value, command.line) }
    }
    guard !arguments.isEmpty else {
      if let problem { try add(command, problem) }
      return problem == nil && !words.isEmpty ? nil : assignments.isEmpty ? nil : true
    }
    if let problem {
      try add(command, problem)
      if reach != .never { variables = [:] }
      return nil
    }
    return try run(command, arguments)
  }

  private mutating func run(_ command: ShellCommand, _ arguments: [ShellText?]) throws(ShellFault) -> Bool? {
    if let name = arguments.first, let name, functions.contains(name) {
      try add(command, .init(.unhandled, "a function of the script"))
      variables = [:]
      return nil
    }
    switch arguments.first {
    // They say nothing to anybody.
    case ":", "true": return true
    case "exit", "return":
      try add(command, .init(.harmless, "ends the script"))
      if reach == .always { reach = .never } else if reach == .maybe { mayHaveLeft = true }
      return nil
    case "break", "continue":
      try add(command, .init(.harmless, "leaves a loop"))
      if reach != .never {
        // What follows, and sets variables, may be left out.
        (mayHaveLeft, hasLeftLoop) = (true, true)
        forgetVariables()
      }
      reach = min(reach, .maybe)
      return nil
    case "export", "local", "readonly": return try declare(command, arguments)
    case "unset":
      try add(command, .init(.harmless, "changes variables of the script only"))
      if reach != .never { variables = [:] }
      return true
    case "shift", "set":
      try add(command, .init(.harmless, "changes the script's own state only"))
      let isSettingOptions = arguments.dropFirst().allSatisfy { $0.map { $0 != "--" && $0.hasPrefix("-") } ?? false }
      if reach != .never, arguments.first == "shift" || !isSettingOptions { variables["1"] = nil }
      return true
    default: break
    }
    var documents: [[UInt8]?] = []
    for case .document(let range, let isLiteral) in command.redirections {
      documents.append(isLiteral ? Array(bytes[range]) : nil)
    }
    let judgement = rules.judge(arguments, documents: documents)
    try add(command, judgement)
    if judgement.changesVariables, reach != .never { variables = [:] }
    return judgement.status
  }

  private mutating func declare(_ command: ShellCommand, _ arguments: [ShellText?]) throws(ShellFault) -> Bool? {
    var judgement = ScriptletRules.Judgement.harmless("changes variables of the script only")
    for argument in arguments.dropFirst() {
      let name = ShellText(argument?.bytes.prefix { $0 != UInt8(ascii: "=") } ?? [])
      let value = argument.flatMap { $0 == name ? nil : $0.dropFirst(name.bytes.count + 1) }
      if argument != name { judgement = ScriptletRules.judge(assignment: name, of: value) ?? judgement }
      // A value that depends on the machine may be of any variable.
      if argument == nil { judgement = .unhandled("its arguments depend on the machine") }
    }
    try add(command, judgement)
    if reach == .never { return true }
    for argument in arguments.dropFirst() {
      guard let argument, !argument.hasPrefix("-") else {
        variables = [:]
        return true
      }
      let name = argument.bytes.prefix { $0 != UInt8(ascii: "=") }
      if name.count < argument.bytes.count {
        try set(ShellText(name), argument.dropFirst(name.count + 1), command.line)
      }
    }
    return true
  }

  private mutating func set(_ name: ShellText, _ value: ShellText?, _ line: Int) throws(ShellFault) {
    if variables.count >= Self.maxVariableCount { throw ShellFault(message: "too many variables", line: line) }
    variables[name] = hasLeftLoop ? nil : value.flatMap { $0.bytes.count <= Self.maxValueByteCount ? $0.bytes : nil }
  }

  mutating func judge(_ redirection: ShellCommand.Redirection) throws(ShellFault) -> ScriptletRules.Judgement? {
    switch redirection {
    case .document(let range, let isLiteral):
      let hasCommands = bytes[range].contains(UInt8(ascii: "`")) || bytes[range].contains(UInt8(ascii: "$"))
      return !isLiteral && hasCommands ? .init(.unhandled, "a here-document that varies") : nil
    case .file(let sign, let word):
      let target = try expandWhole(word)
      return Self.isOpaque(word)
        ? .init(.unhandled, "an expansion that is not understood")
        : ScriptletRules.judge(redirection: sign, to: target)
    }
  }
}
