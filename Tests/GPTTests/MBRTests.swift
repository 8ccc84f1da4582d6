import GPT
import ImageCore
import Testing

/// Images with an MBR alone.
@Suite struct MBRTests {
  private func disk(_ change: (inout ProtectiveMBR) -> Void) -> ByteStore {
    var mbr = ProtectiveMBR()
    mbr.signature = ProtectiveMBR.bootSignature
    mbr.partitionRecords[1].osType = 0x83
    mbr.partitionRecords[1].startingLBA = 8
    mbr.partitionRecords[1].lbaCount = 16
    change(&mbr)
    return ByteStore(mbr.encoded + [UInt8](repeating: 0, count: 100 * 512))
  }

  @Test func partitions() throws {
    let table = try #require(
      try MBRTable(
        disk {
          $0.partitionRecords[3].osType = 0x0C
          $0.partitionRecords[3].bootIndicator = 0x80
          $0.partitionRecords[3].startingLBA = 24
          $0.partitionRecords[3].lbaCount = 1000
        }))
    #expect(table.partitions.map(\.number) == [2, 4])
    #expect(table.partitions.map(\.byteRange) == [4096..<12288, 12288..<101 * 512])
    #expect(table.partitions.map(\.isActive) == [false, true])
    #expect(table.partitions.map(\.isLinux) == [true, false])
    #expect("\(table)" == "2: Linux, 8192 bytes at 4096; 4: FAT, 39424 bytes at 12288")
  }

  @Test func whatIsNone() throws {
    for change: (inout ProtectiveMBR) -> Void in [
      { $0.signature = 0 }, { $0.partitionRecords[1] = MBRPartitionRecord() },
      { $0.partitionRecords[1].bootIndicator = 1 }, { $0.partitionRecords[1].startingLBA = 0 },
      { $0.partitionRecords[1].lbaCount = 0 }, { $0.partitionRecords[1].startingLBA = 500 },
      { $0.partitionRecords[0].osType = 0xEE },
    ] {
      #expect(try MBRTable(disk(change)) == nil)
    }
    for count in [0, 1, 511] { #expect(try MBRTable(ByteStore([UInt8](repeating: 0x55, count: count))) == nil) }
  }
}
