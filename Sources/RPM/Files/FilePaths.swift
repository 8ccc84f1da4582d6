import ImageCore

/// The paths of a package's files.
enum FilePaths: Sendable {
  /// Whole ones, as packages before rpm 4 have them.
  case whole(RPMStrings)
  /// A directory's name, which ends with a slash, and a name in it.
  case split(directories: RPMStrings, indexes: RPMIntegers, names: RPMStrings)

  var count: Int {
    switch self {
    case .whole(let paths): paths.count
    case .split(_, _, let names): names.count
    }
  }

  func path(_ index: Int) -> [UInt8] {
    switch self {
    case .whole(let paths):
      return paths[index]
    case .split(let directories, let indexes, let names):
      let directory = directories.slice(Int(indexes[index]))
      let name = names.slice(index)
      var path: [UInt8] = []
      path.reserveCapacity(directory.count + name.count)
      path += directory
      path += name
      return path
    }
  }

  /// Reads and checks the paths; `nil` in a package without files.
  init?(_ header: RPMHeaderBlob, isSource: Bool) throws(ImageError) {
    if let names = try header.strings(.baseNames) {
      guard let directories = try header.strings(.dirNames) else {
        throw header.error("names without directories", .baseNames)
      }
      guard let indexes = try header.integers(.dirIndexes, count: names.count) else {
        throw header.error("names without indexes of directories", .baseNames)
      }
      self = .split(directories: directories, indexes: indexes, names: names)
      for index in directories.indices {
        if let fault = Self.fault(directories.slice(index), isFolder: true, isSource) {
          throw header.error(fault, .dirNames, index: index)
        }
      }
      for index in names.indices {
        guard indexes[index] < directories.count else {
          throw header.error("directory \(indexes[index]) of \(directories.count)", .dirIndexes, index: index)
        }
        let name = names.slice(index)
        if let fault = Self.fault(name) ?? (name.contains(UInt8(ascii: "/")) ? "a slash in a name" : nil) {
          throw header.error(fault, .baseNames, index: index)
        }
      }
    } else if let paths = try header.strings(.oldFileNames) {
      self = .whole(paths)
      for index in paths.indices {
        if let fault = Self.fault(paths.slice(index), isFolder: false, isSource) {
          throw header.error(fault, .oldFileNames, index: index)
        }
      }
    } else {
      return nil
    }
  }

  /// What is wrong with a path.
  private static func fault(_ path: ArraySlice<UInt8>, isFolder: Bool, _ isSource: Bool) -> String? {
    let slash = UInt8(ascii: "/")
    if isSource {
      if path.contains(slash) { return "a path in a source package" }
    } else {
      if path.first != slash { return "a path that is not absolute" }
      if isFolder, path.last != slash { return "a directory without a slash at its end" }
    }
    var start = path.startIndex
    while start < path.endIndex {
      let end = path[start...].firstIndex(of: slash) ?? path.endIndex
      if let fault = fault(path[start..<end]) { return fault }
      start = end + 1
    }
    return nil
  }

  /// What is wrong with a component of a path.
  private static func fault(_ component: ArraySlice<UInt8>) -> String? {
    if component.count == 2, component.allSatisfy({ $0 == UInt8(ascii: ".") }) { return "a path with `..`" }
    if component.contains(UInt8(ascii: "\n")) { return "a newline in a path" }
    return nil
  }
}
