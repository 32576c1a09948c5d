#!/usr/bin/env bash
# What programs, files and users of an earlier release have still works: tests/golden/release has, for each release, the
# symbols and struct layouts of its library, a configuration, and a decision log that it wrote for a load.
# (Bytes of stored contexts and snapshots are frozen in tests/links.)
# usage: upgrade_test.sh SOURCE ENTAIL WORK     ENTAIL: the command; WORK: a folder for outputs
set -euo pipefail
source=$1 entail=$2 work=$3
rm -rf "$work"
mkdir -p "$work"
fail() { echo "$release: $*" >&2; exit 1; }
# kept LOG: the IDs of the traces that a decision log keeps.
kept() { grep '"verdict":"keep"' "$1" | grep -o '"trace_id":"[0-9a-f]*"' | sort -u; }

count=0
for folder in "$source"/tests/golden/release/*/; do
  release=$(basename "$folder")
  count=$((count + 1))
  # A line may be added, none may change or go away.
  for list in symbols.txt layout.txt; do
    gone=$(grep -vxFf "$source/tests/capi/$list" "$folder/$list" || true)
    [ -z "$gone" ] || fail "$list no longer has: $gone"
  done
  "$entail" config check "$folder/config.yaml" >"$work/check.txt" 2>&1 || fail "its configuration is refused: $(cat "$work/check.txt")"
  "$entail" sample -c "$folder/config.yaml" "$folder/traces.jsonl" -o "$work/kept.jsonl" --decisions "$work/decisions.jsonl" \
    >"$work/summary.txt" 2>&1 || fail "its configuration cannot be used: $(cat "$work/summary.txt")"
  [ -n "$(kept "$folder/decisions.jsonl")" ] || fail "it kept nothing"
  diff <(kept "$folder/decisions.jsonl") <(kept "$work/decisions.jsonl") || fail "its configuration keeps other traces now"
  "$entail" why --error --decisions "$folder/decisions.jsonl" | grep -q 'Kept by policy errors' || fail "why does not read its decision log"
  "$entail" report --decisions "$folder/decisions.jsonl" "$folder/traces.jsonl" --to json -o "$work/report.json" \
    >"$work/report.txt" 2>&1 || fail "report does not read its decision log: $(cat "$work/report.txt")"
done
[ $count -gt 0 ] || { echo "no earlier release in tests/golden/release" >&2; exit 1; }
echo "$count releases: passed"
