import FileTree
import ImageCore

/// A device that an image keeps file data on, besides the first one.
public struct ErofsDevice: Sendable, Hashable {
  /// Its place in the image's table, from 1 on.
  public let number: Int
  /// What identifies it, as its maker wrote it: a digest, a UUID, often nothing.
  public let tag: String
  /// Its length in blocks of the file system.
  public let blockCount: UInt64
  /// Whether its bytes are there: it was given, or stands in the image itself.
  public let isAvailable: Bool
}

/// The devices of one file system.
///
/// A block has an address on its device, and most devices also have a place in one address space of all of them, where
/// the first device begins at 0. An image may be all of that space in one file.
struct Devices: Sendable {
  private struct Device: Sendable {
    let number: Int
    let tag: String
    let byteCount: UInt64
    /// Where it is in the space of all devices.
    let place: Range<UInt64>?
    /// `nil` where nobody gave it.
    let store: ByteStore?

    var name: String { "device \(number)" + (tag.isEmpty ? "" : " (\(tag))") }
  }

  private let first: ByteStore
  private let others: [Device]
  /// The bits of a chunk index that number a device.
  private let numberMask: Int

  /// Reads the table; `given` are the devices from number 1 on.
  init(_ store: ByteStore, _ superblock: Superblock, given: [ByteStore]) throws(ImageError) {
    first = store
    let count = superblock.furtherDeviceCount
    guard given.count <= count else {
      throw ImageError(
        .invalidArgument,
        "too many devices: \(given.count) given, the image has \(count == 0 ? "none but itself" : "\(count)")")
    }
    numberMask = (1 << (Int.bitWidth - count.leadingZeroBitCount)) - 1
    let start = UInt64(superblock.deviceTableSlot) * UInt64(DeviceSlot.byteCount)
    let table = try inContext("device table") { () throws(ImageError) in
      try store.bytes(at: start, count: count * DeviceSlot.byteCount)
    }
    let isWide = IncompatibleFeatures(rawValue: superblock.incompatibleFeatures).contains(.blockAddress48)
    let bits = UInt64(superblock.blockSizeBits)
    var others: [Device] = []
    for index in 0..<count {
      let slot = try DeviceSlot(table.rawSpan, at: index * DeviceSlot.byteCount)
      let blockCount = UInt64(slot.blockCount) | (isWide ? UInt64(slot.blockCountHigh) << 32 : 0)
      let firstBlock = UInt64(slot.firstBlock) | (isWide ? UInt64(slot.firstBlockHigh) << 32 : 0)
      // 48 bits of blocks and 16 of bytes: only the sum could overflow.
      let byteCount = blockCount << bits
      let (end, overflow) = (firstBlock << bits).addingReportingOverflow(byteCount)
      if overflow {
        throw ImageError(
          .corrupt, "device table: device \(index + 1) ends beyond all addresses",
          offset: store.baseOffset &+ start &+ UInt64(index * DeviceSlot.byteCount))
      }
      let place = firstBlock == 0 ? nil : firstBlock << bits..<end
      others.append(
        Device(
          number: index + 1, tag: printable(slot.tag.prefix { $0 != 0 }), byteCount: byteCount, place: place,
          store: index < given.count ? given[index] : try Self.part(place, of: store)))
    }
    self.others = others
  }

  /// A device that stands in the first one's file, at its place in the space of all devices.
  private static func part(_ place: Range<UInt64>?, of store: ByteStore) throws(ImageError) -> ByteStore? {
    guard let place, !place.isEmpty, place.upperBound <= store.byteCount else { return nil }
    return try store.slice(place)
  }

  /// What the table says.
  func described(blockBits: Int) -> [ErofsDevice] {
    others.map { device in
      ErofsDevice(
        number: device.number, tag: device.tag, blockCount: device.byteCount >> UInt64(blockBits),
        isAvailable: device.store != nil)
    }
  }

  /// What those are called that nobody gave.
  var missing: [String] { others.filter { $0.store == nil }.map(\.name) }

  /// Where the space of all devices ends.
  var end: UInt64 { others.reduce(first.byteCount) { max($0, $1.place?.upperBound ?? 0) } }

  /// Whether a chunk index means a device other than the first.
  func isFurther(_ number: Int) -> Bool { number & numberMask != 0 }

  /// Fills `output[range]` with the bytes from `offset` on: of a device by its number, or of the space of all devices.
  func read(
    device number: Int = 0, at offset: UInt64, into output: inout [UInt8], _ range: Range<Int>
  ) throws(ImageError) {
    if others.isEmpty { return try first.read(at: offset, into: &output, range) }
    guard !isFurther(number) else {
      guard number & numberMask <= others.count else {
        throw ImageError(.corrupt, "data on device \(number & numberMask) of \(others.count)")
      }
      return try read(others[number & numberMask - 1], at: offset, into: &output, range)
    }
    var offset = offset
    var range = range
    while !range.isEmpty {
      let device = others.first { $0.place?.contains(offset) ?? false }
      // What reaches over a device's end goes on on the next.
      let end = device?.place?.upperBound ?? others.compactMap { $0.place?.lowerBound }.filter { $0 > offset }.min()
      let count = min(range.count, end.flatMap { Int(exactly: $0 - offset) } ?? range.count)
      let part = range.lowerBound..<range.lowerBound + count
      if let device, let place = device.place {
        try read(device, at: offset - place.lowerBound, into: &output, part)
      } else {
        try first.read(at: offset, into: &output, part)
      }
      offset += UInt64(count)
      range = part.upperBound..<range.upperBound
    }
  }

  private func read(
    _ device: Device, at offset: UInt64, into output: inout [UInt8], _ range: Range<Int>
  ) throws(ImageError) {
    guard let store = device.store else {
      throw ImageError(
        .deviceMissing, "the data is on \(device.name) of \(others.count), which was not given")
    }
    do throws(ImageError) { try store.read(at: offset, into: &output, range) } catch {
      throw error.inContext(device.name)
    }
  }
}
