import FileTree
import ImageCore

/// The packages of a repository's `primary.xml`: all but names and versions is passed over.
final class PrimaryList: XMLReceiver {
  private enum Field {
    case name
    case architecture
  }

  private(set) var packages: [BasePackage] = []
  private let limits: BaseLimits
  private var isInPackage = false
  private var field: Field?
  private var name: [UInt8]?
  private var architecture: [UInt8]?
  private var version: (epoch: [UInt8], version: [UInt8], release: [UInt8])?

  init(_ limits: BaseLimits) { self.limits = limits }

  var wantsText: Bool { field != nil }

  func begin(_ element: XMLElement, depth: Int) throws(ImageError) {
    switch depth {
    case 1:
      guard element.isNamed("metadata") else {
        throw ImageError(.unsupported, "<\(printable(element.name))>, not the <metadata> of a primary.xml")
      }
    case 2:
      isInPackage = element.isNamed("package")
      (field, name, architecture, version) = (nil, nil, nil, nil)
    case 3 where isInPackage:
      if element.isNamed("name") {
        (field, name) = (.name, [])
      } else if element.isNamed("arch") {
        (field, architecture) = (.architecture, [])
      } else if element.isNamed("version") {
        version = (element.attribute("epoch") ?? [], element.attribute("ver") ?? [], element.attribute("rel") ?? [])
      }
    default: break
    }
  }

  func text(_ bytes: [UInt8]) throws(ImageError) {
    switch field {
    case .name: name?.append(contentsOf: bytes)
    case .architecture: architecture?.append(contentsOf: bytes)
    case nil: break
    }
    guard (name?.count ?? 0) + (architecture?.count ?? 0) <= 4096 else {
      throw ImageError(.limit, "a name of more than 4096 bytes")
    }
  }

  func end(depth: Int) throws(ImageError) {
    if depth == 3 { field = nil }
    guard depth == 2, isInPackage else { return }
    let package = try package()
    guard packages.count < limits.packageCount else {
      throw ImageError(.limit, "more than \(limits.packageCount) packages")
    }
    if package.isInstallable { packages.append(package) }
  }

  private func package() throws(ImageError) -> BasePackage {
    func word(_ bytes: [UInt8]?, _ what: StaticString) throws(ImageError) -> String {
      guard let bytes, let word = BasePackage.word(bytes) else {
        let name = name.map { " \"\(printable($0.prefix(80)))\"" } ?? ""
        throw ImageError(.corrupt, "package\(name) without \(what) that is a word of ASCII")
      }
      return word
    }
    var epoch: UInt32?
    if let bytes = version?.epoch, !bytes.isEmpty {
      guard let number = BasePackage.epoch(bytes) else {
        throw ImageError(.corrupt, "epoch \"\(printable(bytes.prefix(80)))\"")
      }
      // What is written where a package has none.
      epoch = number == 0 ? nil : number
    }
    return BasePackage(
      name: try word(name, "a name"), epoch: epoch, version: try word(version?.version, "a version"),
      release: try word(version?.release, "a release"), architecture: try word(architecture, "an architecture"))
  }
}
