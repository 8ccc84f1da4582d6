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
  (0, Array("verity".utf8) + [0, 0], "dm-verity hashes"),
  (0, Array("{\"rootHash\"".utf8), "a dm-verity signature"),
  (0, [0x45, 0x3D, 0xCD, 0x28], "cramfs"),
  (0, Array("-rom1fs-".utf8), "romfs"),
  (0, [0x28, 0xB5, 0x2F, 0xFD], "a file compressed with zstd"),
  (0, [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], "a file compressed with xz"),
  (0, [0x1F, 0x8B, 8], "a file compressed with gzip"),
  (0, Array("QFI".utf8) + [0xFB], "a QEMU disk (qcow2)"),
  (3, Array("NTFS    ".utf8), "NTFS"),
  (3, Array("EXFAT   ".utf8), "exFAT"),
  (54, Array("FAT12   ".utf8), "FAT"),
  (54, Array("FAT16   ".utf8), "FAT"),
  (82, Array("FAT32   ".utf8), "FAT"),
  (512, Array("EFI PART".utf8), "a disk with partitions (GPT)"),
  (512, Array("LABELONE".utf8), "an LVM volume"),
  (1024, [0x10, 0x20, 0xF5, 0xF2], "F2FS"),
  (1080, [0x53, 0xEF], "ext2, ext3 or ext4"),
  (4086, Array("SWAPSPACE2".utf8), "swap space"),
  (4096, Array("EFI PART".utf8), "a disk with partitions (GPT)"),
  (32769, Array("CD001".utf8), "ISO 9660"),
  (65600, Array("_BHRfS_M".utf8), "Btrfs"),
]
