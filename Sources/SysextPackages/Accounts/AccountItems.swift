/// What all files together say of users and groups, before it is decided who gets which number.
struct AccountItems: Sendable {
  /// More entries than any system has: the rest is not looked at.
  static let limit = 1 << 17

  /// A user's or group's line of sysusers.d.
  struct Item<Line: Sendable>: Sendable {
    let name: [UInt8]
    let line: Line
    let place: String
  }

  struct User: Equatable, Sendable {
    let uid: SysusersLine.Number
    let group: SysusersLine.Group
  }

  /// The numbers of passwd and group.
  private(set) var passwd: [[UInt8]: (number: UInt32, place: String)] = [:]
  private(set) var group: [[UInt8]: (number: UInt32, place: String)] = [:]
  /// Lines of sysusers.d, of several for one name the first.
  private(set) var users: [Item<User>] = []
  private(set) var groups: [Item<SysusersLine.Number>] = []
  private(set) var members: [Item<[UInt8]>] = []

  private var userIndex: [[UInt8]: Int] = [:]
  private var groupIndex: [[UInt8]: Int] = [:]

  init() {}

  var isFull: Bool {
    passwd.count + group.count + users.count + groups.count + members.count >= Self.limit
  }

  func user(_ name: [UInt8]) -> Item<User>? { userIndex[name].map { users[$0] } }
  func group(_ name: [UInt8]) -> Item<SysusersLine.Number>? { groupIndex[name].map { groups[$0] } }

  /// Takes an entry of passwd; returns one of that name that is there already, which stays.
  mutating func add(passwd name: [UInt8], _ number: UInt32, _ place: String) -> (number: UInt32, place: String)? {
    if let old = passwd[name] { return old }
    passwd[name] = (number, place)
    return nil
  }

  /// The same of group.
  mutating func add(group name: [UInt8], _ number: UInt32, _ place: String) -> (number: UInt32, place: String)? {
    if let old = group[name] { return old }
    group[name] = (number, place)
    return nil
  }

  /// Takes a line of sysusers.d; returns the place of one that says something else of that name, which stays.
  mutating func add(_ line: SysusersLine, _ place: String) -> String? {
    switch line {
    case .user(let name, let uid, let group):
      let user = User(uid: uid, group: group)
      if let old = self.user(name) { return old.line == user ? nil : old.place }
      userIndex[name] = users.count
      users.append(Item(name: name, line: user, place: place))
    case .group(let name, let gid):
      if let old = self.group(name) { return old.line == gid ? nil : old.place }
      groupIndex[name] = groups.count
      groups.append(Item(name: name, line: gid, place: place))
    case .member(let name, let group): members.append(Item(name: name, line: group, place: place))
    case .range: break
    }
    return nil
  }

  /// Makes the users and groups that only lines of members name.
  mutating func addMembers() {
    for member in members {
      if userIndex[member.name] == nil {
        _ = add(.user(member.name, uid: .unsaid, group: .own), member.place)
      }
      if userIndex[member.line] == nil, groupIndex[member.line] == nil {
        _ = add(.group(member.line, gid: .unsaid), member.place)
      }
    }
    members = []
  }
}
