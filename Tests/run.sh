#!/bin/bash
# Tests/run.sh [ARGUMENT OF swift test…]
# Installs what the tests need, makes the peer trees once, lints, builds and tests. Debian, Ubuntu or openSUSE with a
# Swift toolchain; as root, or as a user who may sudo. With CI=true nothing may be skipped for want of a tool.
#   SYSEXT_NO_INSTALL=1    install nothing
#   SYSEXT_TEST_FOLDER     where the tests keep their trees: a disk's file system with xattrs (default: /var/tmp)
#   SYSEXT_PEERS, SYSEXT_PEER_MIRROR: see Tests/peers.sh
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL=C.UTF-8
export SYSEXT_PEERS=${SYSEXT_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/sysext-image}
PATH=$PATH:$SYSEXT_PEERS/nginx/usr/sbin
as_root=()
[[ $(id -u) = 0 ]] || as_root=(sudo --preserve-env=CI,LC_ALL,SYSEXT_PEERS,SYSEXT_PEER_MIRROR,SYSEXT_TEST_FOLDER env "PATH=$PATH")
mkdir -p .build "$SYSEXT_PEERS"

step() { printf '\n== %s (after %d s)\n' "$1" "$SECONDS"; }
fail() { printf '\nFAILED: %s\n' "$1" >&2; exit 1; }

# ---- programs and libraries: "how to see that it is there", its Debian package, its openSUSE package
wanted() {
  cat <<'L'
command:pkg-config     pkg-config              pkg-config
library:libcurl        libcurl4-openssl-dev    libcurl-devel
library:libdeflate     libdeflate-dev          libdeflate-devel
library:liblz4         liblz4-dev              liblz4-devel
library:liblzma        liblzma-dev             xz-devel
library:libxxhash      libxxhash-dev           xxhash-devel
library:libzstd        libzstd-dev             libzstd-devel
library:zlib           zlib1g-dev              zlib-devel
header:bzlib.h         libbz2-dev              libbz2-devel
header:sqlite3.h       libsqlite3-dev          sqlite-devel
header:expat.h         libexpat1-dev           expat-devel
command:mkfs.erofs     erofs-utils             erofs-utils
command:sgdisk         gdisk                   gptfdisk
command:sfdisk         fdisk                   util-linux
command:losetup        mount                   util-linux
command:unshare        util-linux              util-linux
command:blkid          util-linux              util-linux
command:parted         parted                  parted
command:getfattr       attr                    attr
command:bsdtar         libarchive-tools        bsdtar
command:python3        python3                 python3
command:nginx          -                       nginx
command:openssl        openssl                 openssl
command:bzip2          bzip2                   bzip2
command:gpg            gpg                     gpg2
command:gpgv           gpgv                    gpg2
command:gpg-agent      gpg-agent               gpg2
command:sqv            sqv                     -
command:xz             xz-utils                xz
command:zstd           zstd                    zstd
command:mmdebstrap     mmdebstrap              -
file:/usr/share/keyrings/debian-archive-keyring.gpg debian-archive-keyring -
L
}
missing() { # COLUMN: the packages that are not there
  local test package is
  while read -r test package other; do
    is=${test#*:}
    case $test in
    command:*) command -v "$is" >/dev/null && continue ;;
    library:*) pkg-config --exists "$is" 2>/dev/null && continue ;;
    header:*) [[ -e /usr/include/$is ]] && continue ;;
    file:*) [[ -e $is ]] && continue ;;
    esac
    [[ $1 = 1 ]] || package=$other
    [[ $package = - ]] || echo "$package"
  done < <(wanted) | sort -u
}

step "packages"
if [[ -n ${SYSEXT_NO_INSTALL:-} ]]; then
  echo "SYSEXT_NO_INSTALL is set"
