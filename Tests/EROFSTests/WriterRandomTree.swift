import FileTree
import ImageCore
import TestSupport

/// Trees of anything, the same for the same seed.
struct WriterRandomTree {
  private var random: SplitMix64
  /// Whether it has only what a mounted file system shows as it is.
  private let isMountable: Bool
  /// Contents that may come again, whole or in part.
  private var earlier: [[UInt8]] = []

  init(seed: UInt64, isMountable: Bool = false) {
    random = SplitMix64(seed: seed)
    self.isMountable = isMountable
  }

  private mutating func below(_ limit: Int) -> Int { Int(random.next() % UInt64(limit)) }

  private mutating func oneOf<Value>(_ values: [Value]) -> Value { values[below(values.count)] }

  mutating func tree() throws -> FileTree {
    var tree = FileTree(rootAttributes: attributes(0o755))
    var folders = [tree.root]
    var leaves: [FileTree.NodeID] = []
    for _ in 0..<(20 + below(150)) {
      let folder = oneOf(folders)
      let name = name()
      if below(8) == 0, let leaf = leaves.randomElement(using: &random) {
        _ = tree.link(leaf, as: name, in: folder)
      } else {
        let node = node()
        guard let id = tree.add(node, as: name, in: folder) else { continue }
        if node.isDirectory { folders.append(id) } else { leaves.append(id) }
      }
    }
    return tree
  }

  private mutating func node() -> FileTree.Node {
    let kind: FileTree.Kind
    switch below(12) {
    case 0, 1: kind = .directory
    case 2:
      kind = .symlink(target: Array(repeating: UInt8(97 + below(26)), count: oneOf([1, 20, 100, 1000, 4000, 4095])))
    case 3: kind = .characterDevice(DeviceNumber(major: UInt32(below(4096)), minor: UInt32(below(1 << 20))))
    case 4: kind = oneOf([.fifo, .socket, .blockDevice(DeviceNumber(major: 8, minor: 1))])
    default: kind = .regular(MemoryContent(content()))
    }
    var attributes = attributes(UInt16(below(0o10000)))
    switch kind {
    case .directory, .regular: break
    default:
      // Only files and directories have attributes that users may set.
      if isMountable { attributes.extendedAttributes.removeAll { $0.name.starts(with: Array("user.".utf8)) } }
    }
    return FileTree.Node(kind, attributes)
  }

  /// Lengths around all borders, of what compresses well, badly, or in places; new, or much like an earlier one.
  mutating func content() -> [UInt8] {
    let content = below(3) == 0 && !earlier.isEmpty ? similar(oneOf(earlier)) : newContent()
    if earlier.count < 30 { earlier.append(content) } else { earlier[below(30)] = content }
    return content
  }

  private mutating func newContent() -> [UInt8] {
    let sizes = [
      0, 1, 2, 511, 512, 513, 1023, 1025, 4095, 4096, 4097, 8191, 8192, 8193, 12_288, 65_535, 65_536, 65_537, 70_000,
      131_072, 131_073,
    ]
    if below(100) == 0 { return content(count: (2 << 20) + oneOf([-1, 0, 1, 4096, 5000, 300_000, 2 << 20])) }
    return content(count: below(3) == 0 ? below(40_000) : oneOf(sizes))
  }

  /// The same bytes, or as many with one changed, or the same end behind another beginning.
  private mutating func similar(_ bytes: [UInt8]) -> [UInt8] {
    var copy = bytes
    switch below(5) {
    case 0 where !bytes.isEmpty: copy[oneOf([0, bytes.count - 1, below(bytes.count)])] ^= 1
    case 1: copy = content(count: oneOf([1, 4096, 8192, below(9000)])) + bytes.suffix(below(6000))
    default: break
    }
    return copy
  }

  private mutating func content(count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count)
    while bytes.count < count {
      let run = min(count - bytes.count, 1 + below(oneOf([300, 5000, 70_000])))
      switch below(4) {
      case 0: bytes.append(contentsOf: repeatElement(0, count: run))
      case 1: bytes.append(contentsOf: random.bytes(run))
      case 2: bytes.append(contentsOf: repeatElement(UInt8(below(256)), count: run))
      default:
        let word = random.bytes(1 + below(12))
        for index in 0..<run { bytes.append(word[index % word.count] &+ UInt8(index / 997 & 3)) }
      }
    }
    return bytes
  }

  private mutating func name() -> FileName {
    let alphabet = Array("-!.~aAzZ09 é/".utf8.filter { $0 != 47 }) + [0x01, 0xFF, 0x80]
    while true {
      let name = (0..<oneOf([1, 2, 3, 10, 60, 255])).map { _ in oneOf(alphabet) }
      if name != [46], name != [46, 46] { return FileName(name) }
    }
  }

  private mutating func attributes(_ permissions: UInt16) -> FileAttributes {
    var xattrs: [ExtendedAttribute] = []
    if below(3) == 0 {
      xattrs.append(ExtendedAttribute("security.selinux", Array("system_u:object_r:lib_t:s0\0".utf8)))
    }
    if below(4) == 0 {
      xattrs.append(ExtendedAttribute("user.\(below(5))", random.bytes(oneOf([0, 1, 2, 3, 4, 5, 30, 3000]))))
    }
    if below(9) == 0, !isMountable { xattrs.append(ExtendedAttribute("system.posix_acl_access", random.bytes(28))) }
    return FileAttributes(
      permissions: permissions, uid: oneOf([0, 0, 1000, 65_535, 65_536, isMountable ? 70_000 : .max]),
      gid: oneOf([0, 0, 70_000]),
      modified: oneOf([
        Timestamp(seconds: 1_600_000_000), Timestamp(seconds: 1_600_000_000),
        Timestamp(seconds: 5, nanoseconds: 999_999_999),
        Timestamp(seconds: -100, nanoseconds: 1), Timestamp(seconds: 1 << 33),
      ]), extendedAttributes: xattrs)
  }
}
