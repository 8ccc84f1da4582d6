extension ImageError {
  /// Whether it is the image that is at fault, not the machine, and not somebody who cancelled.
  package var isFaultOfImage: Bool { code != .io && code != .changed && code != .cancelled }
}
