/// Parses a length with an optional `K` or `M` for 1024 and 1024²: `65536`, `64K`, `1M`.
///
/// - Returns: `nil` for what is no such number; `Int.max` for what is greater, which is as wrong wherever it is used.
package func byteCount(parsing text: some StringProtocol) -> Int? {
  let factors: [Character: Int] = ["K": 1 << 10, "k": 1 << 10, "M": 1 << 20, "m": 1 << 20]
  let factor = text.last.flatMap { factors[$0] }
  guard let number = Int(factor == nil ? text[...] : text.dropLast()), number >= 0 else { return nil }
  let (product, isTooLarge) = number.multipliedReportingOverflow(by: factor ?? 1)
  return isTooLarge ? .max : product
}
