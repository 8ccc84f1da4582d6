import FileTree
import ImageCore

/// A run of an archive's bytes.
struct TarJob: Sendable {
  enum Part: Sendable {
    case bytes([UInt8])
    case data(any FileContent, Range<UInt64>)
  }

  var parts: [Part] = []
  var byteCount = 0
  /// Zeros behind the parts: a hole, or padding.
  var zeroCount: UInt64 = 0

  mutating func add(_ bytes: [UInt8]) {
    parts.append(.bytes(bytes))
    byteCount += bytes.count
  }
}

/// What is counted while an archive is made; a class, because a loop works on a copy of its sequence.
final class TarCounter {
  var memberCount = 0
  var socketCount = 0

  init() {}
}

/// Cuts a walk into runs of an archive's bytes.
struct TarJobs<Walk: TreeWalk>: Sequence, IteratorProtocol {
  /// What is gathered before it is handed over, and the greatest piece of a file.
  static var pieceByteCount: Int { 1 << 20 }

  private var walk: Walk
  private let counter: TarCounter
  private var directories: [NestedPath] = []
  private var firstNames: [UInt64: NestedPath] = [:]
  private var job = TarJob()
  /// The file that is being handed out.
  private var content: (file: any FileContent, pieces: ContentPieces)?
  private var isAtEnd = false

  init(_ walk: Walk, _ counter: TarCounter) {
    self.walk = walk
    self.counter = counter
  }

  mutating func next() -> Result<TarJob, ImageError>? {
    do throws(ImageError) {
      while job.byteCount < Self.pieceByteCount, job.zeroCount == 0, !isAtEnd {
        if content != nil { try addPiece() } else { try addMember() }
      }
    } catch {
      isAtEnd = true
      job = TarJob()
      return .failure(error)
    }
    if job.parts.isEmpty, job.zeroCount == 0 { return nil }
    defer { job = TarJob() }
    return .success(job)
  }

  private mutating func addPiece() throws(ImageError) {
    guard let content = self.content, var pieces = Optional(content.pieces) else { return }
    guard let piece = pieces.next() else {
      self.content = nil
      let inside = Int(content.file.byteCount % UInt64(UstarHeader.byteCount))
      if inside > 0 { job.add([UInt8](repeating: 0, count: UstarHeader.byteCount - inside)) }
      return
    }
    self.content?.pieces = pieces
    switch try piece.get() {
    case .data(let range):
      job.parts.append(.data(content.file, range))
      job.byteCount += range.count
    case .hole(let count): job.zeroCount = count
    }
  }

  private mutating func addMember() throws(ImageError) {
    guard let step = try walk.next() else {
      isAtEnd = true
      return
    }
    switch step {
    case .enter(let name, let attributes):
      let path = NestedPath(name ?? ".", in: directories.last)
      directories.append(path)
      add(UstarHeader(kind: .directory, path: path.bytes + [0x2F]), attributes)
    case .leave: directories.removeLast()
    case .file(_, let node, _) where node.isSocket: counter.socketCount += 1
    case .file(let name, let node, let identity):
      let path = NestedPath(name, in: directories.last)
      if let identity, let first = firstNames[identity] {
        add(UstarHeader(kind: .hardLink, path: path.bytes, linkPath: first.bytes), node.attributes, isLink: true)
        return
      }
      if let identity { firstNames[identity] = path }
      add(path.bytes, node)
    }
  }

  private mutating func add(_ path: [UInt8], _ node: FileTree.Node) {
    var header = UstarHeader(kind: .regular, path: path)
    switch node.kind {
    case .directory: header.kind = .directory
    case .regular(let file):
      header.size = file.byteCount
      content = (file, ContentPieces(file, limit: Self.pieceByteCount))
    case .symlink(let target):
      header.kind = .symlink
      header.linkPath = target
    case .characterDevice(let device): (header.kind, header.device) = (.characterDevice, device)
    case .blockDevice(let device): (header.kind, header.device) = (.blockDevice, device)
    case .fifo: header.kind = .fifo
    case .socket: return
    }
    add(header, node.attributes)
  }

  private mutating func add(_ header: UstarHeader, _ attributes: FileAttributes, isLink: Bool = false) {
    var header = header
    header.permissions = attributes.permissions
    header.uid = attributes.uid
    header.gid = attributes.gid
    header.modified = attributes.modified
    counter.memberCount += 1
    // A further name has what the first one has.
    let records = PaxRecords(for: header, isLink ? [] : attributes.extendedAttributes)
    if !records.bytes.isEmpty {
      let name = Array("./PaxHeaders/".utf8) + (header.path.split(separator: 0x2F).last ?? []).prefix(80)
      var before = UstarHeader(kind: .paxRecords, path: name)
      before.size = UInt64(records.bytes.count)
      job.add(before.bytes)
      job.add(records.bytes)
      let inside = records.bytes.count % UstarHeader.byteCount
      if inside > 0 { job.add([UInt8](repeating: 0, count: UstarHeader.byteCount - inside)) }
    }
    job.add(header.bytes)
  }
}

extension FileTree.Node {
  fileprivate var isSocket: Bool {
    if case .socket = kind { true } else { false }
  }
}
