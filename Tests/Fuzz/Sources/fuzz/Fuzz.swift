import CLibFuzzer
import Glibc

/// Runs libFuzzer on the target that `FUZZ_TARGET` names; the arguments are libFuzzer's.
@main struct Fuzz {
  static func main() {
    var count = CommandLine.argc
    var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
    // Here, not with the first input: the driver takes a failure for a find.
    _ = target
    exit(LLVMFuzzerRunDriver(&count, &arguments, testOneInput))
  }
}

private let target: FuzzTarget = {
  let name = getenv("FUZZ_TARGET").map { String(cString: $0) } ?? ""
  guard let target = FuzzTarget.all[name] else {
    fatalError("FUZZ_TARGET must be one of \(FuzzTarget.all.keys.sorted().joined(separator: ", "))")
  }
  return target
}()

private func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  target.run(Array(UnsafeBufferPointer(start: start, count: count)))
  return 0
}
