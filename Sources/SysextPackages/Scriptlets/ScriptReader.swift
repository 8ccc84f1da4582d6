import RPM

/// Reads a script as the shell would at a first installation, without running anything.
///
/// What it does not understand is unhandled. Conditions are true, false or unknown; a command behind an unknown one
/// counts, and is marked.
struct ScriptReader {
  /// Whether the shell gets there.
  enum Reach: Int, Comparable {
    case never, maybe, always
    static func < (left: Reach, right: Reach) -> Bool { left.rawValue < right.rawValue }
  }

  static let maxByteCount = 1 << 20
  static let maxCommandCount = 4000
  private static let maxStepCount = 100_000
  static let maxVariableCount = 256
  static let maxValueByteCount = 4096
  static let maxExpandedByteCount = 8 << 20
  private static let maxTextByteCount = 4000

  let bytes: [UInt8]
  let rules: ScriptletRules
  var reach = Reach.always
  var variables: [ShellText: [UInt8]]
  var functions: Set<ShellText> = []
  var depth = 0
  private var stepCount = 0
  var expandedByteCount = 0
  var commands: [ScriptletCommand] = []

  /// The commands of a script; `argument` is the value of `$1`, if it is known.
  static func commands(_ script: [UInt8], argument: Int?, rules: ScriptletRules) -> [ScriptletCommand] {
    var reader = ScriptReader(script, argument, rules)
    do throws(ShellFault) {
      if script.count > maxByteCount {
        throw ShellFault(message: "it is longer than \(maxByteCount) bytes", line: 1)
      }
      _ = try reader.runScript(0..<script.count, line: 1)
    } catch {
      // What was understood up to there may mean something else.
      return [
        ScriptletCommand(
          line: error.line, text: text(script[...]), verdict: .unhandled,
          reason: "cannot be read: \(error.message)", isConditional: false, actions: [])
      ]
    }
    return reader.commands
  }

  private init(_ bytes: [UInt8], _ argument: Int?, _ rules: ScriptletRules) {
    self.bytes = bytes
    self.rules = rules
    variables = argument.map { ["1": Array("\($0)".utf8)] } ?? [:]
  }

  static func text(_ bytes: ArraySlice<UInt8>) -> String {
    String(decoding: bytes.prefix(maxTextByteCount), as: UTF8.self)
  }

  mutating func runScript(_ range: Range<Int>, line: Int) throws(ShellFault) -> Bool? {
    let tokens = try ShellLexer.tokens(bytes, range, line: line)
    return try run(ShellParser.parse(tokens, depth: depth))
  }

  /// - Returns: Whether it succeeds, if that can be told.
  private mutating func run(_ node: ShellNode) throws(ShellFault) -> Bool? {
    stepCount += 1
    // Loops in loops, perhaps without any command.
    if stepCount > Self.maxStepCount { throw ShellFault(message: "its loops are too long", line: 1) }
    switch node {
    case .simple(let command): return try run(command)
    case .list(let nodes):
      var status: Bool? = true
      for node in nodes { status = try run(node) }
      return status
    case .chain(let first, let rest):
      var status = try run(first)
      for (isAnd, node) in rest {
        if status == !isAnd {
          _ = try branch(.never, node)
        } else if status == isAnd {
          status = try run(node)
        } else {
          let then = try branch(.maybe, node)
          // Either it was run, or the one before it already said so.
          status = then == !isAnd ? then : nil
        }
      }
      return status
    case .pipeline(let nodes, let isNegated):
      if nodes.count == 1 { return try run(nodes[0]).map { $0 != isNegated } }
      for node in nodes { try aside { reader throws(ShellFault) in _ = try reader.run(node) } }
      return nil
    case .condition(let branches, let otherwise): return try run(branches, otherwise)
    case .loop(let condition, let body):
      variables = [:]
      _ = try run(condition)
      _ = try branch(.maybe, body)
      variables = [:]
      return nil
    case .each(let name, let words, let body): return try each(name, words, body)
    case .choice(let word, let branches): return try choose(word, branches)
    case .subshell(let body):
      try aside { reader throws(ShellFault) in _ = try reader.run(body) }
      return nil
    case .function(let name, let head):
      functions.insert(name)
      try add(head, ScriptletRules.Judgement(.unhandled, "functions are not read"))
      return nil
    case .redirected(let body, let outer):
      for redirection in outer.redirections {
        if let judgement = try judge(redirection) { try add(outer, judgement) }
      }
      _ = try run(body)
      return nil
    }
  }

