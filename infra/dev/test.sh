#!/usr/bin/env bash
# test.sh [NAME] [--tsan] [-- ARGS]: builds what the tests need, runs them, counts test cases. See ./dev --help.
# C++ suites (one per folder, through ctest) and the Python suites start every server they need themselves.
set -euo pipefail
source infra/dev/lib.sh

python_suites="dev schema_ajv fuzz integration fault"
# Of the faults a whole run takes a few rounds (of a seed without the slowest); `./dev test fault` takes each kind alone, too.
fault_short=(--seed n --rounds 4 --no-alone)
# Whatever has threads. CAF comes along as source, because ThreadSanitizer reports races that are none where it does not
# see a lock; the servers' own children and the commands are the address sanitizer's.
tsan_suites="pipeline schema mqtt storage actors gate lifecycle http verify"

name="" preset=debug runner_args=()
while (($#)); do
  case "$1" in
    --tsan) preset=tsan ;;
    --)
      shift
      runner_args=("$@")
      break
      ;;
    -*) die "test: unknown option '$1'" ;;
    *) name=$1 ;;
  esac
  shift
done

reports="build/$preset/reports"
started=$SECONDS
finish() { exec /usr/bin/python3 infra/dev/summary.py "$reports" --seconds $((SECONDS - started)) "$@"; }

is_word() { [[ " $2 " == *" $1 "* ]]; }

# -- what to run ------------------------------------------------------------------------------------------------------

cpp="" python="" targets=()
if [[ -n $name ]] && is_word "$name" "$python_suites"; then
  python=$name
elif [[ -n $name ]]; then
  [[ -f tests/$name/CMakeLists.txt ]] || die "no suite '$name'; there are: $(
    find tests -mindepth 2 -maxdepth 2 -name CMakeLists.txt -printf '%h\n' | xargs -n1 basename | sort | tr '\n' ' '
  )$python_suites"
  cpp=$name
elif [[ $preset == tsan ]]; then
  cpp=$tsan_suites
  say "tsan: $tsan_suites"
else
  cpp="all" python=$python_suites
fi

case "$cpp" in
  all) targets=() ;;
  *) for suite in $cpp; do targets+=("test_$suite"); done ;;
esac
if [[ $cpp != all ]]; then
  if is_word integration "$python"; then targets+=(taylordash taylordash-bench); fi
  if is_word fault "$python"; then targets+=(taylordash); fi
  if is_word schema_ajv "$python"; then targets+=(schema_verdicts); fi
fi

# -- build ------------------------------------------------------------------------------------------------------------

rm -rf "$reports"
mkdir -p "$reports"
if [[ -n $cpp ]] || ((${#targets[@]})); then
  say "building $preset"
  build "$preset" "${targets[@]}" || finish --broken build
fi
if is_word fuzz "$python"; then
  say "building fuzz"
  build fuzz fuzzers || finish --broken "the fuzz build"
fi

# -- run --------------------------------------------------------------------------------------------------------------

# Leaks are looked for: detect_leaks is ASan's default on Linux, said here because it is meant.
export ASAN_OPTIONS="detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1:handle_abort=1${ASAN_OPTIONS:+:$ASAN_OPTIONS}"
export UBSAN_OPTIONS="print_stacktrace=1:halt_on_error=1${UBSAN_OPTIONS:+:$UBSAN_OPTIONS}"
export TSAN_OPTIONS="halt_on_error=1:second_deadlock_stack=1${TSAN_OPTIONS:+:$TSAN_OPTIONS}"
# Each Boost.Test program ends with its counts as one line of XML, which summary.py adds up.
export BOOST_TEST_REPORT_LEVEL=short BOOST_TEST_REPORT_FORMAT=XML

if [[ -n $cpp ]]; then
  only=()
  [[ $cpp == all ]] || only=(-R "^(${cpp// /|})\$")
  # Twice the cores: the suites wait for servers two thirds of the time.
  ctest --test-dir "build/$preset" "${only[@]}" --output-on-failure -j $((2 * $(nproc))) --no-tests=error \
    --test-output-size-passed 1000000 --test-output-size-failed 4000000 \
    --output-junit "reports/ctest.xml" "${runner_args[@]}" </dev/null || true
  [[ -f $reports/ctest.xml ]] || finish --broken ctest
fi
for suite in $python; do
  status=0
  if [[ $suite == schema_ajv ]]; then node_packages; fi
  short=()
  if [[ $suite == fault && -z $name ]]; then short=("${fault_short[@]}"); fi
  TAYLORDASH_BIN="${TAYLORDASH_BIN:-$PWD/build/$preset/taylordash}" PYTHONDONTWRITEBYTECODE=1 \
    TD_SCHEMA_VERDICTS="$PWD/build/$preset/tests/schema_ajv/schema_verdicts" \
    /usr/bin/python3 -m pytest -c tests/pytest.ini "tests/$suite" --junit-xml="$reports/$suite.xml" \
    -o "junit_suite_name=$suite" "${short[@]}" "${runner_args[@]}" </dev/null || status=$?
  # 0 and 1 are results, 5 is "nothing selected"; everything else means that pytest itself broke.
  if ((status > 1 && status != 5)) || [[ ! -f $reports/$suite.xml ]]; then finish --broken "$suite"; fi
done
finish
