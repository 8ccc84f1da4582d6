// Arithmetic on values that came from a file: a sum or product that does not fit is an error, never a trap. Inlinable,
// since a generic function of another module costs more than all that it does here.

extension FixedWidthInteger {
  /// `self + other`, or an error that names `what`.
  @inlinable package func adding(_ other: Self, _ what: StaticString) throws(ImageError) -> Self {
    let (sum, overflow) = addingReportingOverflow(other)
    if overflow { throw .overflow(what) }
    return sum
  }

  /// `self * other`, or an error that names `what`.
  @inlinable package func multiplied(by other: Self, _ what: StaticString) throws(ImageError) -> Self {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    if overflow { throw .overflow(what) }
    return product
  }

  /// `self` as an `Int`, or an error that names `what`.
  @inlinable package func asInt(_ what: StaticString) throws(ImageError) -> Int {
    guard let value = Int(exactly: self) else { throw .overflow(what) }
    return value
  }
}

extension FixedWidthInteger {
  /// `self + other`, or the greatest value where that is too much: for limits.
  package func saturatingAdd(_ other: Self) -> Self {
    let (sum, isTooMuch) = addingReportingOverflow(other)
    return isTooMuch ? .max : sum
  }

  /// `self * other`, or the greatest value where that is too much; for values that are not negative.
  package func saturatingMultiply(_ other: Self) -> Self {
    let (product, isTooMuch) = multipliedReportingOverflow(by: other)
    return isTooMuch ? .max : product
  }
}

extension BinaryInteger {
  /// The smallest multiple of `alignment` that is not below `self`.
  ///
  /// For our own values, which cannot overflow.
  @inlinable package func roundedUp(to alignment: Self) -> Self {
    (self + alignment - 1) / alignment * alignment
  }

  /// `self / divisor`, rounded up, for any value that is not negative.
  @inlinable package func dividedRoundingUp(by divisor: Self) -> Self {
    self / divisor + (self % divisor == 0 ? 0 : 1)
  }
}

extension ImageError {
  @inline(never) @usableFromInline
  package static func overflow(_ what: StaticString) -> ImageError {
    ImageError(.corrupt, "\(what) is too large")
  }
}
