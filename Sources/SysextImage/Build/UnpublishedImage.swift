package import ImageCore

/// An image that is written, and has no name yet; without one it vanishes.
package struct UnpublishedImage: Sendable {
  /// What was built.
  package let report: BuildReport
  let file: OutputFile

  /// Gives it its name.
  ///
  /// - Throws: `.exists`, `.io`.
  package func publish() throws(ImageError) { try file.publish() }
}
