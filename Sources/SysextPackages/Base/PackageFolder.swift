import FileTree
public import ImageCore
import RPM
public import SystemPackage

/// A folder of RPM packages, which may be in folders of their architectures.
public struct PackageFolder: Sendable {
  /// The packages' files, in order.
  public let files: [FilePath]

  /// Lists the files whose names end with `.rpm`, in the folder and one level below.
  ///
  /// - Throws: `.notFound`, `.notADirectory`, `.io`; `.limit` for too many.
  public init(_ path: FilePath) throws(ImageError) { try self.init(path, BaseLimits()) }

  init(_ path: FilePath, _ limits: BaseLimits) throws(ImageError) {
    var files: [FilePath] = []
    for name in try FolderListing(path).names {
      guard let child = path.appending(bytes: name.bytes) else { continue }
      if Self.isPackage(name) {
        files.append(child)
      } else if FolderListing.isFolder(child) {
        files += try FolderListing(child).names.filter(Self.isPackage).compactMap { child.appending(bytes: $0.bytes) }
      }
      guard files.count <= limits.packageCount else {
        throw ImageError(.limit, "more than \(limits.packageCount) packages").inFile(path.string)
      }
    }
    self.files = files
  }

  private static func isPackage(_ name: FileName) -> Bool {
    name.bytes.suffix(4).elementsEqual(Array(".rpm".utf8))
  }

  /// Reads a package's headers.
  static func package(_ path: FilePath) throws(ImageError) -> RPMInstalledPackage {
    let store = try ByteStore(contentsOf: path)
    return RPMInstalledPackage(try RPMPackage(store, fileName: path.string))
  }
}

/// The names in a folder, in order.
package struct FolderListing {
  let names: [FileName]

  init(_ path: FilePath) throws(ImageError) {
    let folder: FileDescriptor
    do { folder = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .directory]) } catch {
      throw ImageError.io(error as? Errno ?? .ioError, "open").inFile(path.string)
    }
    defer { try? folder.close() }
    do throws(Errno) { names = try POSIX.names(in: folder).map { FileName($0) }.sorted() } catch {
      throw ImageError.io(error, "list").inFile(path.string)
    }
  }

  func contains(_ name: FileName) -> Bool { names.contains(name) }

  /// Whether a path leads to a folder.
  package static func isFolder(_ path: FilePath) -> Bool {
    guard let folder = try? FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .directory]) else {
      return false
    }
    try? folder.close()
    return true
  }
}
