#!/bin/bash
# Benchmarks/targets.sh [OPTION…] FOLDER
# Measures what the builder promises against mkfs.erofs 1.5 and 1.9, whose trees Tests/peers.sh makes, and prints the
# table. The status is 1 where a value falls short or is not measured.
# FOLDER has the trees gcc, debug, git, pandoc, manyfiles, toolchain and incompressible; docs/benchmarks.md says what
# they are. The options are those of `compare targets`: --trees, --modes, --runs, --limit, --json, … (--help).
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"
cut_arguments "$@"
peers=()
for suite in bookworm sid; do # 1.5 and 1.9
  for tree in "$peers_folder/peers-$suite"-*; do
    [[ ! -x $tree/usr/bin/mkfs.erofs ]] || peers+=(--peer-tree "$tree" --tool-tree "$tree")
  done
done
"$compare" targets --ours "$ours" "${peers[@]}" "${options[@]}" "${arguments[@]}"
