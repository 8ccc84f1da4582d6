import Foundation
import SystemPackage
import TestSupport
import Testing

/// The machine fails, or somebody interferes: the image is there as a whole, or nothing is.
@Suite(.tempFolder, .needsRoot)
struct FailureTests {
  // MARK: files that cannot be read

  @Test(.needs("setpriv"))
  func nobodyCanPack() async throws {
    let folder = try TempFolder.current
    try folder.makeTree()
    let result = try await Program.runAsNobody("tree", Program.image)
    #expect(result.status == 0, "\(result)")
    #expect(try folder.names() == ["hello-1.2.x86-64.raw"])
  }

  @Test(.needs("setpriv"), arguments: ["usr/share/hello/text", "usr/share/hello", "usr"])
  func unreadableFilesAreNamed(_ path: String) async throws {
    let folder = try TempFolder.current
    try folder.makeTree()
    try await Tool("chmod").check("go=", folder["tree"].appending(path).string)
    let result = try await Program.runAsNobody("tree", Program.image)
    #expect(result.status == 2, "\(result)")
    #expect(result.errorText.contains("error: tree/\(path)"), "\(result)")
    #expect(result.errorText.contains("Permission denied"))
    #expect(try folder.names() == [])
  }

  @Test(.needs("setpriv"))
  func foldersThatMayNotBeWrittenAreNamed() async throws {
    let folder = try TempFolder.current
    try folder.makeTree()
    try folder.makeFolder("closed")
    let result = try await Program.runAsNobody("tree", "closed/hello-1.raw")
    #expect(result.status == 2, "\(result)")
    #expect(result.errorText.contains("closed/hello-1.raw") && result.errorText.contains("Permission denied"))
    #expect(try folder.names(in: "closed") == [])
  }

  // MARK: a full disk

  @Test(arguments: ["none", "lz4"])
  func fullDisksLeaveNothing(_ compression: String) async throws {
    let folder = try TempFolder.current
    try folder.makeTree()
    try TreeBuilder.build(folder["tree"]) { try $0.file("noise", .random(5 << 20, seed: 1)) }
    try FileManager.default.moveItem(
      atPath: folder["tree/noise"].string, toPath: folder["tree/usr/share/noise"].string)
    try await TempFolder.withSmallDisk(byteCount: 3 << 20) { disk in
      let result = try await Program.run(
        ["tree", disk["hello-1.x86-64.raw"].string, "--compression", compression], in: folder.path)
      #expect(result.status == 2, "\(result)")
      #expect(result.errorText.contains("hello-1.x86-64.raw: cannot write: No space left on device"), "\(result)")
      #expect(result.output.isEmpty)
      #expect(try FileManager.default.contentsOfDirectory(atPath: disk.path.string) == [])
      // And the space is free again.
      try await Tool("dd").check("if=/dev/zero", "of=\(disk["file"])", "bs=1M", "count=2", "status=none")
    }
  }

  @Test
  func fullDisksKeepTheOldImage() async throws {
    let folder = try TempFolder.current
    try folder.makeTree()
    try TreeBuilder.build(folder["noise"]) { try $0.file("usr/noise", .random(5 << 20, seed: 1)) }
    try await TempFolder.withSmallDisk(byteCount: 4 << 20) { disk in
      let image = disk["hello-1.x86-64.raw"].string
      #expect(try await Program.run(["tree", image], in: folder.path).status == 0)
      let old = try Data(contentsOf: URL(filePath: image))
      #expect(try await Program.run(["noise", image, "--force"], in: folder.path).status == 2)
      #expect(try FileManager.default.contentsOfDirectory(atPath: disk.path.string) == ["hello-1.x86-64.raw"])
      #expect(try Data(contentsOf: URL(filePath: image)) == old)
    }
  }

  // MARK: a reader that went away

  @Test(.needs("bash", "mkfifo"), arguments: [">&4", "2>&4", ">&4 2>&1", ">&4 --json", ">&4 --verbose 2>&1"])
  func deadPipesDoNoHarm(_ redirection: String) async throws {
    let folder = try TempFolder.current
    try folder.makeTree()
    try folder.makeFile("tree/boot/left-over", "")
    #expect(try await Program.run("tree", "out/hello-1.x86-64.raw").status == 0)
    let whole = try folder.bytes("out/hello-1.x86-64.raw")
    let result = try await shell("mkfifo pipe; exec 3<>pipe 4>pipe 3<&-; \"$program\" tree $image \(redirection)")
    #expect(result.status == 0, "\(result)")
    #expect(try folder.names() == ["hello-1.2.x86-64.raw", "hello-1.x86-64.raw"])
    #expect(try folder.bytes(Program.image).count == whole.count)
    #expect(try await Program.run("tree", "out/hello-1.x86-64.raw", "--force").status == 0)
  }

  // MARK: in the middle of the work

