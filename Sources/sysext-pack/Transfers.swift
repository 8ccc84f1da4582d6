import SysextImage
import SysextStore
import Synchronization

/// What a command reads from servers, to say at its end how much that was.
final class Transfers: Sendable {
  /// Those of the running command.
  @TaskLocal static var current: Transfers?

  private let sources = Mutex<[RemoteSource]>([])

  func add(_ source: RemoteSource) { sources.withLock { $0.append(source) } }

  /// The sum of all; `nil` when there was none.
  private var total: (requests: Int, moved: UInt64, byteCount: UInt64)? {
    let transfers = sources.withLock { $0 }.map(\.transfer)
    if transfers.isEmpty { return nil }
    return transfers.reduce(into: (0, 0, 0)) { total, transfer in
      total.0 += transfer.requestCount
      total.1 += transfer.movedByteCount
      total.2 += transfer.byteCount
    }
  }

  /// `9 requests, 155648 bytes moved of 212345678`.
  var summary: String? {
    total.map { "\(counted($0.requests, "request")), \($0.moved) bytes moved of \($0.byteCount)" }
  }

  /// The object with the member `transfer` added, if anything was transferred.
  func adding(to json: JSON) -> JSON {
    guard let total, case .object(let members) = json else { return json }
    let transfer = JSON.object([
      .init("requests", .integer(Int64(total.requests))),
      .init("movedByteCount", .integer(Int64(clamping: total.moved))),
      .init("byteCount", .integer(Int64(clamping: total.byteCount))),
    ])
    return .object(members + [.init("transfer", transfer)])
  }
}
