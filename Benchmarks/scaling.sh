#!/bin/bash
# Benchmarks/scaling.sh [OPTION…] TREE
# Packs a tree with 1 thread to as many as there are cores, and prints time and instructions by threads.
# The options are those of `compare scaling`: --runs, --output, --ours-option (--help lists them).
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"
cut_arguments "$@"
"$compare" scaling --ours "$ours" "${options[@]}" "${arguments[@]}"
