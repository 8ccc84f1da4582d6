import FileTree
public import ImageCore

/// Capabilities of a file: what an RPM says in words, and Linux keeps as `security.capability`.
public struct FileCapabilities: Sendable, Hashable {
  /// What a process that runs the file may have.
  public private(set) var permitted: UInt64 = 0
  /// What it keeps of its caller's inheritable ones.
  public private(set) var inheritable: UInt64 = 0
  /// Whether it has them at once: one bit for all of them.
  public private(set) var isEffective = false

  /// Reads text as `cap_from_text(3)` does: clauses like `cap_net_raw,cap_net_admin=ep`, `=ep cap_chown-p`, `all+i`.
  ///
  /// - Throws: `.invalidArgument` for what cannot be read, and for what Linux cannot store: effective capabilities that
  ///   are some but not all of the others.
  public init(_ text: String) throws(ImageError) {
    var parser = CapabilityText(text)
    try parser.parse()
    permitted = parser.sets.permitted
    inheritable = parser.sets.inheritable
    isEffective = parser.sets.effective != 0
    // As libcap 2.78 has it; 2.66 takes effective ones that are not among the others, which Linux ignores.
    if isEffective, parser.sets.effective != permitted | inheritable {
      throw ImageError(
        .invalidArgument,
        "capabilities \(printable(text.utf8)): the effective ones of a file are none, or exactly the others")
    }
  }

  /// The value of `security.capability`: 20 bytes, `vfs_cap_data` of revision 2.
  public var attributeValue: [UInt8] {
    var bytes: [UInt8] = []
    bytes.appendLE(UInt32(0x0200_0000) | (isEffective ? 1 : 0))
    for shift in [0, 32] as [UInt64] {
      bytes.appendLE(UInt32(truncatingIfNeeded: permitted >> shift))
      bytes.appendLE(UInt32(truncatingIfNeeded: inheritable >> shift))
    }
    return bytes
  }
}

/// The grammar of `cap_from_text(3)`.
///
/// Clauses apply one after the other to three sets; each is a list of names (none means all) with one or more actions.
private struct CapabilityText {
  struct Sets {
    var effective: UInt64 = 0
    var inheritable: UInt64 = 0
    var permitted: UInt64 = 0
  }

  private let text: String
  private let bytes: [UInt8]
  private var place = 0
  private(set) var sets = Sets()

  init(_ text: String) {
    self.text = text
    bytes = Array(text.utf8)
  }

