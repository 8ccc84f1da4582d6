#!/bin/bash
# Fixtures/rpm/make.sh [SUITE…]
# Builds the packages in this folder with rpmbuild of the peer trees (Tests/peers.sh; root). Each build happens in a private
# mount namespace with the tree as its root, so that this machine's own rpm, if there is one, has no say.
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
store=${SYSEXT_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/sysext-image}
revision=$(sed -n 's/^revision=\([0-9]*\).*/\1/p' "$here/../../Tests/peers.sh")
suites=("$@")
[[ ${#suites[@]} -gt 0 ]] || suites=(bookworm trixie sid)

build() { # SUITE NAME FORMAT SPEC [ARGUMENT OF rpmbuild…]: makes SUITE-NAME.rpm, or SUITE-NAME.src.rpm with -bs
  local suite=$1 name=$2 format=$3 spec=$4
  shift 4
  # shellcheck disable=SC2016
  unshare --mount --propagation private bash -euo pipefail -c '
    root=$1 here=$2 name=$3 format=$4 spec=$5
    shift 5
    for part in tmp run mnt var; do mount -t tmpfs -o mode=755 build "$root/$part"; done
    mount -t tmpfs -o mode=755 build "$root/home"
    mount --bind "$here" "$root/mnt"
    mkdir -p "$root/var/tmp" "$root/var/lib/rpm" "$root/home/build"
    mount --rbind /dev "$root/dev"
    kind=-bb
    [[ " $* " != *" -bs "* ]] || kind=
    if ! chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/home/build LC_ALL=C.UTF-8 SOURCE_DATE_EPOCH=1600000000 \
      rpmbuild $kind --quiet --nodeps --target x86_64-linux \
      --define "_topdir /home/build" --define "_sourcedir /mnt" --define "_rpmformat $format" --define "_rpmfilename out.rpm" \
      --define "_buildhost build.example.org" --define "use_source_date_epoch_as_buildtime 1" \
      --define "clamp_mtime_to_source_date_epoch 1" --define "__os_install_post %{nil}" "$@" "/mnt/$spec" >"$root/tmp/log" 2>&1; then
      cat "$root/tmp/log" >&2
      exit 1
    fi
    if [[ -n $kind ]]; then cat "$root/home/build/RPMS/out.rpm"; else cat "$root"/home/build/SRPMS/*.src.rpm; fi
  ' bash "$store/peers-$suite-$revision" "$here" "$name" "$format" "$spec" "$@" >"$here/.new"
  mv "$here/.new" "$here/$suite-$name.rpm"
  echo "$suite-$name.rpm"
}

for suite in "${suites[@]}"; do
  transactions=()
  [[ $suite = bookworm ]] || transactions=(--with transactions)
  build "$suite" everything-v4 4 everything.spec "${transactions[@]}"
  build "$suite" source-v4 4 everything.spec -bs "${transactions[@]}"
  if [[ $suite = sid ]]; then
    build sid everything-v6 6 everything.spec "${transactions[@]}"
    build sid source-v6 6 everything.spec -bs "${transactions[@]}"
    build sid plain-none-v6 6 plain.spec --define "payload none" --define "_binary_payload w.ufdio"
  fi
done
[[ " ${suites[*]} " = *" trixie "* ]] || exit 0
while read -r payload mode; do
  build trixie "plain-$payload-v4" 4 plain.spec --define "payload $payload" --define "_binary_payload $mode"
done <<'L'
none w.ufdio
gzip w9.gzdio
bzip2 w9.bzdio
xz w6.xzdio
lzma w6.lzdio
zstd w19.zstdio
L
