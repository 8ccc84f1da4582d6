import Dispatch
import SysextImage

extension Duration {
  /// In whole milliseconds; no more than a day.
  var milliseconds: Int {
    let (seconds, attoseconds) = components
    return Int(min(max(seconds, 0), 86_400)) * 1000 + Int(attoseconds / 1_000_000_000_000_000)
  }

  /// Waits that long on this thread; the task's cancellation ends it at once.
  func wait() throws(ImageError) {
    let end = ContinuousClock.now + self
    let never = DispatchSemaphore(value: 0)
    while ContinuousClock.now < end {
      try checkCancellation()
      _ = never.wait(timeout: .now() + .milliseconds(20))
    }
    try checkCancellation()
  }
}
