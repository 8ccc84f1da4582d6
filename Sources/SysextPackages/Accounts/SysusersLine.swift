import FileTree

/// A line of a sysusers.d file, as far as it says something about numbers.
enum SysusersLine: Equatable, Sendable {
  /// `u`: a user.
  case user([UInt8], uid: Number, group: Group)
  /// `g`: a group.
  case group([UInt8], gid: Number)
  /// `m`: a member of a group, which makes both where no other line does.
  case member([UInt8], of: [UInt8])
  /// `r`: where free numbers are taken from.
  case range

  /// What is said of a user's or group's own number.
  enum Number: Equatable, Sendable {
    /// Nothing: it is that of the group or user of the same name, or a free one.
    case unsaid
    case fixed(UInt32)
    /// The owner of a file, or something that only the running system knows.
    case unknown
  }

  /// What is said of a user's group.
  enum Group: Equatable, Sendable {
    /// Nothing: it is the group of the same name.
    case own
    case gid(UInt32)
    case named([UInt8])
  }

  /// Why a line counts for nothing.
  struct Fault: Error, Equatable {
    let message: String
    init(_ message: String) { self.message = message }
  }

  /// Reads a line that is neither empty nor a comment.
  ///
  /// What `systemd-sysusers` refuses is refused, so that no number is taken from a line that makes no user.
  init(_ line: [UInt8]) throws(Fault) {
    let fields = try Fields(line)
    var type = fields.type
    if type.last == UInt8(ascii: "!"), type.count == 2 { type.removeLast() }
    switch String(decoding: type, as: UTF8.self) {
    case "u":
      self = try Self.user(fields)
    case "g" where fields.type.count == 1:
      try fields.refuse(after: 3)
      self = .group(try fields.name(), gid: try Self.number(fields.id, "GID"))
    case "m" where fields.type.count == 1:
      try fields.refuse(after: 3)
      guard let group = fields.id else { throw Fault("a line of type m needs a group") }
      self = .member(try fields.name(), of: try Fields.accountName(group))
    case "r" where fields.type.count == 1:
      try fields.refuse(after: 3)
      guard fields.optionalName == nil else { throw Fault("a line of type r has no name") }
      try Self.checkRange(fields.id)
      self = .range
    default: throw Fault("no type of a line: \(printable(fields.type))")
    }
  }

  private static func user(_ fields: Fields) throws(Fault) -> SysusersLine {
    let name = try fields.name()
    try fields.checkText()
    guard let id = fields.id, id.first != UInt8(ascii: "/"), !id.contains(UInt8(ascii: "%")),
      let colon = id.firstIndex(of: UInt8(ascii: ":"))
    else { return .user(name, uid: try number(fields.id, "UID"), group: .own) }
    let group = Array(id[(colon + 1)...])
    let own = Array(id[..<colon])
    let uid: Number = own == [UInt8(ascii: "-")] ? .unsaid : try number(own, "UID")
    if let gid = parse(group) { return .user(name, uid: uid, group: .gid(gid)) }
    return .user(name, uid: uid, group: .named(try Fields.accountName(group)))
  }

  private static func number(_ id: [UInt8]?, _ what: String) throws(Fault) -> Number {
    guard let id else { return .unsaid }
    if id.first == UInt8(ascii: "/") || id.contains(UInt8(ascii: "%")) { return .unknown }
    guard let value = parse(id) else { throw Fault("no \(what): \(printable(id))") }
    return .fixed(value)
  }

  private static func checkRange(_ id: [UInt8]?) throws(Fault) {
    guard let id else { throw Fault("a line of type r needs a range") }
    let ends = id.split(separator: UInt8(ascii: "-"), maxSplits: 1, omittingEmptySubsequences: false).map {
      parse(Array($0))
    }
    guard let first = ends[0], let last = ends[ends.count - 1], first <= last else {
      throw Fault("no range of numbers: \(printable(id))")
    }
  }

  /// Decimal digits without a leading zero; not the two numbers that mean "none" to system calls of 16 and 32 bits.
  private static func parse(_ digits: [UInt8]) -> UInt32? {
    guard let value = AccountFile.number(digits), digits.count == 1 || digits.first != UInt8(ascii: "0") else {
      return nil
    }
    return value == 0xFFFF ? nil : value
  }
}

extension SysusersLine {
  /// The words of a line, of which `-` and the empty one say nothing.
  fileprivate struct Fields {
    private static let names = ["type", "name", "ID", "GECOS", "home directory", "shell"]

    let type: [UInt8]
    private let words: [[UInt8]?]

    init(_ line: [UInt8]) throws(Fault) {
      var words: [[UInt8]] = []
      var cutter = SysusersWords(line)
      do throws(SysusersWords.Fault) {
        while words.count < 6, let word = try cutter.next() { words.append(word) }
      } catch {
        throw Fault(error.message)
      }
      guard words.count >= 2 else { throw Fault("no name") }
      guard cutter.isAtEnd else { throw Fault("more than six words") }
      type = words[0]
      self.words = (0..<6).map { index in
        guard index < words.count, !words[index].isEmpty, words[index] != [UInt8(ascii: "-")] else { return nil }
        return words[index]
      }
    }

    var optionalName: [UInt8]? { words[1] }
    var id: [UInt8]? { words[2] }

    func name() throws(Fault) -> [UInt8] {
      guard let name = words[1] else { throw Fault("no name") }
      return try Self.accountName(name)
    }

    /// Refuses what this type of line does not have.
    func refuse(after count: Int) throws(Fault) {
      for index in count..<6 where words[index] != nil {
        throw Fault("a line of type \(printable(type)) has no \(Self.names[index])")
      }
    }

    /// Refuses what could not stand in a line of passwd.
    func checkText() throws(Fault) {
      for index in 3..<6 {
        guard let word = words[index] else { continue }
        let isText = String(validating: word, as: UTF8.self) != nil
        let isPath = index == 3 || word.first == UInt8(ascii: "/") || word.first == UInt8(ascii: "%")
        guard isText, isPath, !word.contains(where: { $0 < 0x20 || $0 == 0x7F || $0 == UInt8(ascii: ":") }) else {
          throw Fault("no \(Self.names[index]): \(printable(word.prefix(80)))")
        }
      }
    }

    /// A name by systemd's strict rules.
    static func accountName(_ name: [UInt8]) throws(Fault) -> [UInt8] {
      guard !name.contains(UInt8(ascii: "%")) else {
        throw Fault("only the running system knows what \(printable(name)) stands for")
      }
      let isName = name.enumerated().allSatisfy { index, byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): index > 0
        default: false
        }
      }
      guard isName, (1...31).contains(name.count) else { throw Fault("no name: \(printable(name.prefix(80)))") }
      return name
    }
  }
}
