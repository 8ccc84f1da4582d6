#!/bin/bash
# Fixtures/quickstart.sh
# From a fresh clone to a first image: installs the libraries and pkg-config if they are missing, builds
# sysext-pack, packs Fixtures/hello-tree and shows what the image holds.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

if ! pkg-config --exists libcurl libdeflate liblz4 liblzma libxxhash libzstd zlib 2>/dev/null || [[ ! -e /usr/include/bzlib.h ]]; then
  as_root=()
  [[ $(id -u) = 0 ]] || as_root=(sudo)
  if command -v apt-get >/dev/null; then
    "${as_root[@]}" apt-get -qq update
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
      apt-get -qq install -y --no-install-recommends \
      libbz2-dev libcurl4-openssl-dev libdeflate-dev libexpat1-dev liblz4-dev liblzma-dev libsqlite3-dev libxxhash-dev libzstd-dev zlib1g-dev pkg-config >/dev/null
  elif command -v zypper >/dev/null; then
    "${as_root[@]}" zypper --non-interactive --quiet install --no-recommends \
      libbz2-devel libcurl-devel libdeflate-devel expat-devel liblz4-devel xz-devel sqlite-devel xxhash-devel libzstd-devel zlib-devel pkg-config
  else
    echo "quickstart.sh: install pkg-config and the development files of libbz2, libcurl, libdeflate, liblz4, liblzma, libxxhash, libzstd and zlib" >&2
    exit 2
  fi
fi

# Swift's own libraries go into the program: it starts sooner, and runs where no Swift is installed.
swift build -c release --static-swift-stdlib --product sysext-pack
pack=$(swift build -c release --show-bin-path)/sysext-pack

case $(uname -m) in
x86_64) architecture=x86-64 ;;
aarch64) architecture=arm64 ;;
ppc64le) architecture=ppc64-le ;;
*) architecture=$(uname -m) ;;
esac
image=$(mktemp -d)/hello-1.0.$architecture.raw

(
  set -x
  "$pack" --all-root --id _any Fixtures/hello-tree "$image"
  "$pack" inspect "$image"
)
echo
echo "The image is $image."
