import ImageCore

/// What `store` holds instead of EROFS, from the well-known magic numbers; `nil` when none is there.
func otherFormat(of store: ByteStore) throws(ImageError) -> String? {
  for (offset, magic, name) in magics {
    let bytes = try store.bytes(at: offset, upTo: magic.count)
    if bytes == magic { return name }
  }
  return nil
}

private let magics: [(offset: UInt64, magic: [UInt8], name: String)] = [
  (0, Array("hsqs".utf8), "squashfs"),
  (0, Array("XFSB".utf8), "XFS"),
  (0, Array("LUKS".utf8) + [0xBA, 0xBE], "an encrypted LUKS volume"),
  (512, Array("EFI PART".utf8), "a disk with partitions (GPT)"),
  (4096, Array("EFI PART".utf8), "a disk with partitions (GPT)"),
  (1080, [0x53, 0xEF], "ext2, ext3 or ext4"),
  (65600, Array("_BHRfS_M".utf8), "Btrfs"),
  (54, Array("FAT12   ".utf8), "FAT"),
  (54, Array("FAT16   ".utf8), "FAT"),
  (82, Array("FAT32   ".utf8), "FAT"),
]
