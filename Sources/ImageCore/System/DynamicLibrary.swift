#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A shared library that is loaded when somebody first needs it, and stays.
///
/// For what few users need: linked, it would be loaded at each start of a program, and where it is not installed no
/// program would start at all.
package struct DynamicLibrary: Sendable {
  private let handle: UInt
  private let fileName: String
  private let purpose: String

  /// Loads the first of `fileNames` that this machine has.
  ///
  /// - Parameters:
  ///   - fileNames: What the library is called, the usual name first.
  ///   - purpose: What error messages begin with, such as "URLs are read with libcurl".
  /// - Throws: `.unsupported`, which names what to install.
  package init(_ fileNames: String..., purpose: String) throws(ImageError) {
    self.purpose = purpose
    for name in fileNames {
      guard let library = unsafe dlopen(name, RTLD_NOW) else { continue }
      handle = UInt(bitPattern: library)
      fileName = name
      return
    }
    let reason = unsafe dlerror().map { unsafe ": " + String(cString: $0) } ?? ""
    throw ImageError(
      .unsupported, "\(purpose), which this machine lacks: install \(fileNames.first ?? "it")\(reason)")
  }

  /// The address of a function.
  ///
  /// - Throws: `.unsupported` where the library has none of that name.
  package func address(_ name: String) throws(ImageError) -> UInt {
    guard let address = unsafe dlsym(UnsafeMutableRawPointer(bitPattern: handle), name) else {
      throw ImageError(.unsupported, "\(purpose), and \(fileName) of this machine has no \(name): install a newer one")
    }
    return UInt(bitPattern: address)
  }

  /// A function, whose type the caller knows from the library's headers.
  @unsafe package func function<F>(_ name: String, _ type: F.Type = F.self) throws(ImageError) -> F {
    unsafe unsafeBitCast(try address(name), to: type)
  }
}
