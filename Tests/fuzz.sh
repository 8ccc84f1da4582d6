#!/bin/bash
# Tests/fuzz.sh [SECONDS [TARGET…]]
# Feeds the readers with anything for SECONDS (default: 60) each: gpt, image, erofs, pcluster, release, rpm,
# assembly, script, signature, keyring, base. With libFuzzer and
# the address sanitizer, from valid images of mkfs.erofs and of ours. What is found stays in .build/fuzz/found, and the
# status is 1. What was tried and was new is kept for the next run in $SYSEXT_PEERS/fuzz.
#   SYSEXT_PACK    the program that makes images (default: the tests' build)
#   SYSEXT_PEERS   where the peers' trees are, see Tests/peers.sh
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."
seconds=${1:-60}
shift || true
targets=("$@")
[[ ${#targets[@]} -gt 0 ]] || targets=(gpt image erofs pcluster release rpm assembly script signature keyring base)
peers=${SYSEXT_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/sysext-image}
pack=${SYSEXT_PACK:-.build/tests/release/sysext-pack}
work=.build/fuzz
mkdir -p "$work/found" "$work/templates"

build=(-c release -Xswiftc -sanitize=fuzzer,address -Xswiftc -use-ld=lld --package-path Tests/Fuzz --scratch-path "$work/build")
swift build --quiet --product fuzz "${build[@]}" >"$work/build.log" 2>&1 ||
  { tail -20 "$work/build.log" >&2; echo "the fuzz targets cannot be built" >&2; exit 1; }
fuzz=$(swift build "${build[@]}" --show-bin-path)/fuzz

# ---- seeds: a small tree with something of everything
tree=$work/tree
if [[ ! -e $work/seeded ]]; then
  rm -rf "$tree" "$work/seeds"
  mkdir -p "$tree/usr/lib/extension-release.d" "$tree/usr/share/many" "$work/seeds"/{gpt,image,erofs,pcluster,release,rpm,assembly,script,signature,keyring,base}
  printf 'ID=_any\nARCHITECTURE=x86-64\n' >"$tree/usr/lib/extension-release.d/extension-release.fuzz-1.x86-64"
  seq 1 6000 >"$tree/usr/share/numbers"
  head -c 5000 "$pack" >"$tree/usr/share/program"
  printf 'short' >"$tree/usr/share/short"
  ln "$tree/usr/share/short" "$tree/usr/share/hard"
  ln -s ../share/short "$tree/usr/share/link"
  truncate -s 70000 "$tree/usr/share/hole"
  for n in $(seq 40); do : >"$tree/usr/share/many/an-empty-file-with-a-rather-long-name-$n"; done
  setfattr -n user.note -v same "$tree/usr/share/numbers" "$tree/usr/share/program" 2>/dev/null || true

  ours() { "$pack" --quiet --force "${@:3}" "$1" "$2"; }
  for options in '--compression none' '--preset fast' '--preset small' '--compression lz4 --tails fragments' \
    '--compression lz4 --full-indexes --tails blocks' '--compression zstd,3 --kernel 6.12 --pcluster-size 16K' \
    '--compression lzma,1 --kernel 6.12' '--compression deflate,6 --kernel 6.12' '--compression lz4 --block-size 512 --kernel 6.12'; do
    name=${options//[ ,]/_}
    # shellcheck disable=SC2086
    ours "$tree" "$work/seeds/erofs/fuzz-1.x86-64.raw" --raw-filesystem $options
    mv "$work/seeds/erofs/fuzz-1.x86-64.raw" "$work/seeds/erofs/ours$name"
  done
  sid=$peers/peers-sid-$(sed -n 's/^revision=\([0-9]*\).*/\1/p' Tests/peers.sh)
  in_sid=("$sid/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2" --library-path "$sid/usr/lib/x86_64-linux-gnu")
  if [[ -x $sid/usr/bin/mkfs.erofs ]]; then
    for options in '' '-zlz4 -Elegacy-compress' '-zlz4hc -C65536 -Eztailpacking' '--chunksize=4096' \
      '-zlz4 -Efragments,dedupe --xattr-prefix=user.' '-zlz4 -C65536 -Eall-fragments' '-zlz4 -C65536 -E48bit' '-zzstd -m4096:lz4' '-zlz4 --zD=1' '-zlz4 --MZ=id'; do
      # shellcheck disable=SC2086
      "${in_sid[@]}" "$sid/usr/bin/mkfs.erofs" --quiet $options "$work/seeds/erofs/peer${options//[ ,=]/_}" "$tree" >"$work/mkfs.log" 2>&1 || echo "no seed by mkfs.erofs $options"
    done
  fi
  ours "$tree" "$work/seeds/image/fuzz-1.x86-64.raw" --compression lz4
  # The table alone: 40 KiB in front and 20 KiB behind are all that is looked at.
  { head -c 40960 "$work/seeds/image/fuzz-1.x86-64.raw"; tail -c 20480 "$work/seeds/image/fuzz-1.x86-64.raw"; } >"$work/seeds/gpt/table"
  cp "$tree"/usr/lib/extension-release.d/* "$work/seeds/release/"
  cp Fixtures/rpm/*.rpm "$work/seeds/rpm/"
  cp Fixtures/rpm/*plain-none*.rpm Fixtures/rpm/*everything*.rpm "$work/seeds/assembly/"
  cp Fixtures/rpm/sid-plain-none-v6.rpm Fixtures/repository/repodata/* "$work/seeds/base/"
  printf '# a list\nbash-5.2.37-1.1.x86_64\nvim-2:9.1-1.x86_64\n' >"$work/seeds/base/list"
  if [[ -x $sid/usr/bin/rpm ]]; then
    for backend in sqlite ndb; do
      RPM_CONFIGDIR=$sid/usr/lib/rpm "${in_sid[@]}" "$sid/usr/bin/rpm" --dbpath "$PWD/$work/rpmdb-$backend" --define "_db_backend $backend" \
        -i --justdb --nodeps --noscripts --notriggers --ignorearch --ignoreos --nosignature --nodigest --replacefiles \
        Fixtures/rpm/trixie-plain-none-v4.rpm Fixtures/rpm/sid-everything-v6.rpm >"$work/rpm.log" 2>&1 || echo "no seed by rpm's $backend"
    done
    cp "$work/rpmdb-sqlite/rpmdb.sqlite" "$work/rpmdb-ndb/Packages.db" "$work/seeds/base/" || true
  fi
  # Scripts; the first byte says which scriptlet it is.
  number=0
  while IFS= read -r line; do
    printf '1%b' "$line" >"$work/seeds/script/$((number += 1))"
  done <<'L'
if [ $1 -eq 1 ]; then\n  systemctl preset a.service || :\nfi\nexit 0
[ -x /usr/bin/update-alternatives ] && update-alternatives --install /usr/bin/ld ld /usr/bin/ld.bfd 50 || true
for f in a b "c d"; do chmod 755 /usr/bin/$f; done
getent passwd a >/dev/null || useradd -r -g a -d /var/a -s /sbin/nologin a
case "$1" in 1) x=${1:-y}; y=$(cat /etc/a);; *) cat <<E >/etc/x\n$y\nE\n;; esac
f() { /sbin/ldconfig "$@" 2>&1; }; f; while false; do :; done; (cd /; true) | tee a &
L
  if command -v gpg >/dev/null; then
    export GNUPGHOME=$PWD/$work/gnupg
    rm -rf "$GNUPGHOME"; mkdir -m 700 "$GNUPGHOME"
    for kind in ed25519 rsa2048 nistp256; do
      gpg --batch --quiet --passphrase '' --quick-generate-key "fuzz $kind" "$kind" sign never 2>"$work/gpg.log" || continue
      gpg --batch --quiet --export "fuzz $kind" >"$work/seeds/keyring/$kind"
      gpg --batch --quiet --armor --export "fuzz $kind" >"$work/seeds/keyring/$kind.asc"
      { printf '2'; gpg --batch --quiet --local-user "fuzz $kind" --detach-sign --output - Tests/fuzz.sh; } >"$work/seeds/signature/$kind"
    done
    gpgconf --kill gpg-agent
    unset GNUPGHOME
  fi
  [[ ! -e /etc/os-release ]] || cp /etc/os-release "$work/seeds/release/"

  one=$work/one
  rm -rf "$one"; mkdir -p "$one/usr/lib/extension-release.d"
  seq 1 9000 >"$one/usr/file"
  cp "$tree"/usr/lib/extension-release.d/* "$one/usr/lib/extension-release.d/"
  for algorithm in lz4 deflate zstd lzma; do
    ours "$one" "$work/templates/fuzz-1.x86-64.raw" --raw-filesystem --compression $algorithm --kernel 6.12 --pcluster-size 64K --tails blocks
    mv "$work/templates/fuzz-1.x86-64.raw" "$work/templates/$algorithm.erofs"
    # In this order: a tail before a head that stops reading dies of SIGPIPE, now and then.
    { printf '\0'; head -c 24096 "$work/templates/$algorithm.erofs" | tail -c +4097; } >"$work/seeds/pcluster/$algorithm"
  done
  touch "$work/seeded"
fi

status=0
for target in "${targets[@]}"; do
  corpus=$peers/fuzz/$target
  mkdir -p "$corpus"
  known=()
  [[ ! -d Fixtures/fuzz/$target ]] || known=("Fixtures/fuzz/$target") # what was found once
  echo "$target: $seconds s"
  if ! FUZZ_TARGET=$target FUZZ_TEMPLATES=$work/templates SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=detect_leaks=0 "$fuzz" \
    -max_total_time="$seconds" -timeout=20 -rss_limit_mb=1024 -malloc_limit_mb=512 -max_len=131072 -print_final_stats=1 \
    -artifact_prefix="$work/found/$target-" "$corpus" "$work/seeds/$target" "${known[@]}" >"$work/$target.log" 2>&1; then
    echo "FOUND: $target, see $work/$target.log and $work/found"
    grep -E 'SUMMARY|Fatal|deadly|ERROR' "$work/$target.log" | head -5 || true
    status=1
  fi
  grep -E 'stat::number_of_executed_units|stat::new_units_added|stat::peak_rss_mb' "$work/$target.log" || true
  grep -oE 'cov: [0-9]+' "$work/$target.log" | tail -1
done
exit $status