  /// Makes a tree that takes seconds to pack, and as its last file `last`.
  private func makeSlowTree(megabytes: Int = 12) throws {
    let folder = try TempFolder.current
    try folder.makeTree()
    let part = Content.text(1 << 20, seed: 1).bytes
    try TreeBuilder.build(folder["tree/usr/share/slow"]) {
      try $0.file("large", .repeating(part, count: megabytes))
      try $0.file("last", .utf8("last\n"))
    }
  }

  /// Starts packing, and once data is being written runs `action`, for which `$pid` is the program.
  private func interfere(_ action: String, options: String = "") async throws -> Ending {
    let result = try await shell(
      """
      set -m
      "$program" tree "$image" --compression lz4hc,12 \(options) >stdout 2>stderr &
      pid=$!
      # The image has no name yet, but the program has it open.
      until find -L "/proc/$pid/fd" -maxdepth 1 -type f -size +2000k -links 0 2>/dev/null | grep -q .; do
        kill -0 $pid || break
        sleep 0.01
      done
      ls -A out >names-before
      start=${EPOCHREALTIME/./}
      \(action)
      status=0
      wait $pid 2>/dev/null || status=$?
      echo "$status $((${EPOCHREALTIME/./} - start))"
      """)
    let words = result.outputText.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
    #expect(words.count == 2, "\(result)")
    let folder = try TempFolder.current
    // Otherwise this test would have come too late, or the name too early.
    #expect(try folder.bytes("names-before").isEmpty)
    return Ending(
      status: words.first ?? -1, milliseconds: (words.last ?? 0) / 1000,
      errors: String(decoding: try folder.bytes("stderr"), as: UTF8.self))
  }

  private struct Ending {
    let status: Int
    let milliseconds: Int
    let errors: String
  }

  @Test(.needs("bash", "find"), arguments: [("INT", 130), ("TERM", 143), ("HUP", 129)])
  func signalsEndItCleanly(_ signal: String, _ status: Int) async throws {
    try makeSlowTree(megabytes: 40)
    let ending = try await interfere("kill -\(signal) $pid")
    #expect(ending.status == status, "\(ending)")
    #expect(ending.errors == "sysext-pack: cancelled\n")
    #expect(ending.milliseconds < 2000 * Self.patience)
    #expect(try TempFolder.current.names() == [])
  }

  @Test(.needs("bash", "find"))
  func twoSignalsEndItAtOnce() async throws {
    try makeSlowTree(megabytes: 40)
    let ending = try await interfere("kill -INT $pid; kill -TERM $pid")
    #expect([130, 143].contains(ending.status), "\(ending)")
    #expect(ending.milliseconds < 2000 * Self.patience)
    #expect(try TempFolder.current.names() == [])
  }

  @Test(.needs("bash", "find"))
  func killedItLeavesNothing() async throws {
    try makeSlowTree(megabytes: 40)
    let ending = try await interfere("kill -KILL $pid")
    #expect(ending.status == 137)
    #expect(try TempFolder.current.names() == [])
  }

  /// Tests run beside each other: a machine that is busy with them gets more time.
  private static let patience = 3

  static let changes: [(what: String, words: String)] = [
    ("touch tree/usr/share/slow/last", "changed while it was read"),
    ("echo more >>tree/usr/share/slow/last", "changed while it was read"),
    (": >tree/usr/share/slow/last", "changed while it was read"),
    ("cp -p tree/usr/share/slow/last new; mv new tree/usr/share/slow/last", "changed while it was read"),
    ("rm tree/usr/share/slow/last", "No such file or directory"),
    ("rm -r tree/usr/share/slow", "No such file or directory"),
    ("rm tree/usr/share/slow/last; mkfifo tree/usr/share/slow/last", "changed while it was read"),
    ("rm tree/usr/share/slow/last; ln -s ../../../../old tree/usr/share/slow/last", "symbolic links"),
  ]

  @Test(.needs("bash", "find", "mkfifo"), arguments: changes.indices)
  func changedFilesAreNamed(_ index: Int) async throws {
    let change = Self.changes[index]
    try makeSlowTree()
    let ending = try await interfere(change.what, options: "--jobs 1")
    #expect(ending.status == 1 || ending.status == 2, "\(ending)")
    #expect(ending.errors.contains("error: tree/usr/share/slow/"), "\(ending)")
    #expect(ending.errors.contains(change.words), "\(ending)")
    #expect(try TempFolder.current.names() == [])
  }

  /// Somebody else's file of that name is not replaced without being asked to.
  @Test(.needs("bash", "find"))
  func namesTakenMeanwhileAreRespected() async throws {
    try makeSlowTree()
    let ending = try await interfere("echo other >\"$image\"")
    #expect(ending.status == 1 && ending.errors.contains("exists"), "\(ending)")
    let folder = try TempFolder.current
    #expect(try folder.names() == ["hello-1.2.x86-64.raw"])
    #expect(try folder.bytes(Program.image) == Data("other\n".utf8))
  }

  // MARK: the output in the tree

