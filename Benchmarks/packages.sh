#!/bin/bash
# Benchmarks/packages.sh [OPTION…] FOLDER
# Makes images of RPM packages with sysext-pack; with rpm2cpio or bsdtar, the newest mkfs.erofs and sfdisk; and lists
# packages with sysext-pack and rpm: all in turn. Prints the table; the status is 1 where a value falls short.
# FOLDER has the trees gcc, debug and manyfiles; docs/benchmarks.md says what they are. The packages made of them take
# minutes, and are kept:
#   SYSEXT_PACKAGES  where (default: ${SYSEXT_PEERS}/packages, see common.sh); remove it to make them anew
# The options are those of `compare packages`: --runs, --output (--help lists them).
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"
store=${SYSEXT_PACKAGES:-$peers_folder/packages}

newest= rpmbuild=()
for suite in bookworm trixie sid; do
  for tree in "$peers_folder/peers-$suite"-*; do
    [[ ! -x $tree/usr/bin/rpm ]] || newest=$tree
  done
done

# Sets rpmbuild: this machine's, else that of the tree, with the tree's own loader and settings.
find_rpmbuild() {
  local loader
  if command -v rpmbuild >/dev/null; then
    rpmbuild=(rpmbuild)
    return
  fi
  for loader in "$newest"/usr/lib/*-linux-gnu/ld*.so.[0-9]; do
    [[ ! -f $loader ]] || rpmbuild=(env RPM_CONFIGDIR="$newest/usr/lib/rpm" MAGIC="$newest/usr/lib/file/magic"
      "$loader" --library-path "${loader%/*}" "$newest/usr/bin/rpmbuild")
  done
  [[ ${#rpmbuild[@]} -gt 0 ]] || { echo "no rpmbuild: install rpm, or run Tests/peers.sh" >&2; exit 2; }
}

# Cuts a tree, in the order of its paths, into packages with about as many bytes or files in each. The tree's own release
# file is left out, as it fits one name only.
make_set() { # TREE SET PAYLOAD COUNT bytes|files
  local tree=$1 set=$store/$2 payload=$3 top part
  [[ ! -d $set ]] || return 0
  echo "making the packages $2" >&2
  find_rpmbuild
  mkdir -p "$store"
  top=$(mktemp -d "$store/.making.XXXXXX")
  # shellcheck disable=SC2064
  trap "rm -rf --one-file-system '$top'" EXIT
  cp -a "$tree" "$top/tree"
  rm -rf "$top/tree/usr/lib/extension-release.d"
  (cd "$top/tree" && find . -mindepth 1 -printf '%y\t%s\t/%P\n') | LC_ALL=C sort -t $'\t' -k 3 >"$top/files"
  # `%%` is a percent sign in a spec file.
  awk -F '\t' -v count="$4" -v by="$5" -v list="$top/list." '
    { weight = by == "bytes" ? ($1 == "f" ? $2 : 0) : 1 }
    NR == FNR { all += weight; next }
    {
      part = int(sum * count / all); if (part == count) part = count - 1 # empty files at the end
      if (part != last) close(list last)
      sum += weight; last = part; gsub("%", "%%", $3)
      print ($1 == "d" ? "%dir " : "") "\"" $3 "\"" > (list part)
    }' "$top/files" "$top/files"
  {
    printf '%s\n' "Name: ${2%%-*}" 'Version: 1' 'Release: 1' 'Summary: a benchmark' 'License: none' '%description' 'None.' \
      '%install' 'mkdir -p %{buildroot}' "cp -a '$top/tree/.' %{buildroot}/"
    for part in "$top"/list.*; do
      printf '%s\n' "%package ${part##*.}" 'Summary: a part' 'AutoReqProv: no' "%description ${part##*.}" 'A part.' \
        "%files ${part##*.} -f $part" '%defattr(-,root,root,-)'
    done
  } >"$top/set.spec"
  "${rpmbuild[@]}" -bb --quiet --nodebuginfo --define "_topdir $top" --define "_rpmdir $top/out" \
    --define "_rpmfilename %%{NAME}.rpm" --define "_binary_payload $payload" --define '__os_install_post %{nil}' \
    --define '_build_id_links none' --define "_tmppath $top" --define '_rpmformat 4' "$top/set.spec" >"$top/log" 2>&1 || { tail -20 "$top/log" >&2; exit 1; }
  [[ $payload != *.xzdio ]] || cut_payloads "$top/out"
  mv -T "$top/out" "$set"
  rm -rf --one-file-system "$top"
  trap - EXIT
}

# Puts what `xz -dc` is to decode into FOLDER/payloads.
cut_payloads() { # FOLDER
  local package start
  mkdir "$1/payloads"
  for package in "$1"/*.rpm; do
    start=$(LC_ALL=C grep -abo -m 1 -P '\xfd7zXZ\x00' "$package" | cut -d : -f 1)
    tail -c "+$((start + 1))" "$package" >"$1/payloads/$(basename "$package" .rpm).xz"
  done
}

cut_arguments "$@"
sets=()
if [[ " ${options[*]} " != *" --help "* && " ${options[*]} " != *" -h "* ]]; then
  [[ ${#arguments[@]} = 1 ]] || { echo "Benchmarks/packages.sh: needs the FOLDER of the trees; --help lists the options" >&2; exit 2; }
  folder=$(readlink -f "${arguments[0]}")
  for name in gcc debug manyfiles; do
    for payload in gzip:w9.gzdio xz:w6.xzdio zstd:w19.zstdio; do
      make_set "$folder/$name" "$name-${payload%:*}" "${payload#*:}" 8 bytes
      sets+=("$store/$name-${payload%:*}")
    done
  done
  make_set "$folder/gcc" gcc-zstd-200 w19.zstdio 200 files
  make_set "$folder/manyfiles" manyfiles-zstd-1000 w3.zstdio 1000 files
  sets+=(--many "$store/gcc-zstd-200" --listed "$store/manyfiles-zstd-1000")
fi
"$compare" packages --ours "$ours" ${newest:+--peer-tree "$newest"} "${options[@]}" "${sets[@]}"
