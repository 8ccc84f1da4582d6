/// A script's structure.
indirect enum ShellNode: Sendable {
  case simple(ShellCommand)
  /// Commands one after the other.
  case list([ShellNode])
  /// Commands with `&&` (true) or `||` (false) in front of each but the first.
  case chain(ShellNode, [(isAnd: Bool, node: ShellNode)])
  case pipeline([ShellNode], isNegated: Bool)
  case condition([(condition: ShellNode, body: ShellNode)], otherwise: ShellNode?)
  /// `while` and `until`.
  case loop(condition: ShellNode, body: ShellNode)
  /// `for`; without words, over the arguments.
  case each(ShellText, [ShellWord]?, body: ShellNode)
  case choice(ShellWord, [(patterns: [ShellWord], body: ShellNode)])
  /// What is run aside, and changes no variables.
  case subshell(ShellNode)
  case function(ShellText, ShellCommand)
  /// A compound command whose output goes elsewhere.
  case redirected(ShellNode, ShellCommand)
}

/// A command and its redirections.
struct ShellCommand: Sendable {
  enum Redirection: Sendable {
    case file(ShellText, ShellWord)
    case document(Range<Int>, isLiteral: Bool)
  }

  var words: [ShellWord] = []
  var redirections: [Redirection] = []
  var range: Range<Int>
  var line: Int
}

/// Finds the structure in tokens.
struct ShellParser {
  /// How deep commands may be inside each other.
  static let maxDepth = 32

  private let tokens: [ShellToken]
  private var place = 0
  private var depth: Int

  /// The structure of all tokens.
  static func parse(_ tokens: [ShellToken], depth: Int) throws(ShellFault) -> ShellNode {
    var parser = ShellParser(tokens, depth)
    let node = try parser.list(until: [])
    guard case .end = parser.token.kind else { throw parser.fault("a sign that does not belong here") }
    return node
  }

  private init(_ tokens: [ShellToken], _ depth: Int) {
    self.tokens = tokens
    self.depth = depth
  }

  // The last token is an end, and nothing goes past it.
  private var token: ShellToken { tokens[min(place, tokens.count - 1)] }
  private func fault(_ message: String) -> ShellFault { ShellFault(message: message, line: token.line) }

  private mutating func takeSign(_ sign: ShellText) -> Bool {
    guard token.isSign(sign) else { return false }
    place += 1
    return true
  }

  private mutating func skipNewlines() { while takeSign("\n") {} }

  private mutating func expect(_ word: ShellText) throws(ShellFault) {
    guard token.word?.plain == word else { throw fault("no \u{201c}\(word.printed)\u{201d} where one is needed") }
    place += 1
  }

  private static let reserved: Set<ShellText> = [
    "if", "then", "elif", "else", "fi", "for", "while", "until", "do", "done", "case", "esac", "in", "{", "}", "!",
    "function", "select", "time", "coproc",
  ]

  private func isAt(_ words: [ShellText]) -> Bool { token.word?.plain.map { words.contains($0) } ?? false }

  /// Commands up to one of the words, a closing parenthesis, `;;` or the end.
  private mutating func list(until words: [ShellText]) throws(ShellFault) -> ShellNode {
    depth += 1
    defer { depth -= 1 }
    if depth > Self.maxDepth { throw fault("nested too deep") }
    var nodes: [ShellNode] = []
    while true {
      skipNewlines()
      if case .end = token.kind { break }
      if isAt(words) || token.isSign(")") || token.isSign(";;") { break }
      let node = try chain()
      if takeSign("&") {
        nodes.append(.subshell(node))
      } else {
        nodes.append(node)
        if takeSign(";") || token.isSign("\n") { continue }
        if case .end = token.kind { break }
        if !(isAt(words) || token.isSign(")") || token.isSign(";;")) {
          throw fault("a sign that does not belong here")
        }
      }
    }
    return .list(nodes)
  }

  private mutating func chain() throws(ShellFault) -> ShellNode {
    let first = try pipeline()
    var rest: [(isAnd: Bool, node: ShellNode)] = []
    while token.isSign("&&") || token.isSign("||") {
      let isAnd = token.isSign("&&")
      place += 1
      skipNewlines()
      rest.append((isAnd, try pipeline()))
    }
    return rest.isEmpty ? first : .chain(first, rest)
  }

  private mutating func pipeline() throws(ShellFault) -> ShellNode {
    var isNegated = false
    if isAt(["!"]) {
      isNegated = true
      place += 1
    }
    var nodes = [try command()]
    while token.isSign("|") || token.isSign("|&") {
      place += 1
      skipNewlines()
      nodes.append(try command())
    }
    return nodes.count == 1 && !isNegated ? nodes[0] : .pipeline(nodes, isNegated: isNegated)
  }

