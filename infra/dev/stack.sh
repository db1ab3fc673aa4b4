# Sourced by ./dev: one `taylordash standalone` in the foreground or in the background, found by its data directory.
# shellcheck shell=bash

stack_binary=build/release/taylordash

# The binary's own default, so that `./dev up` and a bare `taylordash standalone` mean the same data.
if [[ -n ${TAYLORDASH_DATA_DIR:-} ]]; then
  stack_dir=$TAYLORDASH_DATA_DIR
elif [[ $(id -u) -eq 0 ]]; then
  stack_dir=/var/lib/taylordash
else
  stack_dir=${XDG_DATA_HOME:-$HOME/.local/share}/taylordash
fi
stack_log=$PWD/.run/taylordash.log

stack_run() { exec "$stack_binary" standalone --data-dir "$stack_dir" "$@"; }

# Whether the instance runs and every dependency answers.
stack_ready() {
  [[ -f $stack_dir/run/env ]] || return 1
  local HTTP_URL=""
  # shellcheck disable=SC1091
  source "$stack_dir/run/env"
  "$stack_binary" status --url "$HTTP_URL" --ready >/dev/null 2>&1
}

stack_up() {
  if stack_ready; then
    say "it runs already"
    stack_where
    return
  fi
  mkdir -p "$(dirname "$stack_log")"
  setsid "$stack_binary" standalone --data-dir "$stack_dir" "$@" </dev/null >>"$stack_log" 2>&1 &
  local pid=$! deadline=$((SECONDS + 60))
  until stack_ready; do
    if ! kill -0 "$pid" 2>/dev/null; then
      tail -n 15 "$stack_log" >&2
      die "it ended before it was ready (above, and $stack_log)"
    fi
    ((SECONDS < deadline)) || die "not ready after 60 s; see $stack_log"
    sleep 0.1
  done
  stack_where
}

stack_where() {
  say "data in $stack_dir, log in $stack_log; './dev env' prints where to connect, './dev down' stops it"
}

stack_down() {
  [[ ! -x $stack_binary ]] || "$stack_binary" standalone --stop --data-dir "$stack_dir"
  if [[ ${1:-} == --purge ]]; then
    # Only ever a directory that is an instance's.
    [[ -f $stack_dir/taylordash.instance || ! -e $stack_dir ]] || die "$stack_dir does not look like an instance's data; not removed"
    rm -rf "$stack_dir"
    say "removed $stack_dir"
  fi
}

stack_status() { exec "$stack_binary" status --data-dir "$stack_dir" "$@"; }

stack_logs() { exec tail -n 50 "$@" "$stack_log"; }

stack_env() {
  [[ -f $stack_dir/run/env ]] || die "nothing runs in $stack_dir; start it with './dev up'"
  cat "$stack_dir/run/env"
}
