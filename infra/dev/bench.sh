#!/usr/bin/env bash
# bench.sh [WHAT [ARGS]]: measures, with the release build. Without a word: what there is.
set -euo pipefail
source infra/dev/lib.sh

usage() {
  cat <<'TEXT'
usage: ./dev bench WHAT [ARGS]

  pipeline   MQTT to committed row: the service against bare loops, interleaved       6 minutes
  latency    from when an event was due to its commit, open loop
  stages     nanoseconds of each stage of validation, and ajv's beside it             1 minute
  limits     the parts alone: bare loops, broker without database, COPY alone        10 minutes
  peers      the same job in Python with paho and asyncpg: INSERT each, COPY          5 minutes
  soak       hours at a steady rate: what grows
  all        pipeline, latency, stages, limits, peers and soak one after the other, and one summary of targets

  load, drain, drain-mosquitto, subscribe, copy, summary
             the tools that these are made of

Results go to build/bench-results as JSON and as a page (.html) that opens in any browser. ARGS go to the bench: try
`./dev bench pipeline --help`. `./dev bench all --quick` shows that everything works, not how fast. How much load fits on
this machine, and what stops it: `taylordash capacity --help`. What was measured, and how to read it: bench/README.md.
TEXT
}

program=build/release/bench/taylordash-bench

# Both sides on one thread, one after the other.
stages() {
  local work
  work=$(mktemp -d)
  # shellcheck disable=SC2064  # now: the name is local
  trap "rm -rf '$work'" EXIT
  node_packages
  build/release/bench/bench_stages --events "$work/events.json"
  build/release/bench/bench_stages --benchmark_filter='^(parse|document|schema|validate|validate_with_schemas)$' \
    --benchmark_repetitions=7 --benchmark_report_aggregates_only=true \
    --benchmark_out="$work/ours.json" --benchmark_out_format=json >/dev/null 2>"$work/log" || {
    cat "$work/log" >&2
    die "bench_stages failed (above)"
  }
  node bench/peers/ajv_stage.mjs "$work/events.json" >"$work/ajv.json"
  "$program" stages "$work/ours.json" "$work/ajv.json" "$@"
}

# Every bench, whatever became of the one before; 1 when one failed.
all() {
  local what results=() failed=() folder
  folder=build/bench-results/all-$(date -u +%Y-%m-%dT%H%M%SZ)
  mkdir -p "$folder"
  # Ctrl-C reaches the bench too, which stops its servers and removes its data; the rest is left out then.
  local stopped=
  trap 'stopped=yes' INT TERM HUP
  for what in pipeline latency stages limits peers soak; do
    [[ -z $stopped ]] || break
    say "bench $what"
    if run_one "$what" --output "$folder/$what.json" "$@"; then
      results+=("$folder/$what.json")
    else
      say "bench $what failed"
      failed+=(--failed "$what")
    fi
    echo
  done
  trap - INT TERM HUP
  if [[ -n $stopped ]]; then
    say "stopped; the results until then: $folder"
    return 130
  fi
  "$program" summary "${results[@]}" "${failed[@]}"
}

# run_one WHAT ARGS...
run_one() {
  local what=$1 arguments=() one
  shift
  if [[ $what != stages ]]; then
    "$program" "$what" "$@"
    return
  fi
  for one in "$@"; do [[ $one == --quick ]] || arguments+=("$one"); done # it has no short form
  (stages "${arguments[@]}")
}

what=${1:---help}
shift || true
case "$what" in
  -h | --help | help)
    usage
    exit 0
    ;;
  stages | peers | all) need build run test ;;
  pipeline | latency | limits | soak | load | drain | drain-mosquitto | subscribe | copy | summary) need build run ;;
  *)
    echo "dev: there is no bench '$what'" >&2
    usage >&2
    exit 2
    ;;
esac
build release taylordash taylordash-bench bench_stages >&2
if [[ $what == all ]]; then
  all "$@"
else
  run_one "$what" "$@"
fi
