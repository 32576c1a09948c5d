#!/usr/bin/env bash
# Installs a build into an empty prefix, then builds and runs the examples against that prefix alone:
# C and C++, through find_package and through pkg-config, with the shared and with the static library.
# usage: run.sh SOURCE BUILD CMAKE CC CXX
set -euo pipefail
source=$1 build=$2 cmake=$3 cc=$4 cxx=$5

work=$build/install_test
prefix=$work/prefix
rm -rf "$work"
mkdir -p "$work"
cp -r "$source/examples/c" "$source/examples/cpp" "$work"
DESTDIR='' "$cmake" --install "$build" --prefix "$prefix" >"$work/install.log"

library=$(find "$prefix" -name libentail.a -printf '%h\n')
export PKG_CONFIG_PATH=$library/pkgconfig
if grep -rqF "$source" "$prefix" --include='*.pc' --include='*.cmake' --include='*.h' --include='*.hpp'; then
  echo "an installed file names the source or build tree" >&2
  exit 1
fi
[ "$("$prefix/bin/entail" --version | awk '{ print $NF }')" = "$(pkg-config --modversion entail)" ]

input=$source/tests/golden/sdk/py_batch_batch_error.otlp.jsonl
# runs NAME PROGRAM: the program says and writes the same in all its forms, and keeps something.
runs() {
  local name=$1 program=$2 job
  job=$(basename "$program")
  timeout 60 "$program" "$input" "$work/$name.jsonl" >"$work/$name.txt"
  grep -q ' kept by policy ' "$work/$name.txt"
  grep -q '"resourceSpans"' "$work/$name.jsonl"
  for kind in txt jsonl; do
    if [ -e "$work/$job.$kind" ]; then cmp "$work/$job.$kind" "$work/$name.$kind"; else cp "$work/$name.$kind" "$work/$job.$kind"; fi
  done
  echo "$name: $(wc -l <"$work/$name.txt") lines"
}

needs_shared() { readelf -d "$1" | grep -q 'NEEDED.*libentail\.so\.1'; }

with_cmake() {
  local name=$1 folder=$2
  shift 2
  "$cmake" -S "$work/$folder" -B "$work/$name" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_C_COMPILER="$cc" \
    -DCMAKE_CXX_COMPILER="$cxx" -DCMAKE_BUILD_TYPE=Release "$@" >"$work/$name.log" 2>&1 &&
    "$cmake" --build "$work/$name" >>"$work/$name.log" 2>&1 || { cat "$work/$name.log"; exit 1; }
}

with_cmake c_shared c
needs_shared "$work/c_shared/keep_errors"
runs c_shared "$work/c_shared/keep_errors"
with_cmake c_static c -DENTAIL_STATIC=ON
! needs_shared "$work/c_static/keep_errors"
runs c_static "$work/c_static/keep_errors"
with_cmake cpp_static cpp
runs cpp_static "$work/cpp_static/keep_slow"
"$work/cpp_static/deliver" "$input" "$work/deliver.jsonl" | grep -q '^[1-9][0-9]* spans delivered, 0 not accepted$'

mkdir -p "$work/pc"
warnings="-Wall -Wextra -Wpedantic -Werror"
"$cc" -std=c11 $warnings -o "$work/pc/keep_errors" "$work/c/keep_errors.c" $(pkg-config --cflags --libs entail)
needs_shared "$work/pc/keep_errors"
LD_LIBRARY_PATH=$library runs pc_shared "$work/pc/keep_errors"
if command -v valgrind >/dev/null; then
  LD_LIBRARY_PATH=$library timeout 200 valgrind -q --error-exitcode=9 --leak-check=full \
    "$work/pc/keep_errors" "$input" "$work/valgrind.jsonl" >"$work/valgrind.txt"
  cmp "$work/valgrind.txt" "$work/pc_shared.txt"
  echo "valgrind: nothing to say"
fi
"$cc" -std=c11 $warnings -o "$work/pc/keep_errors" "$work/c/keep_errors.c" $(pkg-config --cflags --libs entail-static)
! needs_shared "$work/pc/keep_errors"
runs pc_static "$work/pc/keep_errors"
"$cxx" -std=c++20 $warnings -o "$work/pc/keep_slow" "$work/cpp/keep_slow.cpp" $(pkg-config --cflags --libs entail-static)
runs pc_cpp_static "$work/pc/keep_slow"
