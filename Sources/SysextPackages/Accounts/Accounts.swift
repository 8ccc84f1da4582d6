import FileTree
public import ImageCore
import Synchronization

/// The numbers of users and groups, which packages only name.
///
/// Who has a number gets it by this rule:
///
/// 1. `root` is 0, always.
/// 2. What passwd and group of the base say, wins over everything else, in whatever order the files are added. Of
///    several such files, and of several lines, the first one wins.
/// 3. Then come the fixed numbers of sysusers.d lines as `systemd-sysusers` would give them on that base: first those of
///    all groups, then those of all users; of several lines for one name the first one counts. A number that somebody
///    else has by then is not given twice. A user whose line says nothing of its number has that of its group, and one
///    whose group nobody speaks of has a group of its own name and number.
/// 4. Everybody else has no number: nobody knows what `systemd-sysusers` will find free on the machine, what owns the
///    file whose path stands in the place of a number, or what a specifier such as `%m` stands for.
///
/// A file of sysusers.d that masks another by its name is the caller's business: add those that count, in the order of
/// their names. No line is an error: what cannot be read is in `findings`, and counts for nothing.
public struct Accounts: Sendable {
  private var items = AccountItems()
  private var lineFindings = FindingList()
  private var decision = Decision()

  /// Nobody but root.
  public init() {}

  /// Takes the users of a file like /etc/passwd (passwd(5)).
  ///
  /// - Parameters:
  ///   - bytes: The file's.
  ///   - file: What findings call it.
  public mutating func add(passwd bytes: [UInt8], from file: String) {
    read(bytes, file) { line, place, accounts in
      accounts.add(line, fieldCount: 7, "user", place) { $0.add(passwd: $1, $2, place) }
    }
  }

  /// Takes the groups of a file like /etc/group (group(5)).
  ///
  /// - Parameters:
  ///   - bytes: The file's.
  ///   - file: What findings call it.
  public mutating func add(group bytes: [UInt8], from file: String) {
    read(bytes, file) { line, place, accounts in
      accounts.add(line, fieldCount: 4, "group", place) { $0.add(group: $1, $2, place) }
    }
  }

  /// Takes the lines of a file of sysusers.d (sysusers.d(5)).
  ///
  /// - Parameters:
  ///   - bytes: The file's.
  ///   - file: What findings call it.
  public mutating func add(sysusers bytes: [UInt8], from file: String) {
    read(bytes, file) { line, place, accounts in
      do throws(SysusersLine.Fault) {
        let line = try SysusersLine(Array(line))
        guard let old = accounts.items.add(line, place) else { return }
        accounts.warn("account-conflict", place, "\(old) says something else of the same name, and counts")
      } catch {
        accounts.warn("account-line", place, "passed over: \(error.message)")
      }
    }
  }

  /// The number of a user; `nil` where no file fixes it.
  public func uid(of user: [UInt8]) -> UInt32? { numbers.uids[user] }
  /// The number of a group; `nil` where no file fixes it.
  public func gid(of group: [UInt8]) -> UInt32? { numbers.gids[group] }
  /// The number of a user; `nil` where no file fixes it.
  public func uid(of user: String) -> UInt32? { uid(of: Array(user.utf8)) }
  /// The number of a group; `nil` where no file fixes it.
  public func gid(of group: String) -> UInt32? { gid(of: Array(group.utf8)) }

  /// Lines that cannot be read, that contradict each other, or want what somebody else has; the place is `FILE:LINE`.
  public var findings: [Finding] {
    var all = lineFindings
    all.append(contentsOf: numbers.findings)
    return all.kept
  }

  private var numbers: AccountNumbers { decision.numbers(items) }
}

extension Accounts {
  /// Calls `body` with the lines that say something and their places.
  private mutating func read(
    _ bytes: [UInt8], _ file: String, _ body: (ArraySlice<UInt8>, String, inout Accounts) -> Void
  ) {
    decision = Decision()
    let file = printable(file.utf8)
    guard bytes.count <= AccountFile.byteLimit else {
      return warn("account-limit", file, "passed over: more than \(AccountFile.byteLimit) bytes")
    }
    AccountFile.forEachLine(bytes) { line, number in
      guard !items.isFull else { return }
      body(line, "\(file):\(number)", &self)
      if items.isFull { warn("account-limit", "\(file):\(number)", "all further lines are passed over: too many") }
    }
  }

  /// Takes an entry of passwd or group.
  private mutating func add(
    _ line: ArraySlice<UInt8>, fieldCount: Int, _ what: String, _ place: String,
    _ put: (inout AccountItems, [UInt8], UInt32) -> (number: UInt32, place: String)?
  ) {
    // Lines of NIS: whom they stand for is not in the file.
    if line.first == UInt8(ascii: "+") || line.first == UInt8(ascii: "-") { return }
    guard let entry = AccountFile.entry(line, fieldCount: fieldCount) else {
      return warn("account-line", place, "passed over: no \(what) with a number")
    }
    let name = printable(entry.name)
    if entry.name == Array("root".utf8), entry.number != 0 {
      return warn("account-conflict", place, "passed over: root has the number 0, not \(entry.number)")
    }
    guard let old = put(&items, entry.name, entry.number), old.number != entry.number else { return }
    warn("account-conflict", place, "\(what) \(name) has the number \(old.number) by \(old.place), which counts")
  }

  private mutating func warn(_ code: String, _ place: String, _ message: String) {
    lineFindings.append(Finding(.warning, code, place: place, message))
  }
}

extension Accounts {
  /// Who gets which number, decided when first asked for: once for any number of files and questions.
  private final class Decision: Sendable {
    private let decided = Mutex<AccountNumbers?>(nil)

    func numbers(_ items: AccountItems) -> AccountNumbers {
      decided.withLock { known in
        if let known { return known }
        let numbers = AccountNumbers(items)
        known = numbers
        return numbers
      }
    }
  }
}
