import ImageCore
import TestSupport
import Testing

@Suite struct ArrayCopyTests {
  private let source = Content.random(300, seed: 1).bytes

  @Test(arguments: [
    (0..<0, 0), (0..<300, 0), (0..<1, 299), (299..<300, 0), (10..<60, 250), (5..<6, 7), (300..<300, 300),
  ])
  func copies(_ range: Range<Int>, _ offset: Int) {
    var target = [UInt8](repeating: 0xEE, count: 300)
    var expected = target
    expected.replaceSubrange(offset..<offset + range.count, with: source[range])
    target.copy(source, range, to: offset)
    #expect(target == expected)
  }

  @Test(arguments: [(0..<0, 0), (0..<300, 0), (0..<200, 100), (100..<300, 0), (10..<20, 15), (15..<25, 10), (7..<8, 7)])
  func movesOverItself(_ range: Range<Int>, _ offset: Int) {
    var bytes = source
    var expected = source
    expected.replaceSubrange(offset..<offset + range.count, with: Array(source[range]))
    bytes.move(range, to: offset)
    #expect(bytes == expected)
  }

  @Test func nothingInAnEmptyArray() {
    var bytes: [UInt8] = []
    bytes.copy([], 0..<0, to: 0)
    bytes.move(0..<0, to: 0)
    bytes.fillZero(0..<0)
    #expect(bytes.isZero(0..<0) && bytes.isEmpty)
  }

  @Test func zerosFillTheRangeAndNoMore() {
    for range in [0..<0, 0..<1, 0..<300, 299..<300, 100..<164, 300..<300] {
      var bytes = [UInt8](repeating: 7, count: 300)
      bytes.fillZero(range)
      #expect(bytes.indices.allSatisfy { bytes[$0] == (range.contains($0) ? 0 : 7) }, "\(range)")
      #expect(bytes.isZero(range))
    }
  }

  @Test(arguments: [1, 2, 7, 8, 9, 64, 4096]) func oneByteAnywhereIsNotZero(_ count: Int) {
    // Around the range there is no zero: a look beyond it shows.
    var bytes = [UInt8](repeating: 0xEE, count: count + 2)
    bytes.fillZero(1..<count + 1)
    #expect(bytes.isZero(1..<count + 1))
    #expect(!bytes.isZero(0..<count + 1) && !bytes.isZero(1..<count + 2))
    for index in Set([1, 2, count / 2, count - 1, count]) where (1...count).contains(index) {
      bytes[index] = 1
      #expect(!bytes.isZero(1..<count + 1), "byte \(index)")
      bytes[index] = 0
    }
    // Equal neighbours alone do not make zeros.
    bytes.replaceSubrange(1..<count + 1, with: repeatElement(5, count: count))
    #expect(!bytes.isZero(1..<count + 1))
  }

  @Test func wrongRangesStopTheProgram() async {
    await #expect(processExitsWith: .failure) {
      var bytes = [UInt8](repeating: 0, count: 8)
      bytes.copy([1, 2, 3], 0..<3, to: 6)
    }
    await #expect(processExitsWith: .failure) {
      var bytes = [UInt8](repeating: 0, count: 8)
      bytes.move(4..<8, to: 5)
    }
    await #expect(processExitsWith: .failure) {
      var bytes = [UInt8](repeating: 0, count: 8)
      bytes.fillZero(4..<9)
    }
    await #expect(processExitsWith: .failure) {
      let bytes = [UInt8](repeating: 0, count: 8)
      _ = bytes.isZero(-1..<4)
    }
  }
}

@Suite struct BufferPoolTests {
  private func address(_ buffer: [UInt8]) -> UInt { unsafe buffer.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) } }

  @Test func lengthsAreExact() {
    let pool = BufferPool(limit: 4)
    for count in [0, 1, 100, 4096] {
      let buffer = pool.take(count)
      #expect(buffer.count == count)
      pool.give(buffer)
    }
    for count in [4096, 1, 2, 0, 100] { #expect(pool.take(count).count == count) }
  }

  @Test func buffersComeBackWithoutACopy() {
    let pool = BufferPool(limit: 2)
    var buffer = pool.take(1000)
    buffer[0] = 7
    let place = address(buffer)
    pool.give(buffer)
    #expect(pool.take(999).count == 999)
    let again = pool.take(1000)
    #expect(again[0] == 7 && address(again) == place)
    #expect(address(pool.take(1000)) != place)
  }

  @Test func keepsNoMoreThanItsLimit() {
    let pool = BufferPool(limit: 2)
    for value in 1...5 { pool.give([UInt8](repeating: UInt8(value), count: 10)) }
    // The last that it was given is the first that it gives; nobody knows what new ones hold.
    #expect((0..<2).map { _ in pool.take(10)[0] } == [2, 1])
  }

  @Test func manyThreadsGetDifferentBuffers() async {
    let pool = BufferPool(limit: 8)
    await withTaskGroup(of: Bool.self) { group in
      for value in 0..<200 {
        group.addTask {
          var buffer = pool.take(512)
          for index in buffer.indices { buffer[index] = UInt8(value & 255) }
          let isOurs = buffer.allSatisfy { $0 == UInt8(value & 255) }
          pool.give(buffer)
          return isOurs
        }
      }
      for await isOurs in group { #expect(isOurs) }
    }
  }
}
