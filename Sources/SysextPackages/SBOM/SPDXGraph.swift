import SysextImage

/// The elements of an SPDX 3 document in the making.
struct SPDXGraph {
  private static let creation = "_:creation"

  private let namespace: String
  private var elements: [JSON] = []
  private var ids: [String] = []
  /// The elements that stand for texts, such as licences, by kind and bytes.
  private var sharedIDs: [[UInt8]: String] = [:]
  private var sharedCounts: [String: Int] = [:]

  /// Begins an empty graph whose elements' names stand behind `namespace`.
  init(namespace: String) { self.namespace = namespace }

  /// The whole name of an element.
  func id(_ name: String) -> String { namespace + name }

  /// Adds who has made the document, when and with what; comes first.
  mutating func addCreation(_ time: String, tool: String) {
    elements.append(
      .object([
        .init("type", .string("CreationInfo")), .init("@id", .string(Self.creation)),
        .init("created", .string(time)), .init("createdBy", .array([.string(id("agent"))])),
        .init("createdUsing", .array([.string(id("tool"))])), .init("specVersion", .string("3.0.1")),
      ]))
    add("SoftwareAgent", "agent", [.init("name", .string(tool))])
    add("Tool", "tool", [.init("name", .string(tool))])
  }

  /// Adds an element; returns its whole name.
  @discardableResult
  mutating func add(_ type: String, _ name: String, _ members: [JSON.Member]) -> String {
    let id = id(name)
    elements.append(Self.element(type, id, members))
    ids.append(id)
    return id
  }

  /// Adds that one element has something to do with others.
  mutating func relate(_ name: String, _ from: String, _ type: String, _ to: [String]) {
    add(
      "Relationship", name,
      [
        .init("from", .string(from)), .init("relationshipType", .string(type)),
        .init("to", .array(to.map(JSON.string))),
      ])
  }

  /// The element that stands for a text, made by `body` when the text is new.
  mutating func shared(_ kind: String, _ text: String, _ body: (inout SPDXGraph, String) -> String) -> String {
    let key = Array(kind.utf8) + [0] + text.utf8
    if let known = sharedIDs[key] { return known }
    sharedCounts[kind, default: 0] += 1
    let id = body(&self, "\(kind)-\(sharedCounts[kind] ?? 0)")
    sharedIDs[key] = id
    return id
  }

  /// The document, with a list of materials whose subject is `root`.
  func document(named name: String, root: String) -> JSON {
    func list(_ ids: [String]) -> JSON { .array(ids.map(JSON.string)) }
    let about: [String] = ids.filter { $0 != id("agent") && $0 != id("tool") }
    let sbom = Self.element(
      "software_Sbom", id("sbom"),
      [
        .init("name", .string(name)), .init("rootElement", list([root])), .init("element", list(about)),
        .init("software_sbomType", list(["build"])),
      ])
    let document = Self.element(
      "SpdxDocument", id("document"),
      [
        .init("name", .string(name)), .init("rootElement", list([id("sbom")])),
        .init("element", list([id("sbom")] + ids)),
        .init("profileConformance", list(["core", "software", "simpleLicensing"])),
      ])
    return .object([
      .init("@context", .string("https://spdx.org/rdf/3.0.1/spdx-context.jsonld")),
      .init("@graph", .array(elements.prefix(1) + [document, sbom] + elements.dropFirst())),
    ])
  }

  private static func element(_ type: String, _ id: String, _ members: [JSON.Member]) -> JSON {
    .object(
      [.init("type", .string(type)), .init("spdxId", .string(id)), .init("creationInfo", .string(creation))] + members)
  }
}
