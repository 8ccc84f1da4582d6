package import FileTree

extension Timestamp {
  /// ISO 8601, in UTC and to the second: `2023-11-14T22:13:20Z`.
  package var dateAndTime: String {
    let (days, second) = seconds.flooredDivision(by: 86_400)
    let (year, month, day) = Self.date(days)
    func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
    let sign = year < 0 ? "-" : ""
    let digits = "\(year.magnitude)"
    let padded = String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits
    let time = "\(two(second / 3600)):\(two(second / 60 % 60)):\(two(second % 60))"
    return "\(sign)\(padded)-\(two(month))-\(two(day))T\(time)Z"
  }

  /// The date of a day counted from 1970, in the calendar of today for all times.
  ///
  /// Counted in years that begin with March, so that the day which only some years have is the last of one.
  private static func date(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    // 400 years have 146,097 days. 1970 began 719,468 days after the first of March of the year 0.
    let (era, dayOfEra) = (days + 719_468).flooredDivision(by: 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
  }
}

extension Int64 {
  fileprivate func flooredDivision(by divisor: Int64) -> (Int64, rest: Int64) {
    let (quotient, rest) = quotientAndRemainder(dividingBy: divisor)
    return rest < 0 ? (quotient - 1, rest + divisor) : (quotient, rest)
  }
}
