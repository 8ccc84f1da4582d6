public import ImageCore

/// The files of a package, in the header's order.
public struct RPMFileList: RandomAccessCollection, Sendable {
  private let columns: FileColumns?

  /// Takes the columns; `nil` for no files.
  init(_ columns: FileColumns?) { self.columns = columns }

  /// 0.
  public var startIndex: Int { 0 }
  /// The number of files.
  public var endIndex: Int { columns?.paths.count ?? 0 }

  /// The file at `index`.
  public subscript(index: Int) -> RPMFile {
    guard let columns, index >= 0, index < endIndex else { preconditionFailure("no file \(index)") }
    return RPMFile(columns: columns, index: index)
  }

  /// The hard links: the indexes of files that are one, groups in the order of their first, each with two or more.
  ///
  /// As rpm sees them: regular files, no ghosts, of the same device and inode.
  public var hardLinks: [[Int]] {
    guard let columns, columns.inodes != nil, columns.devices != nil else { return [] }
    var places: [UInt64: Int] = [:]
    var groups: [[Int]] = []
    for file in self where file.kind == .regular && !file.flags.contains(.ghost) && file.inode != 0 {
      let key = UInt64(file.device) << 32 | UInt64(file.inode)
      if let place = places[key] {
        groups[place].append(file.index)
      } else {
        places[key] = groups.count
        groups.append([file.index])
      }
    }
    return groups.filter { $0.count > 1 }
  }
}

extension RPMPackage {
  /// The paths of the files in the header's order, which `files` has, too: without looking at anything else.
  ///
  /// - Throws: `.corrupt` for paths that lead elsewhere or are not absolute.
  public func paths() throws(ImageError) -> [[UInt8]] {
    try named { () throws(ImageError) in
      guard let paths = try FilePaths(header, isSource: identity.isSource) else { return [] }
      return (0..<paths.count).map { paths.path($0) }
    }
  }

  /// The list of files, all of it checked.
  ///
  /// - Throws: `.corrupt` for columns of different lengths, paths that lead elsewhere or are not absolute, modes and
  ///   digests that are none.
  public func files() throws(ImageError) -> RPMFileList {
    try named { () throws(ImageError) in RPMFileList(try FileColumns(header, isSource: identity.isSource)) }
  }
}
