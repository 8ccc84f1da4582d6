#!/bin/bash
# Benchmarks/scaling.sh [OPTION…] TREE
# Packs a tree with 1 thread to as many as there are cores, and prints time and instructions by threads.
# The options are those of `compare scaling`: --runs, --output, --ours-option (--help lists them).
# Where the processor's counter is not to be had, valgrind counts: that needs cc and strip, too.
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"
cut_arguments "$@"
temporary=$(mktemp -d "${TMPDIR:-/tmp}/sysext-scaling.XXXXXX")
trap 'rm -rf --one-file-system "$temporary"' EXIT
counted=()
# valgrind does not read every form of debug information.
if strip --strip-debug -o "$temporary/sysext-pack" "$ours" && cc -shared -fPIC -o "$temporary/sigsuspend.so" "$here/sigsuspend.c"; then
  counted=(--valgrind-ours "$temporary/sysext-pack" --valgrind-preload "$temporary/sigsuspend.so")
fi
"$compare" scaling --ours "$ours" "${counted[@]}" "${options[@]}" "${arguments[@]}"
