import ArgumentParser
import SysextImage

/// The image that a command reads.
struct ImageArgument: ParsableArguments {
  @Argument(help: "The image, or a bare EROFS file system.", completion: .file(extensions: ["raw"]))
  var image: String

  /// Its bytes, whatever they hold, and the name that the rules for names look at.
  func store() throws(ImageError) -> (bytes: ByteStore, fileName: String?) {
    let path = FilePath(image)
    return (try ByteStore(contentsOf: path), path.lastComponent?.string)
  }

  /// Opens it.
  func open() throws(ImageError) -> DiskImage { try Self.open(image) }

  /// Opens an image by what stands on the command line.
  static func open(_ image: String) throws(ImageError) -> DiskImage { try SysextImage.open(FilePath(image)) }

  /// Opens it and reads its release files.
  func inspect() throws(ImageError) -> SysextInspector {
    let disk = try open()
    return try inContext(image) { () throws(ImageError) in try SysextInspector(disk) }
  }
}
