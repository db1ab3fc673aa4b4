#!/usr/bin/env bash
# bench_stages.sh: what each stage of validation costs per event, and ajv's parse and validation of the same events beside
# it. Both on one thread, one after the other; medians.
set -euo pipefail
source infra/dev/lib.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

build release bench_stages >&2
node_packages
build/release/bench/bench_stages --events "$work/events.json"
build/release/bench/bench_stages --benchmark_filter='^(parse|document|schema|validate|validate_with_schemas)$' \
  --benchmark_repetitions=7 --benchmark_report_aggregates_only=true \
  --benchmark_out="$work/ours.json" --benchmark_out_format=json >/dev/null 2>"$work/log" || {
  cat "$work/log" >&2
  die "bench_stages failed (above)"
}
node bench/peers/ajv_stage.mjs "$work/events.json" >"$work/ajv.json"
/usr/bin/python3 bench/peers/stages_table.py "$work/ours.json" "$work/ajv.json"
