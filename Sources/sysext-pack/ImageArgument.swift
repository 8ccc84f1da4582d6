import ArgumentParser
import SysextImage

/// The image that a command reads.
struct ImageArgument: ParsableArguments {
  @Argument(help: "The image, or a bare EROFS file system.", completion: .file(extensions: ["raw"]))
  var image: String

  /// Opens it.
  func open() throws(ImageError) -> DiskImage { try SysextImage.open(FilePath(image)) }

  /// Opens it and reads its release files.
  func inspect() throws(ImageError) -> SysextInspector {
    let disk = try open()
    return try inContext(image) { () throws(ImageError) in try SysextInspector(disk) }
  }
}
