import ArgumentParser
import SysextImage
import SysextStore

/// The image that a command reads.
struct ImageArgument: ParsableArguments {
  @Argument(
    help: ArgumentHelp("The image, or a bare EROFS file system: a file, or an https or http URL.", valueName: "image"),
    completion: .file(extensions: ["raw"]))
  var place: String

  @Option(
    name: .customLong("device"),
    help: ArgumentHelp(
      "A further device of a file system that has its data on several; once for each, in the order of its table.",
      valueName: "file"),
    completion: .file())
  var devices: [String] = []

  @OptionGroup(title: "Images on a server") var remote: RemoteOptions

  /// What messages call it: a URL without its password.
  var image: String { RemoteSource.display(place) }

  /// Whether each look at it costs a request.
  var isRemote: Bool { RemoteSource.isURL(place) }

  /// Its bytes, whatever they hold, and the name that the rules for names look at.
  func store() throws(ImageError) -> (bytes: ByteStore, fileName: String?) { try remote.store(place) }

  /// Opens it.
  func open() throws(ImageError) -> DiskImage { try remote.open(place, devices: devices) }

  /// Opens it and reads its release files.
  func inspect() throws(ImageError) -> SysextInspector { try SysextInspector(try open()) }
}

/// How a server is asked.
struct RemoteOptions: ParsableArguments {
  @Flag(help: "Take names and passwords from ~/.netrc.")
  var netrc = false

  @Option(help: ArgumentHelp("How long a server may be silent.", valueName: "seconds"))
  var timeout = 30

  func validate() throws {
    guard (1...3600).contains(timeout) else { throw ValidationError("--timeout \(timeout): 1 to 3600 seconds") }
  }

  /// The bytes of further devices.
  func stores(_ devices: [String]) throws(ImageError) -> [ByteStore] {
    try devices.map { (device) throws(ImageError) in try store(device).bytes }
  }

  /// Opens an image in a file or, where `place` is a URL, on a server.
  func open(_ place: String, devices: [String] = []) throws(ImageError) -> DiskImage {
    let stores = try stores(devices)
    return RemoteSource.isURL(place)
      ? try DiskImage(try source(place), devices: stores) : try SysextImage.open(FilePath(place), devices: stores)
  }

  /// The bytes that are there, and what they are called.
  func store(_ place: String) throws(ImageError) -> (bytes: ByteStore, fileName: String?) {
    if RemoteSource.isURL(place) {
      let source = try source(place)
      return (ByteStore(source), source.fileName)
    }
    let path = FilePath(place)
    return (try ByteStore(contentsOf: path), path.lastComponent?.string)
  }

  private func source(_ url: String) throws(ImageError) -> RemoteSource {
    var options = RemoteSource.Options()
    options.usesNetrc = netrc
    options.stallTimeout = .seconds(timeout)
    options.connectTimeout = .seconds(timeout)
    options.userAgent = "sysext-pack/\(Version.number)"
    let source = try RemoteSource(url, options: options)
    Transfers.current?.add(source)
    return source
  }
}