elif command -v apt-get >/dev/null; then
  mapfile -t packages < <(missing 1)
  apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=600)
  if [[ ${#packages[@]} -gt 0 ]] || ! command -v nginx >/dev/null; then "${apt[@]}" update; fi
  if [[ ${#packages[@]} -gt 0 ]]; then
    echo "apt-get install ${packages[*]}"
    "${apt[@]}" install -y --no-install-recommends "${packages[@]}" >.build/apt.log 2>&1 ||
      { tail -20 .build/apt.log >&2; fail "apt-get install"; }
  fi
  # Installed, it would serve on this machine: its program is unpacked beside the peer trees, and runs from there.
  if ! command -v nginx >/dev/null; then
    echo "unpacking nginx into $SYSEXT_PEERS/nginx"
    rm -rf .build/nginx "$SYSEXT_PEERS/nginx"
    mkdir .build/nginx
    # Of older releases, nginx-core has the program.
    for package in nginx nginx-core; do
      (cd .build/nginx && apt-get -qq download $package && dpkg-deb -x ${package}_*.deb "$SYSEXT_PEERS/nginx") || true
    done
    hash -r
    nginx -v || fail "nginx does not run; it needs $(dpkg-deb -f .build/nginx/nginx_*.deb Depends)"
  fi
elif command -v zypper >/dev/null; then
  mapfile -t packages < <(missing 2)
  if [[ ${#packages[@]} -gt 0 ]]; then
    echo "zypper install ${packages[*]}"
    "${as_root[@]}" zypper --non-interactive --quiet install --no-recommends "${packages[@]}"
  fi
  command -v mmdebstrap >/dev/null || echo "no mmdebstrap: tests that need other systemds are skipped"
else
  echo "neither apt-get nor zypper: install by hand (Debian's names) $(missing 1 | tr '\n' ' ')"
fi

step "peer trees"
if command -v mmdebstrap >/dev/null; then
  "${as_root[@]}" bash Tests/peers.sh || [[ -z ${CI:-} ]] || fail "peer trees"
  echo "in $SYSEXT_PEERS: $(cd "$SYSEXT_PEERS" && echo peers-*)"
fi

step "lint"
sources=()
for place in Sources Tests Benchmarks Package.swift; do [[ ! -e $place ]] || sources+=("$place"); done
swift format lint --strict -r "${sources[@]}" || fail "lint"
echo "no findings"

# filtered LOG PATTERN COMMAND…: keeps all output in LOG, shows what does not match, gives the command's status
filtered() {
  local log=$1 pattern=$2 status
  shift 2
  set +e
  "$@" 2>&1 | tee "$log" | grep --line-buffered -v -E "$pattern"
  status=${PIPESTATUS[0]}
  set -e
  return "$status"
}

# Optimized, as users have it: a third of the time. In a folder of its own, because the options differ from theirs.
build=(-c release -Xswiftc -enable-testing --scratch-path .build/tests)

step "build"
filtered .build/build.log '^\[[0-9]+/[0-9]+\]|^Building for' swift build --build-tests "${build[@]}" || fail "build"
! grep -q 'warning:' .build/build.log || fail "build: warnings"

leftovers() { # mounts and loop devices of tests, this run's or another's
  {
    grep -F sysext-test. /proc/self/mountinfo || true
    losetup --list --noheadings --output NAME,BACK-FILE | grep -F sysext-test. || true
  } | sort
}

step "test"
before=$(leftovers)
status=0
filtered .build/test.log '^◇|^\[[0-9]+/[0-9]+\]' \
  "${as_root[@]}" swift test --skip-build --disable-xctest "${build[@]}" "$@" || status=$?
# What root has written into .build belongs to who builds.
[[ ${#as_root[@]} = 0 ]] || sudo chown -R --from=root "$(id -u):$(id -g)" .build

if [[ $status = 0 && -n ${CI:-} && $# = 0 ]]; then
  step "fuzz"
  bash Tests/fuzz.sh 10 || fail "fuzz"
fi

left=$(comm -13 <(echo "$before") <(leftovers))
skipped=$(grep -c -E '^➜.* skipped' .build/test.log || true)
step "done"
[[ $skipped = 0 ]] || echo "$skipped tests were SKIPPED: see above"
[[ $status = 0 ]] || fail "tests"
[[ -z $left ]] || fail "the tests left something behind: $left"
