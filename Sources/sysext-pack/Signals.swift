import Dispatch
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Calls back when the user or the system asks the program to stop, as long as this value lives.
struct Signals {
  private final class First: Sendable {
    let number = Atomic<Int32>(0)
  }

  private let first = First()
  private let sources: [any DispatchSourceSignal]

  /// The first signal that came; `nil` as long as none has.
  var received: Int32? {
    let value = first.number.load(ordering: .relaxed)
    return value == 0 ? nil : value
  }

  /// From then on, writing to a pipe that nobody reads gives an error, and not the end of the program.
  static func ignoreDeadPipes() { signal(SIGPIPE, SIG_IGN) }

  init(_ onSignal: @escaping @Sendable () -> Void) {
    sources = [SIGINT, SIGTERM, SIGHUP].map { [first] number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        if !first.number.compareExchange(expected: 0, desired: number, ordering: .relaxed).exchanged {
          // Asked twice: the output has no name yet, so nothing is left behind.
          exit(128 + number)
        }
        onSignal()
      }
      source.resume()
      return source
    }
  }
}
