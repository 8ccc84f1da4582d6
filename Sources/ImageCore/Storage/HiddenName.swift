package import SystemPackage

/// Names for what is not to be seen yet: hidden, so that a scan of images passes over it, and short, so that a long target
/// name stays possible.
package enum HiddenName {
  private static let limit = 1000

  /// Makes something under the first such name that is free.
  ///
  /// - Parameter make: Given a name; throws `.fileExists` when it is taken.
  /// - Returns: What `make` made.
  /// - Throws: What `make` throws.
  package static func withFree<R>(_ make: ([UInt8]) throws(Errno) -> R) throws(Errno) -> R {
    var attempt = 0
    while true {
      do throws(Errno) { return try make(Array(".sysext-\(POSIX.processID)-\(attempt).tmp".utf8)) } catch {
        attempt += 1
        if error != .fileExists || attempt == limit { throw error }
      }
    }
  }
}
