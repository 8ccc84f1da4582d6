import Glibc

/// What the figures are of.
enum Machine {
  static var coreCount: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

  static var lines: [String] {
    var names = utsname()
    uname(&names)
    let release = withUnsafeBytes(of: &names.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    let model = Child.text("/proc/cpuinfo").split(separator: "\n").first { $0.hasPrefix("model name") }
    return [
      "\(model?.split(separator: ":").last?.drop { $0 == " " } ?? "unknown processor"), \(coreCount) cores",
      "Linux \(release)",
    ]
  }
}
