import ImageCore

/// The columns of a package's list of files, which all have the same number of rows.
final class FileColumns: Sendable {
  let paths: FilePaths
  let modes: RPMIntegers
  let mtimes: RPMIntegers
  let sizes: RPMIntegers
  let userNames: RPMStrings
  let groupNames: RPMStrings
  let flags: RPMIntegers?
  let linkTargets: RPMStrings?
  let digests: RPMStrings?
  let digestAlgorithm: RPMDigestAlgorithm
  let deviceNumbers: RPMIntegers?
  let devices: RPMIntegers?
  let inodes: RPMIntegers?
  let colors: RPMIntegers?
  let verifyFlags: RPMIntegers?
  let capabilities: RPMStrings?
  let languages: RPMStrings?
  let classes: RPMIntegers?
  let classNames: RPMStrings?
  let mimeIndexes: RPMIntegers?
  let mimeTypes: RPMStrings?

  /// Reads the columns; `nil` in a package without files.
  init?(_ header: RPMHeaderBlob, isSource: Bool) throws(ImageError) {
    guard let paths = try FilePaths(header, isSource: isSource) else { return nil }
    let count = paths.count
    self.paths = paths
    modes = try header.needed(header.integers(.fileModes, count: count), .fileModes)
    mtimes = try header.needed(header.integers(.fileMTimes, count: count), .fileMTimes)
    // As rpm does, should both be there.
    if let sizes = try header.integers(.fileSizes, count: count) {
      self.sizes = sizes
    } else {
      sizes = try header.needed(header.integers(.longFileSizes, count: count), .longFileSizes)
    }
    userNames = try header.needed(header.strings(.fileUserName, count: count), .fileUserName)
    groupNames = try header.needed(header.strings(.fileGroupName, count: count), .fileGroupName)
    flags = try header.integers(.fileFlags, count: count)
    linkTargets = try header.strings(.fileLinkTos, count: count)
    digests = try header.strings(.fileDigests, count: count)
    let algorithm = try header.integer(.fileDigestAlgo).map { UInt32(truncatingIfNeeded: $0) }
    digestAlgorithm = algorithm.map { RPMDigestAlgorithm(rawValue: $0) } ?? .md5
    deviceNumbers = try header.integers(.fileRDevs, count: count)
    devices = try header.integers(.fileDevices, count: count)
    inodes = try header.integers(.fileInodes, count: count)
    colors = try header.integers(.fileColors, count: count)
    verifyFlags = try header.integers(.fileVerifyFlags, count: count)
    capabilities = try header.strings(.fileCaps, count: count)
    languages = try header.strings(.fileLangs, count: count)
    classes = try header.integers(.fileClass, count: count)
    classNames = try header.strings(.classDict)
    mimeIndexes = try header.integers(.fileMIMEIndex, count: count)
    mimeTypes = try header.strings(.mimeDict)
    try check(header)
  }

  /// The checks of single rows.
  private func check(_ header: RPMHeaderBlob) throws(ImageError) {
    let digestLength = digestAlgorithm.byteCount.map { $0 * 2 }
    for index in 0..<paths.count {
      let kind = RPMFile.Kind(rawValue: UInt16(truncatingIfNeeded: modes[index]) & 0o170000)
      guard let kind else {
        throw header.error("mode \(String(modes[index], radix: 8))", .fileModes, index: index)
      }
      if kind == .symlink, linkTargets?.isEmpty(index) ?? true {
        throw header.error("a symbolic link without a target", .fileLinkTos, index: index)
      }
      if let digests, !digests.isEmpty(index) {
        let digest = digests.slice(index)
        guard digest.allSatisfy({ $0.hexDigitValue != nil }), digestLength ?? digest.count == digest.count else {
          throw header.error("no digest of \(digestAlgorithm)", .fileDigests, index: index)
        }
      }
    }
  }

  func number(_ column: RPMIntegers?, _ index: Int) -> UInt32 {
    column.map { UInt32(truncatingIfNeeded: $0[index]) } ?? 0
  }

  func optional(_ column: RPMStrings?, _ index: Int) -> String? {
    guard let column, !column.isEmpty(index) else { return nil }
    return column.string(index)
  }

  func lookup(_ column: RPMIntegers?, in names: RPMStrings?, _ index: Int) -> String? {
    guard let column, let names, column[index] < names.count else { return nil }
    return names.string(Int(column[index]))
  }

  func hasDigest(_ index: Int) -> Bool { digests.map { !$0.isEmpty(index) } ?? false }

  func digest(_ index: Int) -> [UInt8]? {
    guard let digests, !digests.isEmpty(index) else { return nil }
    return ImageCore.bytes(hex: digests.slice(index))
  }
}

extension RPMHeaderBlob {
  /// A column that every list of files has.
  fileprivate func needed<Column>(_ column: Column?, _ tag: RPMTag) throws(ImageError) -> Column {
    guard let column else {
      throw ImageError(.corrupt, "there is none, though there are files", offset: offset, context: [tag.name(in: kind)])
    }
    return column
  }
}
