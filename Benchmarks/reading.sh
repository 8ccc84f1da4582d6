#!/bin/bash
# Benchmarks/reading.sh [OPTION…] TREE…
# Packs trees in three ways, extracts and verifies the images with sysext-pack and with the newest fsck.erofs that
# Tests/peers.sh has unpacked, and prints the table. The status is 1 where a value falls short. As root, it also reads
# blocks at random positions, beside the kernel.
# The options are those of `compare reading`: --runs, --output (--help lists them).
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"
cut_arguments "$@"
peers=()
for suite in bookworm trixie sid; do
  for tree in "$peers_folder/peers-$suite"-*; do
    [[ ! -x $tree/usr/bin/fsck.erofs ]] || peers+=(--peer-tree "$tree")
  done
done
status=0
"$compare" reading --ours "$ours" "${peers[@]}" "${options[@]}" "${arguments[@]}" || status=$?
# The kernel's side is a mount, which needs root.
if [[ $(id -u) = 0 ]]; then
  echo
  "$compare" random --ours "$ours" "${options[@]}" "${arguments[@]}" || status=$?
fi
exit $status
