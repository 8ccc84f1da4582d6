#!/bin/bash
# Tests/peers.sh [SUITE…]
# Unpacks small Debian trees whose programs the tests run beside this machine's own: several versions of systemd,
# erofs-utils and rpm. Nothing of them is installed or started. A tree that exists is kept; a new one appears whole or not at all.
#   SYSEXT_PEERS        where they are kept (default: ${XDG_CACHE_HOME:-$HOME/.cache}/sysext-image)
#   SYSEXT_PEER_MIRROR  the Debian archive (default: the one in this machine's apt sources)
set -euo pipefail
revision=2 # raise it when a change below makes older trees unusable (Peer.swift reads this line)

store=${SYSEXT_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/sysext-image}
suites=("$@")
[[ ${#suites[@]} -gt 0 ]] || suites=(bookworm trixie sid)
[[ $(id -u) = 0 ]] || { echo "Tests/peers.sh: must be root" >&2; exit 2; }
command -v mmdebstrap >/dev/null || { echo "Tests/peers.sh: needs mmdebstrap" >&2; exit 2; }

# The archive and the proxy that apt itself would use. No archive known (Ubuntu): mmdebstrap's own default for Debian.
mirror=${SYSEXT_PEER_MIRROR:-}
if [[ -z $mirror ]] && grep -q '^ID=debian' /etc/os-release; then
  mirror=$(apt-get indextargets --format '$(REPO_URI) $(ORIGIN) $(LABEL)' 'Created-By: Packages' 'Component: main' 2>/dev/null |
    awk '$2 == "Debian" && $3 == "Debian" && !seen++ { print $1 }')
fi
aptopts=(--aptopt='APT::Install-Recommends "false"')
for kind in http https; do
  proxy=
  eval "$(apt-config shell proxy "Acquire::$kind::Proxy" 2>/dev/null || true)"
  [[ -z $proxy ]] || aptopts+=(--aptopt="Acquire::$kind::Proxy \"$proxy\"")
done
# A frozen archive's sid is past its date; its signature is checked all the same.
aptopts+=(--aptopt='Acquire::Check-Valid-Until "false"')
packages=bash,coreutils,mount,util-linux,systemd,systemd-container,erofs-utils,fdisk,gdisk,parted,cryptsetup-bin
# What rpmbuild runs, too.
packages+=,rpm,rpm2cpio,cpio,findutils,gawk,grep,gzip,libcap2-bin,sed,tar,xz-utils
declare -A more=([trixie]=,systemd-repart [sid]=,systemd-repart)

make_tree() { # SUITE
  local suite=$1 target=$store/peers-$1-$revision temporary log
  [[ ! -d $target ]] || return 0
  temporary=$(mktemp -d "$store/.peers-$suite.XXXXXX")
  log=$temporary.log
  chmod 755 "$temporary"
  # "extract": unpack only. No package script runs, which takes a tenth of the time and needs no foreign init.
  if ! mmdebstrap --variant=extract --mode=root --format=directory "${aptopts[@]}" --include="$packages${more[$suite]:-}" \
    "$suite" "$temporary/tree" ${mirror:+"$mirror"} >"$log" 2>&1; then
    tail -20 "$log" >&2
    rm -rf --one-file-system "$temporary" "$log"
    echo "Tests/peers.sh: $suite: cannot be made" >&2
    return 1
  fi
  rm -rf "$temporary"/tree/usr/share/{doc,info,locale,man} "$temporary"/tree/var/cache/apt/*
  mkdir -p "$temporary"/tree/{dev,proc,sys,run,tmp,var,etc,mnt,opt}
  # Package scripts would make these.
  [[ -e $temporary/tree/bin/sh ]] || ln -s bash "$temporary/tree/bin/sh"
  [[ -e $temporary/tree/usr/bin/awk ]] || ln -s gawk "$temporary/tree/usr/bin/awk"
  # Another run may have been faster: then its tree is as good.
  mv -T -n "$temporary/tree" "$target"
  rm -rf --one-file-system "$temporary" "$log"
}

mkdir -p "$store"
declare -A job=()
for suite in "${suites[@]}"; do
  [[ -d $store/peers-$suite-$revision ]] && continue
  echo "peer tree $suite: unpacking into $store/peers-$suite-$revision"
  make_tree "$suite" &
  job[$suite]=$!
done
failed=0
for suite in "${!job[@]}"; do wait "${job[$suite]}" || failed=1; done
exit "$failed"