  /// Runs what may not be reached; variables that differ afterwards are unknown.
  private mutating func branch(_ reach: Reach, _ node: ShellNode) throws(ShellFault) -> Bool? {
    let before = (self.reach, variables)
    self.reach = min(self.reach, reach)
    let status = try run(node)
    if reach == .never {
      (self.reach, variables) = before
    } else {
      // An `exit` in it: what follows is reached only sometimes.
      self.reach = self.reach == .never && before.0 != .never ? .maybe : before.0
      if mayHaveLeft { self.reach = min(self.reach, .maybe) }
      variables = variables.filter { before.1[$0.key] == $0.value }
    }
    return status
  }

  var mayHaveLeft = false
  /// Whether a loop may have been left early.
  var hasLeftLoop = false

  /// All but the script's argument.
  mutating func forgetVariables() { variables = variables.filter { $0.key == "1" } }

  /// Runs what cannot change variables, and does not end the script.
  mutating func aside(
    _ body: (inout ScriptReader) throws(ShellFault) -> Void
  ) throws(ShellFault) {
    let before = (reach, variables, mayHaveLeft)
    try body(&self)
    (reach, variables, mayHaveLeft) = before
  }

  private mutating func run(
    _ branches: [(condition: ShellNode, body: ShellNode)], _ otherwise: ShellNode?
  ) throws(ShellFault) -> Bool? {
    var rest = Reach.always
    var result: Bool? = true
    for (condition, body) in branches {
      let status = try branchIfNeeded(rest, condition)
      switch status {
      case true? where rest == .always:
        result = try run(body)
        rest = .never
      case false?: _ = try branch(.never, body)
      default:
        _ = try branch(min(rest, .maybe), body)
        if rest == .always { rest = .maybe }
        if rest != .never { result = nil }
      }
    }
    if let otherwise {
      let status = try branchIfNeeded(rest, otherwise)
      if rest == .always { result = status }
    }
    return result
  }

  private mutating func branchIfNeeded(_ reach: Reach, _ node: ShellNode) throws(ShellFault) -> Bool? {
    reach == .always ? try run(node) : try branch(reach, node)
  }

  private mutating func each(_ name: ShellText, _ words: [ShellWord]?, _ body: ShellNode) throws(ShellFault) -> Bool? {
    var values: [ShellText]? = []
    for word in words ?? [] {
      let more = try expand(word)
      values = values.flatMap { old in more.map { old + $0 } }
    }
    if words != nil, let values, values.count <= 64 {
      for value in values {
        variables[name] = value.bytes
        _ = try run(body)
      }
      if hasLeftLoop { forgetVariables() }
    } else {
      variables = [:]
      _ = try branch(.maybe, body)
      variables = [:]
    }
    return nil
  }

  private mutating func choose(
    _ word: ShellWord, _ branches: [(patterns: [ShellWord], body: ShellNode)]
  ) throws(ShellFault) -> Bool? {
    let value = try expandWhole(word)
    var rest = Reach.always
    for (patterns, body) in branches {
      var matches: Bool? = false
      for pattern in patterns where matches != true {
        if pattern.plain == "*" {
          matches = true
        } else if let value, let text = try expandFixed(pattern) {
          if text == value { matches = true }
        } else {
          matches = nil
        }
      }
      switch matches {
      case true?:
        _ = try branchIfNeeded(rest, body)
        rest = .never
      case false?: _ = try branch(.never, body)
      case nil:
        _ = try branch(min(rest, .maybe), body)
        if rest == .always { rest = .maybe }
      }
    }
    return nil
  }
}
