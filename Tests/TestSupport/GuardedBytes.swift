import CLinux
import Glibc

/// Bytes with a page in front and a page behind that nobody may touch.
package final class GuardedBytes {
  private let mapping: UnsafeMutableRawBufferPointer
  private static let page = Int(getpagesize())

  package init(pageCount: Int) {
    let count = (pageCount + 2) * Self.page
    guard let start = mmap(nil, count, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), start != MAP_FAILED,
      mprotect(start + Self.page, pageCount * Self.page, PROT_READ | PROT_WRITE) == 0
    else { fatalError("no memory") }
    mapping = UnsafeMutableRawBufferPointer(start: start, count: count)
  }

  deinit { munmap(mapping.baseAddress, mapping.count) }

  /// Room for `count` bytes directly before the page behind, or after the page in front.
  package func place(_ count: Int, atEnd: Bool) -> UnsafeMutableRawBufferPointer {
    let start = atEnd ? mapping.count - Self.page - count : Self.page
    precondition(start >= Self.page && count <= mapping.count - 2 * Self.page)
    return UnsafeMutableRawBufferPointer(rebasing: mapping[start..<start + count])
  }
}
