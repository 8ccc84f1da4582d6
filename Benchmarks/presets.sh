#!/bin/bash
# Benchmarks/presets.sh [OPTION…] TREE…
# Builds images with each preset and other settings, mounts them, and prints how long the build took, how large the
# image is, and how fast it is read. Needs root, and drops the machine's page cache before each reading.
# The options are those of `compare presets`: --setting, --runs, --output (--help lists them).
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"
cut_arguments "$@"
"$compare" presets --ours "$ours" "${options[@]}" "${arguments[@]}"
