import ImageCore

/// A file in a cpio archive: what stands in front of its data.
package struct CpioMember: Sendable, Equatable {
  /// Which file it is.
  package enum Identity: Sendable, Equatable {
    /// By its path, as the archive has it.
    case name([UInt8])
    /// By its place in a list that is kept elsewhere (RPM's `07070X`), which also knows the file's length.
    case index(UInt32)
  }

  /// Which file it is.
  package var identity: Identity
  /// `st_mode`; `nil` where a list elsewhere has it.
  package var mode: UInt32?
  /// The length of the data; `nil` where a list elsewhere has it.
  package var byteCount: UInt64?
  /// The sum of the data's bytes, of archives that begin with `070702`.
  package var checksum: UInt32?
}

/// The numbers of a header (cpio(5), "New ASCII Format"): 13 of 8 hexadecimal digits each, after the magic number.
struct CpioHeader {
  /// The magic numbers: with names, with names and checksums, RPM's short form.
  enum Form {
    case newc
    case crc
    case stripped

    static let magicByteCount = 6

    init?(magic: ArraySlice<UInt8>) {
      if magic.elementsEqual("070701".utf8) {
        self = .newc
      } else if magic.elementsEqual("070702".utf8) {
        self = .crc
      } else if magic.elementsEqual("07070X".utf8) {
        self = .stripped
      } else {
        return nil
      }
    }

    /// With the magic number.
    var byteCount: Int { self == .stripped ? 14 : 110 }
  }

  static let trailer = Array("TRAILER!!!".utf8)
  /// A path with its NUL, as Linux limits it.
  static let nameLimit = 4096

  let form: Form
  /// The inode, or in the stripped form the file's place in the list.
  private(set) var index: UInt32 = 0
  private(set) var mode: UInt32 = 0
  private(set) var byteCount: UInt32 = 0
  /// Of the name with its NUL.
  private(set) var nameByteCount: UInt32 = 0
  private(set) var checksum: UInt32 = 0

  /// Reads a whole header; `nil` for what are no digits.
  init?(_ form: Form, _ bytes: [UInt8]) {
    self.form = form
    for (place, offset) in stride(from: Form.magicByteCount, to: form.byteCount, by: 8).enumerated() {
      guard let number = ImageCore.number(hex: bytes, at: offset) else { return nil }
      switch place {
      case 0: index = number
      case 1: mode = number
      case 6: byteCount = number
      case 11: nameByteCount = number
      case 12: checksum = number
      default: break
      }
    }
  }
}
