import RPM

extension RPMPackage {
  /// The name of its file without the folder: what does not depend on where packages are kept.
  var lastName: String { fileName.split(separator: "/").last.map(String.init) ?? fileName }
}
