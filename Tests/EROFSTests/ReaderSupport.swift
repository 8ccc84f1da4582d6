import EROFS
import FileTree
import Foundation
import ImageCore
import SystemPackage
import Testing

/// A fixed sequence of pseudo-random numbers, so that a failing case can be run again.
struct ReaderRandom: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return value ^ value >> 31
  }

  mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) } }
}

struct ReaderToolFailure: Error, CustomStringConvertible { let description: String }

/// Programs and folders for the reader's tests.
enum ReaderTools {
  static func find(_ name: String) -> String? {
    let search = (ProcessInfo.processInfo.environment["PATH"] ?? "") + ":/usr/sbin:/sbin"
    return search.split(separator: ":").map { "\($0)/\(name)" }.first {
      FileManager.default.isExecutableFile(atPath: $0)
    }
  }

  @discardableResult
  static func run(_ name: String, _ arguments: String...) throws -> String {
    try run(name, arguments)
  }

  @discardableResult
  static func run(_ name: String, _ arguments: [String]) throws -> String {
    guard let path = find(name) else { throw ReaderToolFailure(description: "no \(name)") }
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(filePath: path)
    process.arguments = arguments
    process.standardOutput = output
    process.standardError = output
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw ReaderToolFailure(description: "\(name) \(arguments.joined(separator: " ")): \(text)")
    }
    return text
  }

  /// Runs `body` with a new folder, which is removed afterwards.
  static func withFolder<R>(_ body: (String) throws -> R) throws -> R {
    let path = "/var/tmp/erofs-reader-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
  }

  /// An image of `folder` by mkfs.erofs.
  static func image(of folder: String, _ options: [String], at path: String) throws -> ErofsImage {
    try run("mkfs.erofs", ["--quiet"] + options + [path, folder])
    return try ErofsImage(ByteStore(contentsOf: FilePath(path)))
  }

  /// Runs `body` with the folder where the kernel shows the image.
  static func withMount<R>(_ image: String, at folder: String, _ body: () throws -> R) throws -> R {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try run("mount", "-t", "erofs", "-o", "loop,ro", image, folder)
    defer { _ = try? run("umount", folder) }
    return try body()
  }
}

extension Trait where Self == ConditionTrait {
  /// Needs `mkfs.erofs`: without it the test is skipped, and fails where `CI` is set.
  static var needsMkfs: Self { readerNeeds("needs mkfs.erofs") { ReaderTools.find("mkfs.erofs") != nil } }

  /// Needs to be root, with loop devices and a kernel that has EROFS.
  static var needsErofsMount: Self {
    readerNeeds("needs root, loop devices and EROFS in the kernel") {
      let fileSystems = try? String(contentsOfFile: "/proc/filesystems", encoding: .utf8)
      return geteuid() == 0 && FileManager.default.fileExists(atPath: "/dev/loop-control")
        && (fileSystems ?? "").contains("erofs") && ReaderTools.find("mkfs.erofs") != nil
    }
  }

  private static func readerNeeds(_ what: Comment, _ condition: @escaping @Sendable () -> Bool) -> Self {
    .enabled(what) {
      if condition() { return true }
      if ProcessInfo.processInfo.environment["CI"] != nil {
        throw ReaderToolFailure(description: what.rawValue)
      }
      return false
    }
  }
}

/// Every fact of a tree as a line of text, so that a difference can be read.
func readerManifest(_ tree: FileTree, withTimes: Bool = true) throws -> [String] {
  var lines: [String] = []
  var first: [FileTree.NodeID: String] = [:]
  try tree.walk { (visit) throws(ImageError) in
    let node = tree[visit.node]
    let attributes = node.attributes
    var line = "\(visit.description) "
    if let other = first[visit.node] {
      lines.append(line + "= \(other)")
      return true
    }
    first[visit.node] = visit.description
    switch node.kind {
    case .directory: line += "directory"
    case .regular(let content): line += "file \(content.byteCount) \(try readerDigest(content))"
    case .symlink(let target): line += "link \(printable(target))"
    case .characterDevice(let device): line += "char \(device.major):\(device.minor)"
    case .blockDevice(let device): line += "block \(device.major):\(device.minor)"
    case .fifo: line += "fifo"
    case .socket: line += "socket"
    }
    line += " \(String(attributes.permissions, radix: 8)) \(attributes.uid):\(attributes.gid)"
    if withTimes { line += " \(attributes.modified.seconds).\(attributes.modified.nanoseconds)" }
    for attribute in attributes.extendedAttributes {
      line += " \(printable(attribute.name))=\(attribute.value.hex)"
    }
    lines.append(line)
    return true
  }
  return lines
}

/// A checksum of a content, read in pieces.
func readerDigest(_ content: any FileContent) throws(ImageError) -> UInt32 {
  var state = UInt32.max
  var offset: UInt64 = 0
  while offset < content.byteCount {
    var buffer = [UInt8](repeating: 0xA5, count: Int(min(200_000, content.byteCount - offset)))
    try content.read(at: offset, into: &buffer, buffer.indices)
    state = CRC32.castagnoli.update(state, buffer.rawSpan)
    offset += UInt64(buffer.count)
  }
  return ~state
}

/// The lines that only one side has.
func readerDifference(_ left: [String], _ right: [String]) -> [String] {
  let (leftSet, rightSet) = (Set(left), Set(right))
  return left.filter { !rightSet.contains($0) }.map { "- \($0)" }
    + right.filter { !leftSet.contains($0) }.map { "+ \($0)" }
}
