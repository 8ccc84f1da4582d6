import Archives
import Compression
public import ImageCore

extension RPMPackage {
  /// Decompresses the payload once and hands the files' contents to `receiver`; all that the package says of itself is checked.
  ///
  /// That is: digests of the header, of the payload before and after decompression, of each file; lengths; that header and
  /// payload have the same files, of the same kinds.
  ///
  /// - Parameters:
  ///   - receiver: Takes the contents. What it was given is good only once this function has returned.
  ///   - limits: What the payload may take.
  ///   - verifiesDigests: Whether digests and the file's length are compared; all else is, in any case.
  /// - Returns: The digests of header and payload that agree.
  /// - Throws: `.mismatch`, `.truncated`, `.corrupt`, `.unsupported`, `.limit`; what `receiver` throws. Errors that begin
  ///   with `unpacked payload` have offsets in the decompressed payload.
  @discardableResult
  public func unpack<Receiver: RPMContentReceiver>(
    _ receiver: inout Receiver, limits: RPMLimits = RPMLimits(), verifiesDigests: Bool = true
  ) throws(ImageError) -> [RPMDigest] {
    try unpack(files(), &receiver, limits: limits, verifiesDigests: verifiesDigests)
  }

  /// As `unpack(_:limits:verifiesDigests:)`, for who has read the list of files.
  @discardableResult
  package func unpack<Receiver: RPMContentReceiver>(
    _ files: RPMFileList, _ receiver: inout Receiver, limits: RPMLimits, verifiesDigests: Bool
  ) throws(ImageError) -> [RPMDigest] {
    var verified: [RPMDigest] = []
    if verifiesDigests {
      verified = try verifyHeader()
      try verifyByteCount()
    }
    let contentByteCount = Self.contentByteCount(files)
    try checkSizes(contentByteCount, limits)
    let (payload, archive) = verifiesDigests ? try hashes() : ([], [])
    let format = try compressor()
    let result: (receiver: Receiver, hashes: RunningHashes)
    do throws(ImageError) {
      result = try Self.unpack(
        PayloadSource(store.slice(payloadRange), payload), format, archive,
        ContentSink(files, receiver, verifiesDigests: verifiesDigests),
        streamLimits(files, contentByteCount, limits), archiveByteCount)
    } catch {
      throw error.inContext(fileName)
    }
    receiver = result.receiver
    verified += try compare(result.hashes)
    return verified
  }

  private static func unpack<Receiver: RPMContentReceiver>(
    _ source: PayloadSource, _ format: StreamFormat, _ hashes: RunningHashes, _ sink: ContentSink<Receiver>,
    _ limits: StreamLimits, _ byteCount: UInt64?
  ) throws(ImageError) -> (receiver: Receiver, hashes: RunningHashes) {
    var (hashes, sink) = (hashes, sink)
    // A digest of the archive says what the stream's own check does.
    var reader = try StreamReader(
      format, source, limits: limits, expectedByteCount: byteCount, comparesChecks: hashes.isEmpty)
    var parser = CpioParser()
    var buffer = [UInt8].unfilled(1 << 20)
    while true {
      let count = try reader.read(into: &buffer, 0..<buffer.count)
      for index in hashes.indices { hashes[index].hash.update(buffer, 0..<count) }
      do throws(ImageError) { try parser.consume(buffer, 0..<count, &sink) } catch {
        throw error.inContext("unpacked payload")
      }
      if count < buffer.count { break }
    }
    do throws(ImageError) {
      // Packages without files may have no archive at all.
      if parser.offset > 0 { try parser.finish() }
      try sink.finish()
    } catch {
      throw error.inContext("unpacked payload")
    }
    return (sink.receiver, try reader.finish().hashes + hashes)
  }

  /// Compares what the header claims with what the payload may hold, before anything is decompressed.
  private func checkSizes(_ contentByteCount: UInt64, _ limits: RPMLimits) throws(ImageError) {
    let payload = payloadRange.upperBound - payloadRange.lowerBound
    let limit = limits.contentByteCount(payload)
    guard contentByteCount <= limit else {
      throw ImageError(
        .limit,
        "a payload of \(payload) bytes for files of \(contentByteCount); at most \(limit) are allowed: --max-ratio changes it",
        offset: payloadRange.lowerBound, context: [fileName, "payload"])
    }
  }

  /// The lengths of all contents together; of hard links, each: a payload may have it so.
  private static func contentByteCount(_ files: RPMFileList) -> UInt64 {
    files.reduce(0) { sum, file in
      file.kind == .regular && !file.flags.contains(.ghost) ? sum.saturatingAdd(file.byteCount) : sum
    }
  }

  /// As much as an archive of these files takes: a header, a path and two paddings for each, and a full last block.
  private func streamLimits(
    _ files: RPMFileList, _ contentByteCount: UInt64, _ limits: RPMLimits
  ) -> StreamLimits {
    let headers = files.reduce(UInt64(1 << 16)) { $0 + UInt64($1.path.count + $1.linkTarget.count) + 128 }
    var result = StreamLimits(outputByteCount: contentByteCount.saturatingAdd(headers))
    result.memoryByteCount = limits.decoderByteCount
    return result
  }
}
