#!/bin/bash
# Benchmarks/compare.sh [OPTION…] [TREE…]
# Packs trees with sysext-pack (release build) and with the newest mkfs.erofs at hand, in turn, and prints a table:
# docs/benchmarks.md says how to read it. Without a tree it makes one from this machine's own files.
# The options are those of the program `compare`: --runs, --modes, --output, --jobs, … (--help lists them).
#   SYSEXT_PEERS  where Tests/peers.sh has put its trees (default: ${XDG_CACHE_HOME:-$HOME/.cache}/sysext-image)
#   SYSEXT_PACK   another sysext-pack, such as one of an older version; else this package's is built
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")

# Headers, a few large programs and archives, scripts: all of it readable for everybody.
sample_tree() { # FOLDER
  local from
  mkdir -p "$1/usr/lib"
  for from in include lib/gcc lib/python3 share/perl; do
    [[ ! -d /usr/$from ]] || { mkdir -p "$1/usr/$from" && cp -a "/usr/$from/." "$1/usr/$from/"; }
  done
}

options=() trees=()
while [[ $# -gt 0 ]]; do
  case $1 in
  -h | --help) options+=("$1"); shift ;;
  -*) options+=("$1" "${2:?$1 needs a value}"); shift 2 ;;
  *) trees+=("$1"); shift ;;
  esac
done

build() { swift build --quiet -c release --package-path "$1" --product "$2" >&2 && swift build -c release --package-path "$1" --show-bin-path; }
compare=$(build "$here" compare)/compare
ours=${SYSEXT_PACK:-$(build "$here/.." sysext-pack)/sysext-pack}

peers=()
for tree in "${SYSEXT_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/sysext-image}"/peers-*; do
  [[ ! -x $tree/usr/bin/mkfs.erofs ]] || peers+=(--peer-tree "$tree")
done
host=$(PATH=$PATH:/usr/sbin:/sbin command -v mkfs.erofs || true)
[[ -z $host ]] || peers+=(--peer "$host")

if [[ ${#trees[@]} = 0 && " ${options[*]} " != *" --help "* && " ${options[*]} " != *" -h "* ]]; then
  temporary=$(mktemp -d "${TMPDIR:-/tmp}/sysext-sample.XXXXXX")
  trap 'rm -rf --one-file-system "$temporary"' EXIT
  sample_tree "$temporary/sample"
  trees=("$temporary/sample")
fi
"$compare" --ours "$ours" "${peers[@]}" "${options[@]}" "${trees[@]}"
