#!/usr/bin/env bash
# check.sh [STEP...]: everything that is refused before a test runs. Each step can fail; all of them run.
# Steps: format includes scripts length tidy release.
set -uo pipefail
source infra/dev/lib.sh

format() { our_sources | xargs -0 -r clang-format --dry-run -Werror; }

includes() { /usr/bin/python3 infra/dev/check_includes.py; }

scripts() {
  local status=0
  shellcheck --external-sources dev .ci/run infra/dev/*.sh || status=1
  find infra tests -name '*.py' -print0 |
    PYTHONPYCACHEPREFIX=build/pycache xargs -0 /usr/bin/python3 -m py_compile || status=1
  return $status
}

# A warning only: "about 400 lines" is a habit with reasons for exceptions, not a wall.
length() {
  our_sources | xargs -0 -r wc -l |
    awk '$2 != "total" && $1 > 400 { printf "warning: %s has %d lines; a file holds one noun\n", $2, $1 }'
}

tidy() {
  [[ -f build/debug/compile_commands.json ]] || configure debug || return 1
  /usr/bin/python3 infra/dev/tidy.py --build build/debug --jobs "$(jobs)"
}

# The tests run the debug build; what `./dev run` builds meets other warnings of the optimiser.
release() { build release; }

steps=("$@")
((${#steps[@]})) || steps=(format includes scripts length tidy release)
failed=()
for step in "${steps[@]}"; do
  [[ $(type -t "$step") == function ]] || die "check: no step '$step'"
  if "$step"; then printf '%-10s ok\n' "$step"; else
    printf '%-10s FAILED\n' "$step"
    failed+=("$step")
  fi
done
((${#failed[@]} == 0)) || die "check failed: ${failed[*]}"
