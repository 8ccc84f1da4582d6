import CZlib
package import ImageCore

/// Files compressed with gzip, for small ones.
package enum Gzip {
  /// Decompresses a whole file.
  ///
  /// - Parameters:
  ///   - bytes: The file.
  ///   - limit: The greatest length of the result.
  /// - Returns: What it holds.
  /// - Throws: `.corrupt`; `.limit` beyond the limit.
  package static func decompress(_ bytes: [UInt8], limit: Int) throws(ImageError) -> [UInt8] {
    var stream = unsafe z_stream()
    // 15 bits of window, and 16 for the gzip header.
    guard unsafe inflateInit2_(&stream, 31, ZLIB_VERSION, CInt(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw ImageError(.limit, "no memory to decompress")
    }
    defer { _ = unsafe inflateEnd(&stream) }
    var output = [UInt8](repeating: 0, count: limit + 1)
    let (status, count) = unsafe bytes.withUnsafeBytes { from in
      unsafe output.withUnsafeMutableBytes { to in
        let start = unsafe from.baseAddress?.assumingMemoryBound(to: UInt8.self)
        unsafe stream.next_in = UnsafeMutablePointer(mutating: start)
        unsafe stream.avail_in = UInt32(clamping: from.count)
        unsafe stream.next_out = to.baseAddress?.assumingMemoryBound(to: UInt8.self)
        unsafe stream.avail_out = UInt32(clamping: to.count)
        let status = unsafe inflate(&stream, Z_FINISH)
        return unsafe (status, to.count - Int(stream.avail_out))
      }
    }
    guard count <= limit else { throw ImageError(.limit, "more than \(limit) bytes") }
    guard status == Z_STREAM_END else { throw ImageError(.corrupt, "not a whole file of gzip") }
    return Array(output[..<count])
  }
}
