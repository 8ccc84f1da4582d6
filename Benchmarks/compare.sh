#!/bin/bash
# Benchmarks/compare.sh [OPTION…] [TREE…]
# Packs trees with sysext-pack (release build) and with the newest mkfs.erofs at hand, in turn, and prints a table:
# docs/benchmarks.md says how to read it. Without a tree it makes one from this machine's own files.
# The options are those of `compare pairs`: --runs, --modes, --output, --jobs, … (--help lists them).
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"

# Headers, a few large programs and archives, scripts: all of it readable for everybody.
sample_tree() { # FOLDER
  local from
  mkdir -p "$1/usr/lib"
  for from in include lib/gcc lib/python3 share/perl; do
    [[ ! -d /usr/$from ]] || { mkdir -p "$1/usr/$from" && cp -a "/usr/$from/." "$1/usr/$from/"; }
  done
}

cut_arguments "$@"
find_peers
if [[ ${#arguments[@]} = 0 && " ${options[*]} " != *" --help "* && " ${options[*]} " != *" -h "* ]]; then
  temporary=$(mktemp -d "${TMPDIR:-/tmp}/sysext-sample.XXXXXX")
  trap 'rm -rf --one-file-system "$temporary"' EXIT
  sample_tree "$temporary/sample"
  arguments=("$temporary/sample")
fi
"$compare" pairs --ours "$ours" "${peers[@]}" "${options[@]}" "${arguments[@]}"