  @Test(arguments: ["hello-1.x86-64.raw", "usr/share/hello-1.x86-64.raw"])
  func theTreeMayHoldTheOutput(_ place: String) async throws {
    let folder = try TempFolder.current
    try folder.makeTree()
    #expect(try await Program.run("tree", "out/hello-1.x86-64.raw").status == 0)
    let result = try await Program.run("tree", "tree/\(place)")
    #expect(result.status == 0, "\(result)")
    #expect(try folder.bytes("tree/\(place)") == folder.bytes("out/hello-1.x86-64.raw"))
  }

  // MARK: memory

  /// Noise and text, of 8 MiB each, to make large files of.
  private func makeParts(_ folder: TempFolder) throws {
    try TreeBuilder.build(folder["parts"]) {
      try $0.file("noise", .random(8 << 20, seed: 1))
      try $0.file("text", .repeating(Content.text(1 << 20, seed: 2).bytes, count: 8))
    }
  }

  /// A gigabyte of noise, text and holes in large and small files, on more threads than there are processors.
  @Test(.needs("bash"), arguments: ["none", "lz4", "lz4hc,1 --pcluster-size 1M"])
  func memoryIsBounded(_ compression: String) async throws {
    let folder = try TempFolder.current
    try folder.makeTree()
    try makeParts(folder)
    let megabytes = try await peakMegabytes(
      """
      for i in {1..16}; do cat parts/noise parts/text; done >tree/usr/share/large
      for i in {1..200}; do head -c 1M parts/noise >"tree/usr/share/noise-$i"; done
      for i in {1..100}; do head -c 1M parts/text >"tree/usr/share/text-$i"; done
      truncate -s 500M tree/usr/share/sparse
      """, "--compression \(compression)")
    #expect((10..<256).contains(megabytes), "\(megabytes) MiB")
  }

  /// What is ready must wait for a slow piece in front of it, and must not pile up.
  @Test(.needs("bash"))
  func memoryIsBoundedBehindASlowPiece() async throws {
    let folder = try TempFolder.current
    try folder.makeTree()
    try TreeBuilder.build(folder["tree/usr/share/first"]) { try $0.file("slow", .text(2 << 20, seed: 1)) }
    let megabytes = try await peakMegabytes(
      "truncate -s 4G tree/usr/share/last", "--compression lz4hc,12 --pcluster-size 1M")
    #expect((10..<256).contains(megabytes), "\(megabytes) MiB")
  }

  /// On two threads, however much data there is.
  @Test(.needs("bash"), arguments: ["", "--preset small", "--tails all-fragments --pcluster-size 64K"])
  func memoryIsSmallOnTwoThreads(_ options: String) async throws {
    let folder = try TempFolder.current
    try folder.makeTree()
    try makeParts(folder)
    let megabytes = try await peakMegabytes(
      """
      for i in {1..40}; do cat parts/noise parts/text; done >tree/usr/share/large
      for i in {1..400}; do head -c "$((i * 1000))" parts/noise >"tree/usr/share/noise-$i"; done
      truncate -s 200M tree/usr/share/sparse
      """, options, jobs: 2)
    #expect((10...128).contains(megabytes), "\(megabytes) MiB")
  }

  /// Many inodes, and the packed inode grows all the time.
  @Test(.needs("bash"), arguments: ["--tails fragments", "--tails all-fragments --pcluster-size 64K"])
  func memoryIsSmallWithManyFiles(_ options: String) async throws {
    let folder = try TempFolder.current
    try folder.makeTree()
    for number in 0..<40 {
      try TreeBuilder.build(folder["tree/usr/share/many-\(number)"]) {
        for index in 0..<500 {
          let seed = UInt64(number * 500 + index)
          try $0.file(
            RawName("file-\(index)"), .joined([.text(Int(seed % 3000), seed: seed), .random(900, seed: seed)]))
        }
      }
    }
    let megabytes = try await peakMegabytes("", options, jobs: 2)
    #expect((10...128).contains(megabytes), "\(megabytes) MiB")
  }

  /// The greatest memory in use of packing what a script has prepared, with more threads than there are processors.
  private func peakMegabytes(_ preparation: String, _ options: String, jobs: Int = 8) async throws -> Int {
    let result = try await shell(
      """
      \(preparation)
      "$program" tree "$image" --jobs \(jobs) \(options) >stdout &
      pid=$!
      # The high water mark, as long as it can be read.
      while peak=$(grep VmHWM "/proc/$pid/status"); do
        last=$peak
        sleep 0.02
      done 2>/dev/null
      wait $pid && echo "$last"
      """)
    let words = result.outputText.split(whereSeparator: \.isWhitespace)
    #expect(words.count == 3 && words.last == "kB", "\(result)")
    return try #require(words.count == 3 ? Int(words[1]) : nil) >> 10
  }

  /// Runs a script in the test's folder: `$program` is the program, `$image` the usual image.
  private func shell(_ script: String) async throws -> ToolResult {
    let program = try #require(Program.tool.location)
    return try await Tool("bash").run(
      ["-c", "set -u\n" + script], environment: ["program": program.string, "image": Program.image],
      in: try TempFolder.current.path)
  }
}
