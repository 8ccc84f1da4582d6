import Foundation
import ImageCore

/// A folder with one of everything that a file system can hold, the same each time.
enum ReaderFolder {
  static func make(at path: String) throws {
    var random = ReaderRandom(seed: 1)
    for folder in ["usr/lib/deep/a/b/c", "usr/bin", "empty", "many", "sizes"] {
      try FileManager.default.createDirectory(atPath: "\(path)/\(folder)", withIntermediateDirectories: true)
    }
    for size in [0, 1, 100, 2000, 4031, 4032, 4064, 4095, 4096, 4097, 8191, 8192, 8193, 65536, 200_003] {
      try write(text(size, &random), "\(path)/sizes/text-\(size)")
      try write(random.bytes(size), "\(path)/sizes/noise-\(size)")
      try write(mixture(size, &random), "\(path)/sizes/mix-\(size)")
    }
    try write([UInt8](repeating: 0, count: 3_000_000), "\(path)/sizes/zeros")
    try write(mixture(1_500_000, &random), "\(path)/usr/lib/large")
    for index in 0..<700 {
      try write(Array("content \(index)\n".utf8), "\(path)/many/name-of-entry-\(index)")
    }
    try ReaderTools.run("sh", "-eu", "-c", specials, "sh", path)
  }

  private static let specials = #"""
    cd "$1"
    ln usr/lib/large usr/bin/hard-link; ln usr/lib/large usr/lib/deep/a/another
    ln -s ../lib/large usr/bin/link; ln -s /etc/passwd absolute; ln -s "$(printf 'x%.0s' $(seq 200))/y" long-link
    ln -s "$(printf '/seg%.0s' $(seq 1000))" longer-link
    : > "$(printf 'n%.0s' $(seq 240))"; : > '!first'; : > 'with space'; : > "$(printf 'not\377utf8')"; : > 'é'
    truncate -s 300000 sparse; printf data | dd of=sparse bs=1 seek=150000 conv=notrunc status=none
    mkfifo fifo; chmod 4755 usr/bin/hard-link; chmod 1777 empty; chmod 0 'with space'
    if [ "$(id -u)" = 0 ]; then
      mknod char c 1 3; mknod block b 259 70000; chown 70000:70001 'with space'; chown 5:6 usr/lib/deep
    fi
    if command -v setfattr > /dev/null; then
      setfattr -n user.one -v 1 usr/lib/large; setfattr -n user.empty usr/lib/large
      setfattr -n user.long -v "$(printf 'v%.0s' $(seq 1500))" usr/lib/deep
      for n in many/*1; do setfattr -n user.shared -v same "$n"; done
      [ "$(id -u)" != 0 ] || { setfattr -n trusted.t -v 2 fifo; setfattr -n security.x -v 3 sizes/text-100; }
    fi
    find . -exec touch -h -d '2021-03-04 05:06:07.123456789 UTC' {} +
    touch -d '1999-01-01 00:00:00.5 UTC' sizes/zeros; touch -d '2100-01-01 UTC' sizes/text-1
    touch -d '1960-01-01 UTC' sizes/text-0
    """#

  private static func write(_ bytes: [UInt8], _ path: String) throws {
    try Data(bytes).write(to: URL(filePath: path))
  }

  /// Words: compresses to about a third.
  static func text(_ count: Int, _ random: inout ReaderRandom) -> [UInt8] {
    let words = ["extension", "image", "\n", "the", "of", "partition", "0x1f", "system", "a"].map { Array($0.utf8) }
    var bytes: [UInt8] = []
    while bytes.count < count {
      bytes += words[Int(random.next() % 9)] + [0x20, UInt8(truncatingIfNeeded: random.next() % 10) + 0x30]
    }
    return Array(bytes.prefix(count))
  }

  /// Runs of text, noise and zeros of any length.
  static func mixture(_ count: Int, _ random: inout ReaderRandom) -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count {
      let length = Int(random.next() % 30_000)
      switch random.next() % 3 {
      case 0: bytes += text(length, &random)
      case 1: bytes += random.bytes(length)
      default: bytes += [UInt8](repeating: UInt8(truncatingIfNeeded: random.next()), count: length * 4)
      }
    }
    return Array(bytes.prefix(count))
  }
}
