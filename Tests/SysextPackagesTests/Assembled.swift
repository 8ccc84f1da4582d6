import FileTree
import ImageCore
import RPM
import SystemPackage
import TestPackages
import TestSupport
import Testing

@testable import SysextPackages

typealias File = MadePackage.File

/// Assembles packages that are only in memory, and waits until they are unpacked.
func assemble(
  _ packages: [MadePackage], _ change: (inout AssemblyOptions) -> Void = { _ in }
) async throws -> Assembly {
  var options = AssemblyOptions()
  options.scratchFolder = try TempFolder.current.path
  change(&options)
  var inputs: [AssemblyInput] = []
  for package in packages {
    inputs.append(.package(try RPMPackage(ByteStore(package.bytes), fileName: package.fileName)))
  }
  let assembly = try await Assembler(options).assemble(inputs)
  try await assembly.verify()
  return assembly
}

extension FileTree {
  /// A line for each name: path, kind, mode, and the content of small files or a link's target.
  func lines() throws -> [String] {
    var lines: [String] = []
    try walk { visit throws(ImageError) in
      let mode = String(attributes(of: visit.node).permissions, radix: 8)
      switch kind(of: visit.node) {
      case .directory: lines.append("\(visit.description)/ \(mode)")
      case .regular(let content):
        lines.append("\(visit.description) \(mode) \(String(decoding: try content.bytes(), as: UTF8.self))")
      case .symlink(let target): lines.append("\(visit.description) -> \(String(decoding: target, as: UTF8.self))")
      default: lines.append("\(visit.description) special \(mode)")
      }
      return true
    }
    return lines
  }

  /// The lines of all but directories.
  func files() throws -> [String] { try lines().filter { !$0.contains("/ ") } }
}

extension Assembly {
  /// The findings with a code, as they are printed.
  func findings(_ code: String) -> [String] { findings.filter { $0.code == code }.map(\.description) }
}
