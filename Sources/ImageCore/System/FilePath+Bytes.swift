package import SystemPackage

extension FilePath.Component {
  /// The component's bytes: `string` would put other characters in the place of what is not UTF-8.
  package var bytes: [UInt8] {
    unsafe withPlatformString { text in
      var bytes: [UInt8] = []
      var index = 0
      while unsafe text[index] != 0 {
        bytes.append(UInt8(bitPattern: unsafe text[index]))
        index += 1
      }
      return bytes
    }
  }
}

extension FilePath {
  /// The path of `name` in this folder; `nil` for bytes that are no name.
  package func appending(bytes name: [UInt8]) -> FilePath? {
    guard !name.isEmpty, !name.contains(0), !name.contains(UInt8(ascii: "/")) else { return nil }
    return unsafe appending(FilePath(platformString: name.map { CChar(bitPattern: $0) } + [0]).components)
  }
}
