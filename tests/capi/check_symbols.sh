#!/bin/sh
# usage: check_symbols.sh LIBRARY LIST    the symbols that the library gives out are those of the list, neither more nor less
set -eu
found=$(nm -D --defined-only "$1" | awk '{ print $2, $3 }' | LC_ALL=C sort)
printf '%s\n' "$found" | diff -u "$2" - || { echo "what $1 gives out is not what $2 says" >&2; exit 1; }