  private mutating func command() throws(ShellFault) -> ShellNode {
    let start = token
    guard let node = try compound() else { return try simple() }
    var outer = ShellCommand(range: start.range, line: start.line)
    try redirections(&outer)
    return outer.redirections.isEmpty ? node : .redirected(node, outer)
  }

  private mutating func compound() throws(ShellFault) -> ShellNode? {
    if takeSign("(") {
      let body = try list(until: [])
      guard takeSign(")") else { throw fault("no closing parenthesis") }
      return .subshell(body)
    }
    guard let word = token.word?.plain, Self.reserved.contains(word) else { return nil }
    place += 1
    switch word {
    case "if": return try condition()
    case "{":
      let body = try list(until: ["}"])
      try expect("}")
      return body
    case "while", "until":
      let condition = try list(until: ["do"])
      return .loop(condition: condition, body: try loopBody())
    case "for": return try each()
    case "case": return try choice()
    default:
      place -= 1
      throw fault("\u{201c}\(word.printed)\u{201d} where it does not belong")
    }
  }

  private mutating func loopBody() throws(ShellFault) -> ShellNode {
    try expect("do")
    let body = try list(until: ["done"])
    try expect("done")
    return body
  }

  private mutating func condition() throws(ShellFault) -> ShellNode {
    var branches: [(condition: ShellNode, body: ShellNode)] = []
    var otherwise: ShellNode?
    while true {
      let condition = try list(until: ["then"])
      try expect("then")
      branches.append((condition, try list(until: ["elif", "else", "fi"])))
      if isAt(["elif"]) {
        place += 1
        continue
      }
      if isAt(["else"]) {
        place += 1
        otherwise = try list(until: ["fi"])
      }
      try expect("fi")
      return .condition(branches, otherwise: otherwise)
    }
  }

  private mutating func each() throws(ShellFault) -> ShellNode {
    guard let name = token.word?.plain else { throw fault("a loop without a variable") }
    place += 1
    skipNewlines()
    var words: [ShellWord]?
    if isAt(["in"]) {
      place += 1
      var list: [ShellWord] = []
      while let word = token.word {
        list.append(word)
        place += 1
      }
      words = list
    }
    _ = takeSign(";")
    skipNewlines()
    return .each(name, words, body: try loopBody())
  }

  private mutating func choice() throws(ShellFault) -> ShellNode {
    guard let word = token.word else { throw fault("a choice without a word") }
    place += 1
    skipNewlines()
    try expect("in")
    var branches: [(patterns: [ShellWord], body: ShellNode)] = []
    skipNewlines()
    while !isAt(["esac"]) {
      _ = takeSign("(")
      var patterns: [ShellWord] = []
      repeat {
        guard let pattern = token.word else { throw fault("a choice without a pattern") }
        patterns.append(pattern)
        place += 1
      } while takeSign("|")
      guard takeSign(")") else { throw fault("no closing parenthesis") }
      branches.append((patterns, try list(until: ["esac"])))
      if !takeSign(";;") { break }
      skipNewlines()
    }
    try expect("esac")
    return .choice(word, branches)
  }

  private mutating func simple() throws(ShellFault) -> ShellNode {
    var command = ShellCommand(range: token.range, line: token.line)
    while true {
      try redirections(&command)
      guard let word = token.word else { break }
      command.words.append(word)
      command.range = command.range.lowerBound..<token.range.upperBound
      place += 1
      if command.words.count == 1, token.isSign("(") { return try function(command) }
    }
    if command.words.isEmpty, command.redirections.isEmpty { throw fault("no command where one is needed") }
    return .simple(command)
  }

  private mutating func function(_ head: ShellCommand) throws(ShellFault) -> ShellNode {
    place += 1
    guard takeSign(")"), let name = head.words[0].plain else { throw fault("a parenthesis that does not belong here") }
    skipNewlines()
    depth += 1
    defer { depth -= 1 }
    if depth > Self.maxDepth { throw fault("nested too deep") }
    _ = try command()
    return .function(name, head)
  }

  private mutating func redirections(_ command: inout ShellCommand) throws(ShellFault) {
    while true {
      switch token.kind {
      case .document(let range, let isLiteral):
        command.redirections.append(.document(range, isLiteral: isLiteral))
      case .redirection(let sign):
        place += 1
        guard let target = token.word else { throw fault("a redirection to nowhere") }
        command.redirections.append(.file(sign, target))
      default: return
      }
      command.range = command.range.lowerBound..<token.range.upperBound
      place += 1
    }
  }
}