  private var next: UInt8? { place < bytes.count ? bytes[place] : nil }
  private var isAtSpace: Bool { next.map { $0 == 0x20 || (9...13).contains($0) } ?? false }
  private var isAtWord: Bool { next.map { isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "_") } ?? false }
  private var isAtSign: Bool { next == UInt8(ascii: "+") || next == UInt8(ascii: "-") }

  private func fault(_ message: String) -> ImageError {
    ImageError(.invalidArgument, "capabilities \(printable(text.utf8)): \(message) at character \(place + 1)")
  }

  mutating func parse() throws(ImageError) {
    while true {
      while isAtSpace { place += 1 }
      if next == nil { return }
      try parseClause()
    }
  }

  private mutating func parseClause() throws(ImageError) {
    let isListed = isAtWord
    let list = isListed ? try parseList() : Self.all
    guard next == UInt8(ascii: "=") || isListed && isAtSign else { throw fault("no action") }
    if next == UInt8(ascii: "=") {
      place += 1
      if isAtSign, !isListed { throw fault("\u{201c}+\u{201d} and \u{201c}-\u{201d} need names") }
      clear(list)
      if !isAtSign { try set(list, parseFlags(mayBeEmpty: true)) }
    }
    while isAtSign {
      if !isListed { throw fault("\u{201c}+\u{201d} and \u{201c}-\u{201d} need names") }
      let isPlus = next == UInt8(ascii: "+")
      place += 1
      let flags = try parseFlags(mayBeEmpty: false)
      if isPlus { set(list, flags) } else { unset(list, flags) }
    }
    guard next == nil || isAtSpace else { throw fault("neither e, i nor p") }
  }

  /// The kernel's last capability.
  private static let all: UInt64 = (1 << UInt64(names.count)) - 1

  private mutating func parseList() throws(ImageError) -> UInt64 {
    var list: UInt64 = 0
    while true {
      let start = place
      while isAtWord { place += 1 }
      let word = String(decoding: bytes[start..<place], as: UTF8.self).lowercased()
      if word == "all" {
        list |= Self.all
      } else if let number = Self.names.firstIndex(of: word) ?? number(word) {
        list |= 1 << UInt64(number)
      } else {
        place = start
        throw fault("no capability")
      }
      guard next == UInt8(ascii: ",") else { return list }
      place += 1
      guard isAtWord else { throw fault("no capability") }
    }
  }

  /// Decimal, octal after `0`, hexadecimal after `0x`, as `strtoul` reads it.
  private func number(_ word: String) -> Int? {
    guard let first = word.utf8.first, isDigit(first) else { return nil }
    let value =
      word.hasPrefix("0x") ? Int(word.dropFirst(2), radix: 16) : Int(word, radix: first == UInt8(ascii: "0") ? 8 : 10)
    return value.flatMap { (0..<64).contains($0) ? $0 : nil }
  }

  private mutating func parseFlags(mayBeEmpty: Bool) throws(ImageError) -> Set<UInt8> {
    var flags: Set<UInt8> = []
    while let next, [UInt8(ascii: "e"), UInt8(ascii: "i"), UInt8(ascii: "p")].contains(next) {
      flags.insert(next)
      place += 1
    }
    if flags.isEmpty, !mayBeEmpty { throw fault("neither e, i nor p") }
    return flags
  }

  private mutating func clear(_ list: UInt64) {
    unset(list, [UInt8(ascii: "e"), UInt8(ascii: "i"), UInt8(ascii: "p")])
  }

  private mutating func set(_ list: UInt64, _ flags: Set<UInt8>) {
    if flags.contains(UInt8(ascii: "e")) { sets.effective |= list }
    if flags.contains(UInt8(ascii: "i")) { sets.inheritable |= list }
    if flags.contains(UInt8(ascii: "p")) { sets.permitted |= list }
  }

  private mutating func unset(_ list: UInt64, _ flags: Set<UInt8>) {
    if flags.contains(UInt8(ascii: "e")) { sets.effective &= ~list }
    if flags.contains(UInt8(ascii: "i")) { sets.inheritable &= ~list }
    if flags.contains(UInt8(ascii: "p")) { sets.permitted &= ~list }
  }

  /// By number (linux/capability.h).
  private static let names = [
    "cap_chown", "cap_dac_override", "cap_dac_read_search", "cap_fowner", "cap_fsetid", "cap_kill", "cap_setgid",
    "cap_setuid", "cap_setpcap", "cap_linux_immutable", "cap_net_bind_service", "cap_net_broadcast", "cap_net_admin",
    "cap_net_raw", "cap_ipc_lock", "cap_ipc_owner", "cap_sys_module", "cap_sys_rawio", "cap_sys_chroot",
    "cap_sys_ptrace", "cap_sys_pacct", "cap_sys_admin", "cap_sys_boot", "cap_sys_nice", "cap_sys_resource",
    "cap_sys_time", "cap_sys_tty_config", "cap_mknod", "cap_lease", "cap_audit_write", "cap_audit_control",
    "cap_setfcap", "cap_mac_override", "cap_mac_admin", "cap_syslog", "cap_wake_alarm", "cap_block_suspend",
    "cap_audit_read", "cap_perfmon", "cap_bpf", "cap_checkpoint_restore",
  ]
}

private func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
private func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
