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
