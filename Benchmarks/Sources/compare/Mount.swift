import Glibc

/// A file system image that the kernel has mounted.
struct Mount {
  struct File {
    let path: String
    let byteCount: Int
  }

  /// Its regular files, always in the same order.
  let files: [File]

  /// Mounts an image, and unmounts it behind `body`.
  static func use<Result>(_ image: String, _ workshop: Workshop, _ body: (Mount) throws -> Result) throws -> Result {
    let folder = workshop.path + "/mount"
    mkdir(folder, 0o700)
    defer { rmdir(folder) }
    _ = try Child.run(["/bin/mount", "-t", "erofs", "-o", "ro,loop", image, folder], log: workshop.log)
    let result = Swift.Result { try body(Mount(files: try list(folder))) }
    _ = try Child.run(["/bin/umount", folder], log: workshop.log)
    return try result.get()
  }

  private static func list(_ folder: String) throws -> [File] {
    try Tree.names(in: folder).flatMap { name throws -> [File] in
      let path = "\(folder)/\(name)"
      var status = stat()
      guard lstat(path, &status) == 0 else { throw Failure("\(path): \(Child.message(errno))") }
      switch status.st_mode & S_IFMT {
      case S_IFDIR: return try list(path)
      case S_IFREG: return [File(path: path, byteCount: Int(status.st_size))]
      default: return []
      }
    }
  }

  /// Nothing of any file is in the page cache then, but what is in a tmpfs.
  static func dropCaches() throws {
    sync()
    let file = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC)
    defer { close(file) }
    guard write(file, "3\n", 2) == 2 else { throw Failure("drop_caches: \(Child.message(errno))") }
  }
}
