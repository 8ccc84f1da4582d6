# What the scripts beside it share; sourced.
# The release build of `compare`, ours, and the peers' options:
#   SYSEXT_PEERS  where Tests/peers.sh has put its trees (default: ${XDG_CACHE_HOME:-$HOME/.cache}/sysext-image)
#   SYSEXT_PACK   another sysext-pack, such as one of an older version; else this package's is built
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
peers_folder=${SYSEXT_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/sysext-image}

build() { swift build --quiet -c release --static-swift-stdlib --package-path "$1" --product "$2" >&2 && swift build -c release --package-path "$1" --show-bin-path; }

# Sets options and arguments: "$@" cut in two. Flags are those options of `compare` that take no value.
cut_arguments() {
  options=() arguments=()
  while [[ $# -gt 0 ]]; do
    case $1 in
    -h | --help | --add | --no-presets) options+=("$1"); shift ;;
    --*=*) options+=("$1"); shift ;;
    -*) options+=("$1" "${2:?$1 needs a value}"); shift 2 ;;
    *) arguments+=("$1"); shift ;;
    esac
  done
}

# Sets peers: all mkfs.erofs at hand, this machine's and those of unpacked trees.
find_peers() {
  local tree host
  peers=()
  for tree in "$peers_folder"/peers-*; do
    [[ ! -x $tree/usr/bin/mkfs.erofs ]] || peers+=(--peer-tree "$tree")
  done
  host=$(PATH=$PATH:/usr/sbin:/sbin command -v mkfs.erofs || true)
  [[ -z $host ]] || peers+=(--peer "$host")
}

compare=$(build "$here" compare)/compare
ours=${SYSEXT_PACK:-$(build "$here/.." sysext-pack)/sysext-pack}
