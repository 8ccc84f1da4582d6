import FileTree
import ImageCore

/// Who gets which number, in the order in which `systemd-sysusers` decides it: passwd and group, then groups, then users.
///
/// Numbers that it would search for, or take from a file's owner, are none.
struct AccountNumbers: Sendable {
  private(set) var uids: [[UInt8]: UInt32] = [:]
  private(set) var gids: [[UInt8]: UInt32] = [:]
  /// Numbers that two want.
  private(set) var findings = FindingList()

  /// Who has a number: the first.
  private var uidOwners: [UInt32: [UInt8]] = [:]
  private var gidOwners: [UInt32: [UInt8]] = [:]

  /// Users whose groups, of whatever number, are there by now.
  private var hasOwnGroup: Set<[UInt8]> = []

  private static let root = Array("root".utf8)

  init(_ source: AccountItems) {
    var items = source
    items.addMembers()
    Self.take(Self.root, 0, &uids, &uidOwners)
    Self.take(Self.root, 0, &gids, &gidOwners)
    for (name, entry) in items.passwd.sorted(by: Self.order) { Self.take(name, entry.number, &uids, &uidOwners) }
    for (name, entry) in items.group.sorted(by: Self.order) { Self.take(name, entry.number, &gids, &gidOwners) }
    for item in items.groups { decide(item) }
    var refused: [AccountItems.Item<AccountItems.User>] = []
    for item in items.users where !decide(item, items) { refused.append(item) }
    // Their groups may be in files that we do not see, so they get their numbers, but take nobody's.
    for item in refused { decide(uid: item, gid: nil, isStrict: true) }
  }

  /// Any order that is always the same: of two names for one number, either is as good as the other.
  private static func order<Value>(_ left: (key: [UInt8], value: Value), _ right: (key: [UInt8], value: Value)) -> Bool
  {
    left.key.lexicographicallyPrecedes(right.key)
  }

  private static func take(
    _ name: [UInt8], _ number: UInt32, _ numbers: inout [[UInt8]: UInt32], _ owners: inout [UInt32: [UInt8]]
  ) {
    if numbers[name] == nil { numbers[name] = number }
    if owners[number] == nil { owners[number] = name }
  }

  /// A group's line.
  private mutating func decide(_ item: AccountItems.Item<SysusersLine.Number>) {
    guard case .fixed(let wanted) = item.line else { return }
    if let gid = gids[item.name] {
      if gid != wanted { differs("group", item.name, wanted, gid, item.place) }
      return
    }
    if let owner = gidOwners[wanted] {
      taken("group", item.name, wanted, by: "group", owner, item.place)
    } else {
      Self.take(item.name, wanted, &gids, &gidOwners)
    }
  }

  /// A user's line: first its group, then itself; says whether the group is there.
  private mutating func decide(_ item: AccountItems.Item<AccountItems.User>, _ items: AccountItems) -> Bool {
    let name = item.name
    var gid: UInt32?
    // Where its group is known, a user's number may also be that of another group.
    var isStrict = true
    switch item.line.group {
    case .gid(let number):
      gid = items.group[name]?.number ?? number
      if let gid, gidOwners[gid] == nil {
        missing("the number \(number)", item)
        return false
      }
    case .named(let group):
      gid = gids[group]
      if gid == nil, items.group(group) == nil, !hasOwnGroup.contains(group) {
        missing("the name \(printable(group))", item)
        return false
      }
    case .own:
      isStrict = items.group[name] == nil && items.group(name) != nil
      if gids[name] == nil, items.group(name) == nil, case .fixed(let number) = item.line.uid,
        isFree(gid: number, for: name)
      {
        Self.take(name, number, &gids, &gidOwners)
      }
      gid = gids[name]
      hasOwnGroup.insert(name)
    }
    decide(uid: item, gid: gid, isStrict: isStrict)
    return true
  }

  private mutating func decide(uid item: AccountItems.Item<AccountItems.User>, gid: UInt32?, isStrict: Bool) {
    let name = item.name
    if let uid = uids[name] {
      if case .fixed(let wanted) = item.line.uid, wanted != uid { differs("user", name, wanted, uid, item.place) }
      return
    }
    if case .unknown = item.line.uid { return }
    if case .fixed(let wanted) = item.line.uid {
      if let owner = uidOwners[wanted] {
        taken("user", name, wanted, by: "user", owner, item.place)
      } else if !isStrict, let owner = gidOwners[wanted], owner != name {
        taken("user", name, wanted, by: "group", owner, item.place)
      } else {
        Self.take(name, wanted, &uids, &uidOwners)
        return
      }
    }
    if let gid, uidOwners[gid] == nil, gidOwners[gid].map({ $0 == name }) ?? true {
      Self.take(name, gid, &uids, &uidOwners)
    }
  }

  /// Whether a user's group can have the user's number.
  private func isFree(gid: UInt32, for name: [UInt8]) -> Bool {
    gidOwners[gid] == nil && uidOwners[gid].map { $0 == name } ?? true
  }

  private mutating func differs(_ what: String, _ name: [UInt8], _ wanted: UInt32, _ number: UInt32, _ place: String) {
    note(
      "account-differs", "\(what) \(printable(name)) has the number \(number) already, \(wanted) is passed over", place)
  }

  private mutating func taken(
    _ what: String, _ name: [UInt8], _ number: UInt32, by other: String, _ owner: [UInt8], _ place: String
  ) {
    findings.append(
      Finding(
        .warning, "account-number-taken", place: place,
        "\(what) \(printable(name)) cannot have the number \(number), which \(other) \(printable(owner)) has"))
  }

  private mutating func missing(_ what: String, _ item: AccountItems.Item<AccountItems.User>) {
    let message = "systemd-sysusers refuses user \(printable(item.name)) unless there is a group of \(what)"
    note("group-missing", message, item.place)
  }

  private mutating func note(_ code: String, _ message: String, _ place: String) {
    findings.append(Finding(.note, code, place: place, message))
  }
}
