/// A processor architecture, as systemd spells it in `ARCHITECTURE=`, `%a` and partition labels.
public enum Architecture: String, Sendable, CaseIterable {
  case alpha
  case arc
  case arm
  case arm64
  case ia64
  case loongarch64
  case mips
  case mips64
  case mips64LE = "mips64-le"
  case mipsLE = "mips-le"
  case parisc
  case ppc
  case ppc64
  case ppc64LE = "ppc64-le"
  case riscv32
  case riscv64
  case s390
  case s390x
  case tilegx
  case x86
  case x86_64 = "x86-64"

  /// What other tools call it: RPM, `uname -m`, Debian.
  ///
  /// - Parameter name: systemd's spelling or another's, such as `x86_64`, `aarch64`, `amd64`, `i686`.
  public init?(anySpelling name: String) {
    if let exact = Architecture(rawValue: name) {
      self = exact
      return
    }
    switch name {
    case "x86_64", "amd64": self = .x86_64
    case "i386", "i486", "i586", "i686": self = .x86
    case "aarch64": self = .arm64
    case "armv6hl", "armv6l", "armv7hl", "armv7l", "armhf", "armel": self = .arm
    case "ppc64le", "ppc64el": self = .ppc64LE
    case "powerpc": self = .ppc
    case "mipsel": self = .mipsLE
    case "mips64el": self = .mips64LE
    default: return nil
    }
  }

  /// The architecture that this program runs on.
  public static var native: Architecture {
    #if arch(x86_64)
      .x86_64
    #elseif arch(arm64)
      .arm64
    #elseif arch(i386)
      .x86
    #elseif arch(arm)
      .arm
    #elseif arch(powerpc64le)
      .ppc64LE
    #elseif arch(s390x)
      .s390x
    #elseif arch(riscv64)
      .riscv64
    #else
      #error("name this architecture")
    #endif
  }
}
