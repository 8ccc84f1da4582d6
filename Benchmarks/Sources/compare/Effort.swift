import Glibc

/// What something in this process took.
struct Effort {
  var wall = 0.0
  var cpu = 0.0

  /// Wall time, and CPU time of this process and of the kernel's threads, which decompress for it and run loop devices.
  static func of(_ body: () throws -> Void) rethrows -> Effort {
    let threads = kernelThreads()
    let (cpu, wall) = (own(), Clock.now())
    try body()
    let end = (wall: Clock.now() - wall, cpu: own() - cpu)
    return Effort(wall: end.wall, cpu: end.cpu + max(0, kernelThreads() - threads))
  }

  private static func own() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// Of all kernel threads there are: those have no memory, so nothing of theirs in `statm`.
  private static func kernelThreads() -> Double {
    let processes = (try? Tree.names(in: "/proc"))?.filter { $0.first?.isNumber == true } ?? []
    return processes.reduce(0) { sum, process in
      guard Child.text("/proc/\(process)/statm").hasPrefix("0 ") else { return sum }
      return sum + (Double(Child.text("/proc/\(process)/schedstat").prefix { $0 != " " }) ?? 0) / 1e9
    }
  }
}
