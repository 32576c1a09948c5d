#!/bin/sh
# usage: check_symbols.sh LIBRARY LIST    checks that the library exports exactly the symbols of the list
set -eu
found=$(nm -D --defined-only "$1" | awk '{ print $2, $3 }' | LC_ALL=C sort)
printf '%s\n' "$found" | diff -u "$2" - || { echo "$1 does not export the symbols of $2" >&2; exit 1; }
