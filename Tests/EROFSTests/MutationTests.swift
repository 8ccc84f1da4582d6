import FileTree
import Foundation
import ImageCore
import SystemPackage
import TestSupport
import Testing

@testable import EROFS

/// Every field of the golden images' metadata with every value of interest: a result or an error, soon; a trap ends the
/// whole run.
///
/// Of fields that the same code reads each value is tried in a few images. `SYSEXT_ALL_MUTATIONS=1` tries it in all: minutes.
@Suite struct MutationTests {
  private struct Mutation {
    let field: ImageField
    let value: UInt64
  }

  /// In how many images a value is tried.
  private static let imageCount =
    ProcessInfo.processInfo.environment["SYSEXT_ALL_MUTATIONS"] == nil ? 1 : Int.max

  private static let plan: Result<[[Mutation]], any Error> = Result {
    let images = try GoldenImage.all.map { (try $0.bytes(), try $0.open()) }
    let fields = try images.map { try ImageFields($0.1, $0.0).all }
    var counts: [String: Int] = [:]
    for field in fields.joined() { counts[field.name, default: 0] += 1 }
    var numbers: [String: Int] = [:]
    return zip(images, fields).map { image, fields in
      fields.flatMap { field in
        let number = numbers[field.name, default: 0]
        numbers[field.name] = number + 1
        let period = max(1, (counts[field.name] ?? 1) / imageCount)
        return field.values(in: image.0, image.1).enumerated().filter { ($0.offset + number) % period == 0 }.map {
          Mutation(field: field, value: $0.element)
        }
      }
    }
  }

  @Test func planHasEveryKindOfField() throws {
    let mutations = try Self.plan.get().joined()
    let names = Set(mutations.map(\.field.name))
    for wanted in [
      "superblock root_nid", "superblock metabox_nid", "device tag", "prefix size", "configuration 0 max_pclusterblks",
      "configuration 1 dict_size", "configuration 2 windowbits", "configuration 3 windowlog",
      "root compact directory flatInline i_size", "extended regular compressedCompact i_size",
      "compact regular compressedFull i_u", "packed extended regular compressedCompact i_size", "metabox",
      "xattrs h_shared_count", "xattrs shared id", "shared xattr e_name_index", "xattr e_value_size", "dirent 1 nid",
      "name", "chunk startblk_lo", "chunk device_id", "map compressedFull h_advise",
      "map compressedCompact h_clusterbits",
      "index di_u", "pack of 32 at 15", "pack of 8 at 3", "extent of 16 at 4", "extent of 4 at 0", "extent of 8 at 0",
    ] {
      #expect(names.contains { $0.hasPrefix(wanted) }, "\(wanted)")
    }
    if Self.imageCount == 1 { #expect((4000..<16_000).contains(mutations.count), "\(mutations.count)") }
  }

  @Test(.timeLimit(.minutes(30)), arguments: GoldenImage.all.indices) func everyField(_ index: Int) async throws {
    let golden = GoldenImage.all[index]
    let (bytes, devices) = (try golden.bytes(), try golden.devices())
    for mutation in try Self.plan.get()[index] {
      let changed = try mutation.field.set(mutation.value, in: bytes)
      let start = ContinuousClock.now
      let faults = await exerciseAll(changed, devices)
      let duration = ContinuousClock.now - start
      let place = "\(golden) \(mutation.field.name) at \(mutation.field.offset): \(mutation.value)"
      #expect(duration < .seconds(10), "\(place) takes \(duration)")
      for fault in faults where !isClear(fault) { Issue.record("\(place): \(fault.code.rawValue): \(fault)") }
    }
  }

  /// Whether an error says what is wrong with the image, and where that is known.
  private func isClear(_ error: ImageError) -> Bool {
    switch error.code {
    case .corrupt, .truncated:
      error.offset != nil || !error.context.isEmpty || error.message.contains("inode")
        || error.message.contains("metabox")
    case .unsupported, .limit, .mismatch, .notFound: !error.message.isEmpty
    // Devices that a spoilt superblock no longer has.
    case .invalidArgument: error.message.contains("devices given")
    default: false
    }
  }

  /// Everything that a caller may do; what it throws.
  private func exerciseAll(_ bytes: [UInt8], _ devices: [ByteStore]) async -> [ImageError] {
    var faults: [ImageError] = []
    func collect(_ body: () throws(ImageError) -> Void) {
      do throws(ImageError) { try body() } catch { faults.append(error) }
    }
    do throws(ImageError) {
      let image = try ErofsFileSystem(ByteStore(bytes), devices: devices)
      collect { () throws(ImageError) in _ = try image.statistics() }
      collect { () throws(ImageError) in _ = try image.lookup("/usr/share/many/none") }
      collect { () throws(ImageError) in _ = try image.lookup("/usr/share/link", followingLinks: true) }
      collect { () throws(ImageError) in
        let tree = try image.tree()
        try tree.walk { (visit) throws(ImageError) in
          if case .regular(let content) = tree[visit.node].kind {
            collect { () throws(ImageError) in try Self.read(content) }
          }
          return true
        }
      }
      _ = try await image.check(threadCount: 1)
    } catch { faults.append(error) }
    return faults
  }

  /// The beginning, the middle and the end of a content that may claim any length.
  private static func read(_ content: any FileContent) throws(ImageError) {
    guard content.byteCount > 0 else { return }
    let count = Int(min(content.byteCount, 16_384))
    var buffer = [UInt8](repeating: 0, count: count)
    for offset in [0, (content.byteCount - UInt64(count)) / 2, content.byteCount - UInt64(count)] {
      try content.read(at: offset, into: &buffer, 0..<count)
    }
  }
}
