import Testing

@testable import Compression

/// The search alone, on sizes that follow a formula.
@Suite struct FixedOutputSearchTests {
  private struct Found {
    var consumed: Int
    var produced: Int
    var tries: Int
  }

  private func search(_ byteCount: Int, _ capacity: Int, from start: Int, _ size: (Int) -> Int) -> Found {
    var search = FixedOutputSearch(byteCount: byteCount, capacity: capacity)
    var count = start
    while search.tries < 100, let next = search.next(after: count, produced: size(count)) {
      #expect(search.open.contains(next))
      count = next
    }
    return Found(consumed: search.result.consumed, produced: search.result.produced, tries: search.tries)
  }

  @Test(arguments: [100, 5000, 8000, 10_000, 20_000, 1_000_000]) func aLineTakesTwoMore(_ start: Int) {
    let found = search(1_000_000, 4096, from: start) { 50 + $0 * 2 / 5 }
    #expect(found.tries <= 4 && (4078...4096).contains(found.produced), "\(found)")
  }

  @Test(arguments: [5000, 8000, 12_000, 40_000]) func steps(_ start: Int) {
    let found = search(1_000_000, 4096, from: start) { $0 / 1000 * 500 + 20 }
    #expect(found.tries <= 16 && found.consumed >= 8000, "\(found)")
  }

  /// A source that stops compressing, and one that begins to.
  @Test(arguments: [5000, 8000, 12_000, 40_000]) func bends(_ start: Int) {
    let stops = search(1_000_000, 4096, from: start) { 20 + $0 / 5 + max(0, $0 - 9000) }
    #expect(stops.tries <= 12 && stops.produced >= 3900, "\(stops)")
    let begins = search(1_000_000, 4096, from: start) { 20 + min($0, 3000) + max(0, $0 - 3000) / 10 }
    #expect(begins.tries <= 12 && begins.produced >= 3900, "\(begins)")
  }

  /// A line from a far end hardly moves: that end must lose its weight.
  @Test func aFarEnd() {
    let found = search(1_000_000, 4096, from: 1_000_000) { $0 / 100 + max(0, $0 - 300_000) }
    #expect(found.tries <= 8 && found.consumed >= 100_000, "\(found)")
  }

  @Test func wholeSources() {
    let found = search(3000, 4096, from: 3000) { $0 / 2 }
    #expect(found.tries == 1 && found.consumed == 3000)
    let later = search(30_000, 4096, from: 6000) { $0 / 100 }
    #expect(later.tries <= 3 && later.consumed == 30_000)
  }

  /// Little work where nothing can be gained.
  @Test func incompressible() {
    let found = search(2 << 20, 4096, from: 5700) { $0 + 13 }
    #expect(found.tries <= 4 && found.produced == 0, "\(found)")
  }
}
