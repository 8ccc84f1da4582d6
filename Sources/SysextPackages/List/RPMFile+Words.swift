import RPM

extension RPMFile.Kind {
  /// The letter that `ls` begins a mode with.
  var letter: UInt8 {
    switch self {
    case .directory: UInt8(ascii: "d")
    case .regular: UInt8(ascii: "-")
    case .symlink: UInt8(ascii: "l")
    case .characterDevice: UInt8(ascii: "c")
    case .blockDevice: UInt8(ascii: "b")
    case .fifo: UInt8(ascii: "p")
    case .socket: UInt8(ascii: "s")
    }
  }

  /// The word that JSON has.
  var word: String {
    switch self {
    case .directory: "directory"
    case .regular: "file"
    case .symlink: "symlink"
    case .characterDevice: "character-device"
    case .blockDevice: "block-device"
    case .fifo: "fifo"
    case .socket: "socket"
    }
  }
}

extension RPMFile.Flags {
  /// The words that spec files have, in the order of the bits.
  var words: [String] {
    let words: [(RPMFile.Flags, String)] = [
      (.config, "config"), (.doc, "doc"), (.icon, "icon"), (.missingOK, "missingok"), (.noReplace, "noreplace"),
      (.specFile, "specfile"), (.ghost, "ghost"), (.license, "license"), (.readme, "readme"), (.publicKey, "pubkey"),
      (.artifact, "artifact"),
    ]
    return words.filter { contains($0.0) }.map(\.1)
  }
}
