package import ImageCore

/// `struct erofs_deviceslot`: one further device in the table of an image that has several.
package struct DeviceSlot: Record {
  package static let byteCount = 128

  /// What identifies the device: a digest, a UUID as text, or nothing.
  package var tag: [UInt8] = []
  package var blockCount: UInt32 = 0
  /// Where the device's blocks are in the one address space of all devices; 0 when they have no place in it.
  package var firstBlock: UInt32 = 0
  package var blockCountHigh: UInt16 = 0
  package var firstBlockHigh: UInt16 = 0

  package init() {}

  package mutating func fields<V: FieldVisitor & ~Copyable & ~Escapable>(_ visitor: inout V) {
    visitor.bytes("tag", &tag, count: 64)

    visitor.u32("blocks_lo", &blockCount)
    visitor.u32("uniaddr_lo", &firstBlock)
    visitor.u16("blocks_hi", &blockCountHigh)
    visitor.u16("uniaddr_hi", &firstBlockHigh)
    visitor.reserved(52)
  }
}
