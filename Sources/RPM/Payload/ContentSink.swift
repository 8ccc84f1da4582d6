import Archives
import FileTree
import ImageCore

/// Compares the members of a payload with the header's files, and hands their contents on.
struct ContentSink<Receiver: RPMContentReceiver>: CpioSink {
  private(set) var receiver: Receiver
  private let files: RPMFileList
  private let verifiesDigests: Bool
  private var finder: MemberFinder
  /// Of hard links, all that are one file with it.
  private var links: [Int: [Int]] = [:]
  private var wasSeen: [Bool]
  /// By the first of the links: whether the content has come.
  private var hasContent: [Bool]

  private var current: Current?

  private struct Current {
    let file: RPMFile
    /// Whether the receiver takes the data.
    let isWanted: Bool
    var hash: RunningHash?
    /// Of a symbolic link, its target.
    var target: [UInt8] = []
  }

  init(_ files: RPMFileList, _ receiver: Receiver, verifiesDigests: Bool) {
    self.verifiesDigests = verifiesDigests
    self.files = files
    self.receiver = receiver
    finder = MemberFinder(files)
    wasSeen = [Bool](repeating: false, count: files.count)
    hasContent = wasSeen
    for group in files.hardLinks { for index in group { links[index] = group } }
  }

  mutating func begin(_ member: CpioMember, at offset: UInt64) throws(ImageError) -> UInt64 {
    guard let index = finder.index(of: member) else {
      throw ImageError(.mismatch, "the payload has \(member.printed), the header has not", offset: offset)
    }
    let file = files[index]
    func fault(_ message: String) -> ImageError {
      ImageError(.mismatch, message, offset: offset, context: [file.printedPath])
    }
    if wasSeen[index] { throw fault("twice in the payload") }
    wasSeen[index] = true
    if let mode = member.mode, mode & 0o170000 != UInt32(file.mode & 0o170000) {
      throw fault("mode \(String(mode, radix: 8)) in the payload, \(String(file.mode, radix: 8)) in the header")
    }
    let isBare = member.byteCount == 0
    let byteCount = member.byteCount ?? expectedByteCount(file)
    switch file.kind {
    case .regular:
      let first = links[index]?[0] ?? index
      // Of hard links, one has the content, and more may.
      let isLinkOnly = links[index] != nil && (isBare || member.byteCount == nil) && byteCount == 0
      guard byteCount == file.byteCount || isLinkOnly else {
        throw fault("\(byteCount) bytes in the payload, \(file.byteCount) in the header")
      }
      let isWhole = byteCount == file.byteCount
      let isWanted = isWhole && !hasContent[first] && !file.flags.contains(.ghost)
      if isWhole { hasContent[first] = true }
      let hash = verifiesDigests && isWhole && file.hasDigest ? RunningHash(file.digestAlgorithm) : nil
      current = Current(file: isWanted ? files[first] : file, isWanted: isWanted, hash: hash)
      if isWanted { try receiver.begin(files[first], at: offset) }
    case .symlink:
      guard byteCount == UInt64(file.linkTarget.count) else {
        throw fault("a target of \(byteCount) bytes in the payload, of \(file.linkTarget.count) in the header")
      }
      current = Current(file: file, isWanted: false)
    default:
      guard byteCount == 0 else { throw fault("\(byteCount) bytes of what has no content") }
      current = Current(file: file, isWanted: false)
    }
    return byteCount
  }

  /// What a member without a length of its own has: of hard links, the last one has it all.
  private func expectedByteCount(_ file: RPMFile) -> UInt64 {
    switch file.kind {
    case .regular: (links[file.index]?.last ?? file.index) == file.index ? file.byteCount : 0
    case .symlink: UInt64(file.linkTarget.count)
    default: 0
    }
  }

  mutating func data(_ bytes: borrowing [UInt8], _ range: Range<Int>) throws(ImageError) {
    guard let current else { return }
    if current.file.kind == .symlink {
      self.current?.target += bytes[range]
      return
    }
    self.current?.hash?.update(bytes, range)
    if current.isWanted { try receiver.data(bytes, range) }
  }

  mutating func end() throws(ImageError) {
    guard let current else { return }
    self.current = nil
    let file = current.file
    if file.kind == .symlink, current.target != file.linkTarget {
      throw ImageError(
        .mismatch,
        "leads to \(printable(current.target)) in the payload, to \(printable(file.linkTarget)) in the header",
        context: [file.printedPath])
    }
    if let hash = current.hash, let digest = file.digest, hash.value != digest {
      throw ImageError(
        .mismatch, "\(file.digestAlgorithm) is \(hash.value.hex), not \(digest.hex)", context: [file.printedPath])
    }
    if current.isWanted { try receiver.end() }
  }

  /// Checks that nothing is missing.
  func finish() throws(ImageError) {
    for file in files where !file.flags.contains(.ghost) {
      let first = links[file.index]?[0] ?? file.index
      let isThere = wasSeen[file.index] && (file.kind != .regular || hasContent[first])
      if !isThere {
        throw ImageError(.truncated, "in the header, but not in the payload", context: [file.printedPath])
      }
    }
  }
}

extension CpioMember {
  fileprivate var printed: String {
    switch identity {
    case .name(let name): printable(name)
    case .index(let number): "file \(number)"
    }
  }
}

extension RPMFile {
  /// The path for messages.
  var printedPath: String { printable(path) }
}
