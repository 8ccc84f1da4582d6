import ImageCore

/// What one thread does at a time.
enum WriteJob: Sendable {
  /// Makes files, and afterwards further names of files.
  case entries([TargetEntry], links: [HardLink])
  /// Writes parts of a file.
  case pieces(LargeFile, [Range<UInt64>])
}

/// A further name of a file that was named before.
struct HardLink: Sendable {
  let first: TargetEntry
  let folder: TargetFolder
  let name: FileName
}

/// How many files of each kind there are.
struct WriteCounts: Sendable {
  var directories = 0
  var files = 0
  var symlinks = 0
  var special = 0
  var links = 0
  var byteCount: UInt64 = 0
}

/// Counts along a walk; a class, because a loop works on a copy of its sequence.
final class WriteCounter {
  var value = WriteCounts()

  init() {}
}

/// Cuts a walk into jobs, and makes the directories on the way.
///
/// Each job is handed over after those that it depends on: a file's first name comes before its others.
struct WriteJobs<Walk: TreeWalk>: Sequence, IteratorProtocol {
  /// What is written by one thread alone.
  private static var largestShare: Int { 4 << 20 }

  private var walk: Walk
  private let writer: EntryWriter
  private let counts: WriteCounter
  private var folders: [TargetFolder]
  private var firstNames: [UInt64: TargetEntry] = [:]
  /// Folders that could not be entered once they have their modes, but are needed for links.
  private var kept: [TargetFolder] = []
  private var batch = Batch()
  /// Files that are being handed out in pieces by turns, and where the next piece of each begins.
  private var large: [(file: LargeFile, content: any FileContent, position: UInt64)] = []
  /// How many of them there are at a time: the kernel lets one thread write to a file, others wait.
  private let largeCount: Int
  private var turn = 0
  /// Whether small files were handed out last.
  private var wantsPieces = false
  private var isAtEnd = false

  /// Writes what follows the root's own step into `root`, whose hold it takes over.
  init(_ walk: Walk, into root: TargetFolder, _ writer: EntryWriter, width: Int, counts: WriteCounter) {
    self.walk = walk
    largeCount = 2 * width
    folders = [root]
    self.writer = writer
    self.counts = counts
    counts.value.directories = 1
  }

  mutating func next() -> Result<WriteJob, ImageError>? {
    do throws(ImageError) { return try nextJob().map { .success($0) } } catch {
      isAtEnd = true
      large.removeAll()
      return .failure(error)
    }
  }

  private mutating func nextJob() throws(ImageError) -> WriteJob? {
    while true {
      if isAtEnd || wantsPieces || large.count >= largeCount, let job = try nextPieces() { return job }
      if batch.isFull {
        wantsPieces = true
        return batch.take()
      }
      if isAtEnd { return nil }
      guard let step = try walk.next() else {
        isAtEnd = true
        for folder in kept { try folder.release(writer.attributes) }
        if !batch.isEmpty { return batch.take() }
        continue
      }
      try take(step)
    }
  }

  private mutating func take(_ step: TreeStep) throws(ImageError) {
    switch step {
    case .enter(let name, let attributes):
      counts.value.directories += 1
      guard let name, let parent = folders.last else { return }
      folders.append(try TargetFolder(name, attributes, in: parent))
    case .leave: try folders.popLast()?.release(writer.attributes)
    case .file(let name, let node, let identity):
      guard let folder = folders.last else { return }
      folder.hold()
      let entry = TargetEntry(folder: folder, name: name, node: node)
      if let identity {
        if let first = firstNames[identity] {
          counts.value.links += 1
          return batch.add(HardLink(first: first, folder: folder, name: name))
        }
        remember(entry, identity)
      }
      try add(entry)
    }
  }

  private mutating func remember(_ entry: TargetEntry, _ identity: UInt64) {
    firstNames[identity] = entry
    guard !writer.attributes.canPassAll, !entry.folder.isPassable else { return }
    entry.folder.hold()
    kept.append(entry.folder)
  }

  private mutating func add(_ entry: TargetEntry) throws(ImageError) {
    switch entry.node.kind {
    case .directory: break
    case .regular(let content):
      counts.value.files += 1
      counts.value.byteCount += content.byteCount
      guard content.byteCount <= UInt64(Self.largestShare) else {
        large.append((try LargeFile(entry, content, writer), content, 0))
        return
      }
    case .symlink: counts.value.symlinks += 1
    case .characterDevice, .blockDevice, .fifo, .socket: counts.value.special += 1
    }
    batch.add(entry)
  }

  private mutating func nextPieces() throws(ImageError) -> WriteJob? {
    while !large.isEmpty {
      turn = (turn + 1) % large.count
      let (file, content, position) = large[turn]
      let pieces = try content.pieces(
        from: position, byteCount: Self.largestShare, limit: EntryWriter.pieceByteCount)
      wantsPieces = false
      if let end = pieces.last?.upperBound, end > position {
        large[turn].position = end
        file.hold()
        return .pieces(file, pieces)
      }
      large.remove(at: turn)
      try file.release(writer)
    }
    return nil
  }
}

/// Small files, some at a time: one alone is too little work to hand over.
private struct Batch {
  private var entries: [TargetEntry] = []
  private var links: [HardLink] = []
  private var byteCount: UInt64 = 0
  private var folderCount = 0

  var isEmpty: Bool { entries.isEmpty && links.isEmpty }

  /// Each folder is an open file.
  var isFull: Bool { entries.count + links.count >= 64 || byteCount >= 2 << 20 || folderCount >= 16 }

  mutating func add(_ entry: TargetEntry) {
    if entries.last?.folder !== entry.folder { folderCount += 1 }
    if case .regular(let content) = entry.node.kind { byteCount += content.byteCount }
    entries.append(entry)
  }

  mutating func add(_ link: HardLink) {
    if links.last?.folder !== link.folder { folderCount += 1 }
    links.append(link)
  }

  mutating func take() -> WriteJob {
    defer { self = Batch() }
    return .entries(entries, links: links)
  }
}
