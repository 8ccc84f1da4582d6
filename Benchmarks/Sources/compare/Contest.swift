import Glibc

/// Runs contenders in turn.
struct Contest {
  let runCount: Int
  /// Who needs more seconds than this for the first run is not run again, and that run counts.
  var limit = Double.infinity
  let workshop: Workshop

  /// Packs a tree; `output` is where each contender writes, and is gone afterwards unless it shall be kept.
  ///
  /// One run of each is not counted. Who comes first changes, so that nobody always finds the other's traces.
  func results(_ contenders: [Contender], _ tree: Tree, output: (Int) -> String, keeping: Bool = false) -> [Results] {
    defer { if !keeping { for index in contenders.indices { unlink(output(index)) } } }
    var results = contenders.map { Results(name: $0.name, role: $0.role) }
    for round in 0...runCount {
      for turn in contenders.indices {
        let index = (turn + round) % contenders.count
        if results[index].error != nil || (round > 0 && results[index].isSlow) { continue }
        unlink(output(index))
        do {
          let words = contenders[index].command(tree, output(index))
          let usage = try Child.run(words, log: workshop.log, output: output(index))
          var status = stat()
          guard stat(output(index), &status) == 0 else { throw Failure("\(output(index)): \(Child.message(errno))") }
          results[index].byteCount = Int(status.st_size)
          results[index].isSlow = round == 0 && usage.wall > limit
          if round > 0 || results[index].isSlow { results[index].runs.append(usage) }
        } catch { results[index].error = "\(error)" }
      }
    }
    return results
  }
}
