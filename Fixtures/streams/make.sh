#!/bin/bash
# Fixtures/streams/make.sh
# Makes the streams of this folder anew: needs gzip, pigz, bzip2, xz, zstd and pzstd. All hold the text that `text` makes.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"
text() { local n; for n in $(seq "$1" "$2"); do echo "$n: a line of text, and $((n * n)) is its square"; done; }

text 1 40 >text
head -c 700 text >first
tail -c +701 text >second

gzip -9n <text >one.gzip
{ gzip -9n <first; gzip -1n <second; } >members.gzip
gzip -9 --name -c text >name.gzip
pigz -n -p 2 -b 128 <text >pigz.gzip
bzip2 -9 <text >one.bzip2
{ bzip2 -9 <first; bzip2 -1 <second; } >members.bzip2
xz -6 --check=crc64 <text >one.xz
xz -6e -T2 --block-size=512 --check=sha256 <text >blocks.xz
{ xz --check=crc32 <first; head -c 8 /dev/zero; xz --check=none <second; head -c 4 /dev/zero; } >members.xz
xz --format=lzma <text >one.lzma
zstd -q -19 --check <text >one.zstd
zstd -q -1 --no-check <text >unchecked.zstd
{ zstd -q --check <first; printf 'P*M\x18\x05\0\0\0hello'; zstd -q --check <second; } >members.zstd
pzstd -q -p 2 -c text >pzstd.zstd
rm first second
