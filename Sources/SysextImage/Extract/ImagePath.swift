public import FileTree
import ImageCore

/// The components of a path in an image, as it was printed or typed: `\xNN` stands for the byte of that number.
///
/// So a name that no text can hold can be given all the same: as a listing shows it.
public func imagePath(_ text: String) -> [FileName] {
  var bytes: [UInt8] = []
  var rest = Array(text.utf8)[...]
  while let first = rest.popFirst() {
    if first == UInt8(ascii: "\\"), rest.first == UInt8(ascii: "x"), rest.count >= 3,
      let byte = ImageCore.bytes(hex: rest.dropFirst().prefix(2))
    {
      bytes += byte
      rest = rest.dropFirst(3)
    } else {
      bytes.append(first)
    }
  }
  return FileName.components(of: bytes)
}
