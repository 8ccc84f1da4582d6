import ImageCore

/// Which long prefixes save most, by a tree's own names: one after the other, each by what it saves beside those before.
struct XattrPrefixChoice {
  typealias Prefix = XattrPrefixTable.Prefix

  /// A name that entries have.
  private struct Name {
    let suffix: [UInt8]
    /// How many entries have it, by the length of name and value modulo 4: padding eats a part of what is saved.
    var counts = [0, 0, 0, 0]
    /// How much of it a chosen prefix covers.
    var covered = 0

    /// What leaving `byteCount` bytes of the name out saves in all entries.
    func saved(_ byteCount: Int) -> Int {
      (0..<4).reduce(0) { sum, rest in
        // A length of `rest` and a multiple of four, large enough for both.
        sum + counts[rest] * ((rest + 256).roundedUp(to: 4) - (rest + 256 - byteCount).roundedUp(to: 4))
      }
    }
  }

  /// In the order of the choice.
  private(set) var prefixes: [Prefix] = []
  /// The bytes that all save together, less the table.
  private(set) var gain = 0

  private static let separators = Set(".:_-/@".utf8)
  /// How many places of a name are looked at: names may have hundreds.
  private static let maxCutCount = 8
  /// How many prefixes are compared.
  private static let maxCandidateCount = 512

  init(_ entries: [(attribute: Xattr, count: Int)]) {
    var numbers: [Prefix: Int] = [:]
    var names: [Name] = []
    for (attribute, count) in entries where !attribute.suffix.isEmpty {
      let key = Prefix(base: attribute.index, infix: attribute.suffix)
      let number = numbers[key] ?? names.count
      if number == names.count {
        numbers[key] = number
        names.append(Name(suffix: attribute.suffix))
      }
      names[number].counts[(attribute.suffix.count + attribute.value.count) & 3] += count
    }
    var members: [Prefix: [Int]] = [:]
    for (key, number) in numbers {
      for cut in Self.cuts(key.infix) {
        members[Prefix(base: key.base, infix: Array(key.infix.prefix(cut))), default: []].append(number)
      }
    }
    choose(from: members, &names)
    // Longer ones may have taken all names of a shorter one.
    for prefix in prefixes where !(members[prefix] ?? []).contains(where: { names[$0].covered == prefix.infix.count }) {
      prefixes.removeAll { $0 == prefix }
      gain += prefix.byteCount
    }
  }

  /// Where a prefix of a name may end: after separators, and with the name.
  private static func cuts(_ suffix: [UInt8]) -> [Int] {
    suffix.indices.filter { separators.contains(suffix[$0]) }.prefix(maxCutCount).map { $0 + 1 }
      .filter { $0 < suffix.count } + [suffix.count]
  }

  private mutating func choose(from members: [Prefix: [Int]], _ names: inout [Name]) {
    func gain(_ prefix: Prefix, _ members: [Int]) -> Int {
      members.reduce(-prefix.byteCount) { sum, number in
        let name = names[number]
        return sum + max(0, name.saved(prefix.infix.count) - name.saved(name.covered))
      }
    }
    var candidates = members.map { (prefix: $0.key, members: $0.value, gain: gain($0.key, $0.value)) }
      .filter { $0.gain > 0 }
    // What a prefix saves only gets less with others: those that come first now are the best to know.
    candidates.sort { $0.gain == $1.gain ? $0.prefix.precedes($1.prefix) : $0.gain > $1.gain }
    candidates.removeLast(max(0, candidates.count - Self.maxCandidateCount))
    while prefixes.count < XattrPrefixTable.maxCount {
      for index in candidates.indices {
        candidates[index].gain = gain(candidates[index].prefix, candidates[index].members)
      }
      candidates.removeAll { $0.gain <= 0 }
      // The first of the greatest.
      guard let best = candidates.max(by: { $0.gain == $1.gain ? $1.prefix.precedes($0.prefix) : $0.gain < $1.gain })
      else { return }
      prefixes.append(best.prefix)
      self.gain += best.gain
      for number in best.members { names[number].covered = max(names[number].covered, best.prefix.infix.count) }
    }
  }
}
