#!/bin/bash
# Fixtures/images/make.sh [FOLDER]
# Makes the golden images anew, here or in FOLDER: file systems by three releases of mkfs.erofs, partition tables by four
# programs, and what is in them, told by the file system and by sfdisk. Needs root and the peer trees of Tests/peers.sh.
# mkfs.erofs 1.5 has no fixed build time: its images' superblocks differ from run to run.
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
to=$(readlink -f "${1:-$here}")
peers=${SYSEXT_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/sysext-image}
revision=$(sed -n 's/^revision=\([0-9]*\).*/\1/p' "$here/../../Tests/peers.sh")
export LC_ALL=C.UTF-8
umask 022
work=$(mktemp -d /var/tmp/sysext-golden.XXXXXX)
trap 'rm -rf "$work"' EXIT
mkdir -p "$to/erofs" "$to/gpt"
rm -f "$to"/erofs/* "$to"/gpt/*

peer() { # RELEASE PROGRAM ARGUMENT…: a program of a peer tree on this machine's files
  local tree=$peers/peers-$1-$revision loader program
  for loader in "$tree"/{usr/,}lib/x86_64-linux-gnu/ld-linux-x86-64.so.2; do [[ ! -e $loader ]] || break; done
  for program in "$tree"/usr/{,s}bin/"$2"; do [[ ! -e $program ]] || break; done
  "$loader" --library-path "$tree/lib/x86_64-linux-gnu:$tree/usr/lib/x86_64-linux-gnu:$tree/usr/lib/x86_64-linux-gnu/systemd" \
    "$program" "${@:3}"
}

# ---- file systems: NAME RELEASE TREE OPTION…
python3 "$here/tree.py" "$work/small" >"$to/erofs/small.list"
python3 "$here/tree.py" "$work/large" large >"$to/erofs/large.list"
uuid=6b8b4567-327b-23c6-643c-986966334873

erofs() {
  local name=$1 release=$2 tree=$3 time=()
  shift 3
  [[ $release = bookworm ]] || time=(-T1700000000 --mkfs-time)
  rm -f "$work/image"
  peer "$release" mkfs.erofs --quiet -U$uuid "${time[@]}" "$@" "$work/image" "$work/$tree" >"$work/log" 2>&1 ||
    { cat "$work/log" >&2; echo "$name: mkfs.erofs failed" >&2; exit 1; }
  mv "$work/image" "$to/erofs/$name.$tree.erofs"
  printf '%s\t%s\t%s\n' "$name.$tree.erofs" "$release" "$*" >>"$to/erofs/options"
}

erofs flat bookworm small
erofs plain bookworm small -Enoinline_data -x1
erofs chunks bookworm small --chunksize=4096
erofs lz4 bookworm large -zlz4
erofs lz4-64k bookworm large -zlz4 -C65536
erofs lz4hc-tails bookworm large -zlz4hc -C16384 -Eztailpacking
erofs legacy bookworm large -zlz4 -Elegacy-compress
erofs extended trixie small -Eforce-inode-extended -x-1 --all-root
erofs chunk-indexes trixie small --chunksize=4096 -Eforce-chunk-indexes
erofs fragments trixie large -zlz4 -Efragments -C16384
erofs all-fragments trixie large -zlz4hc -C65536 -Eall-fragments
erofs dedupe trixie large -zlz4 -Ededupe
erofs dedupe-fragments trixie large -zdeflate -C16384 -Ededupe,fragments
erofs deflate trixie large -zdeflate -C65536 -Eztailpacking
erofs lzma trixie large -zlzma,level=3,dictsize=65536 -C65536 -Eztailpacking
erofs zstd sid large -zzstd -C65536
erofs two-algorithms trixie large -zlz4:zstd -C16384 --compress-hints="$here/hints"
erofs block-512 trixie large -b512 -zlz4
erofs block-1024 trixie large -b1024 -zlz4 -C16384 -Efragments
erofs block-2048 trixie small -b2048 -Exattr-name-filter -x1
erofs block-512-chunks trixie small -b512 --chunksize=512
erofs prefixes trixie large -zlz4 -Efragments --xattr-prefix=user.note- --xattr-prefix=trusted.o
erofs lz4-1m sid large -zlz4hc -C1048576
erofs legacy-64k sid large -zlz4 -C65536 -Elegacy-compress
erofs zstd-tails sid large -zzstd -C65536 -Eztailpacking
erofs 48bit sid large -zlz4 -C65536 -E48bit
erofs 48bit-fragments sid large -zzstd -C16384 -E48bit,fragments
erofs 48bit-dedupe sid large -zlz4 -E48bit,all-fragments,dedupe
erofs 48bit-chunks sid small -E48bit,dot-omitted --chunksize=4096
erofs metabox sid large -zlz4 -m4096
erofs metabox-plain sid small --MZ=id
erofs metabox-prefixes sid small -m4096:lz4 --xattr-prefix=user.note- --xattr-prefix=trusted.o
erofs directories sid large -zlz4 --zD
erofs plain-prefixes sid small -Eplain-xattr-prefixes --xattr-prefix=user.note- -x1
erofs interlaced sid large -zlz4 -C65536 -E48bit,fragments

device() { # NAME RELEASE OPTION…: data on a second device
  : >"$work/device"
  erofs "$1" "$2" small "${@:3}" --blobdev="$work/device"
  mv "$work/device" "$to/erofs/$1.small.device1"
}
device device bookworm --chunksize=4096
device device-48bit sid --chunksize=4096 -E48bit
sed -i "s,$work,WORK,; s,$here,HERE," "$to/erofs/options"

# ---- partition tables; what sfdisk says of them is what must be read
disk=a1b2c3d4-e5f6-4708-890a-000000000000
root=4f68bce3-e8cd-4db1-96e7-fbcaf984b709
image=$work/disk
listed() { # NAME SECTOR [OPTION OF SFDISK…]: keeps the image and its list
  peer sid sfdisk --sector-size "$2" --json "$image" | python3 -c '
import json, sys
table = json.load(sys.stdin)["partitiontable"]
size = table.get("sectorsize", 512)
print(table["label"], table["id"].lower(), size)
for part in table.get("partitions", []):
    number = part["node"][len(sys.argv[1]):].lstrip("p")
    print(number, part["start"] * size, part["size"] * size, part["type"].lower(), part.get("uuid", "-").lower(),
          part.get("attrs", "-").replace(" ", ","), part.get("name", ""), sep="\t")
' "$image" >"$to/gpt/$1.list"
  cp --sparse=always "$image" "$to/gpt/$1.gpt"
}
blank() { rm -f "$image"; truncate -s "$1" "$image"; }

blank 64K
sgdisk --set-alignment=1 --disk-guid=$disk --new=5:64:+4K --new=2:48:55 --typecode=2:$root \
  --partition-guid=2:a1b2c3d4-e5f6-4708-890a-000000000002 --partition-guid=5:a1b2c3d4-e5f6-4708-890a-000000000005 \
  --change-name=2:'Größe 😀' --attributes=2:set:60 --attributes=5:set:63 "$image" >"$work/log"
listed sgdisk 512
listed backup-only 512 # the same partitions, as only the backup tells
printf 'X' | dd of="$to/gpt/backup-only.gpt" bs=1 seek=520 conv=notrunc status=none
listed damaged-entries 512
printf 'X' | dd of="$to/gpt/damaged-entries.gpt" bs=1 seek=1100 conv=notrunc status=none
listed no-backup 512
truncate -s 48K "$to/gpt/no-backup.gpt"
listed both-lost 512
printf 'X' | dd of="$to/gpt/both-lost.gpt" bs=1 seek=520 conv=notrunc status=none
printf 'X' | dd of="$to/gpt/both-lost.gpt" bs=1 seek=65040 conv=notrunc status=none

blank 64K
sgdisk --set-alignment=1 --disk-guid=$disk --new=1:64:+4K --partition-guid=1:a1b2c3d4-e5f6-4708-890a-000000000001 \
  --hybrid=1 "$image" >"$work/log"
listed sgdisk-hybrid 512
blank 128K
sgdisk --set-alignment=1 --disk-guid=$disk --resize-table=256 --move-main-table=8 --new=200:80:+4K \
  --partition-guid=200:a1b2c3d4-e5f6-4708-890a-0000000000c8 "$image" >"$work/log"
listed sgdisk-256 512

script() { printf 'label: gpt\nlabel-id: %s\n%s\n' $disk "$1" | peer sid sfdisk --no-reread --no-tell-kernel "${@:2}" "$image" >"$work/log" 2>&1 ||
  { cat "$work/log" >&2; exit 1; }; }
blank 16K
script "table-length: 12
first-lba: 6
7 : start=8, size=2, type=$root, uuid=a1b2c3d4-e5f6-4708-890a-000000000007, name=\"seven\", attrs=\"GUID:59,60\"
3 : start=16, size=1, type=L, uuid=a1b2c3d4-e5f6-4708-890a-000000000003"
listed sfdisk 512
blank 64K
script "first-lba: 6
1 : start=6, size=2, type=$root, uuid=a1b2c3d4-e5f6-4708-890a-000000000001, name=\"large sectors\", attrs=\"GUID:60\"" --sector-size 4096
listed sfdisk-4096 4096
blank 16K
printf 'label: dos\nlabel-id: 0x12345678\nstart=8, size=16, type=83\nstart=24, size=4, type=c, bootable\n' |
  sfdisk --no-reread --no-tell-kernel "$image" >"$work/log"
listed mbr 512

blank 64K
parted --script --align=none "$image" mklabel gpt unit s mkpart first 40 47 mkpart second ext4 50 60 \
  >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
listed parted 512

mkdir "$work/definitions"
printf '[Partition]\nType=root-x86-64\nSizeMinBytes=12K\nSizeMaxBytes=12K\n' >"$work/definitions/10-root.conf"
printf '[Partition]\nType=usr-arm64\nSizeMinBytes=16K\nSizeMaxBytes=16K\n' >"$work/definitions/20-usr.conf"
for sector in 512 4096; do
  rm -f "$image"
  peer sid systemd-repart --definitions="$work/definitions" --empty=create --size=auto --dry-run=no --offline=yes \
    --seed=${uuid//-/} --sector-size=$sector "$image" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
  listed repart-$sector $sector
done
du -sb "$to"/erofs "$to"/gpt
find "$to" -name '*.erofs' -size +40k -printf '%f: %s bytes\n'
