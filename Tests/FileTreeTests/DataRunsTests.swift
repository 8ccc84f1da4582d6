import Testing

@testable import FileTree

/// Which bytes of a piece are stored.
struct DataRunsTests {
  private func runs(_ bytes: [UInt8], at offset: UInt64 = 0) -> [Range<Int>] {
    var runs = DataRuns(in: bytes.count, at: offset)
    var result: [Range<Int>] = []
    while let run = runs.next(in: bytes) { result.append(run) }
    return result
  }

  private let data = [UInt8](repeating: 1, count: 5000)
  private func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }

  @Test func shortRunsOfZerosAreData() {
    #expect(runs([]) == [])
    #expect(runs(zeros(16_383)) == [0..<16_383])
    #expect(runs(data) == [0..<5000])
    #expect(runs(data + zeros(15_000) + data) == [0..<25_000])
  }

  @Test func longRunsAreHoles() {
    #expect(runs(zeros(16_384)) == [])
    #expect(runs(zeros(1 << 20)) == [])
    // Whole blocks only, also where the piece does not begin with one.
    #expect(runs(data + zeros(40_000) + data) == [0..<8192, 40_960..<50_000])
    #expect(runs(data + zeros(40_000) + data, at: 100) == [0..<8092, 44_956..<50_000])
    #expect(runs(zeros(20_480) + data) == [20_480..<25_480])
    #expect(runs(data + zeros(100_000)) == [0..<8192])
    #expect(runs(zeros(20_480) + data + zeros(50_000) + data + zeros(7000)) == [20_480..<28_672, 73_728..<87_480])
  }
}
