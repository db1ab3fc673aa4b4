# Sourced by ./dev: one `taylordash standalone`, in the foreground or in the background, found by its data directory.
# shellcheck shell=bash

stack_binary=build/release/taylordash
stack_log=$PWD/.run/taylordash.log

# The binary's own default, so that `./dev up` and a bare `taylordash standalone` mean the same data.
if [[ -n ${TAYLORDASH_DATA_DIR:-} ]]; then
  stack_dir=$TAYLORDASH_DATA_DIR
elif [[ $(id -u) -eq 0 ]]; then
  stack_dir=/var/lib/taylordash
else
  stack_dir=${XDG_DATA_HOME:-$HOME/.local/share}/taylordash
fi

# TAYLORDASH_DATA_DIR reaches the binary through the environment.
stack_run() { exec "$stack_binary" standalone "$@"; }

# The file appears when the instance is ready, and goes when it stops; after a kill -9 it is left over, hence the question.
stack_ready() {
  [[ -f $stack_dir/run/env ]] && "$stack_binary" status --data-dir "$stack_dir" --ready >/dev/null 2>&1
}

stack_up() {
  [[ " $* " != *" --data-dir"* ]] || die "up: name the data directory as TAYLORDASH_DATA_DIR, so that down, env and status find it"
  if stack_ready; then
    say "it runs already"
    stack_where
    return
  fi
  mkdir -p "$(dirname "$stack_log")"
  setsid "$stack_binary" standalone "$@" </dev/null >"$stack_log" 2>&1 &
  local pid=$! deadline=$((SECONDS + 120))
  until stack_ready; do
    if ! kill -0 "$pid" 2>/dev/null; then
      tail -n 15 "$stack_log" >&2
      die "it ended before it was ready (above, and $stack_log)"
    fi
    ((SECONDS < deadline)) || die "not ready after 120 s; see $stack_log"
    sleep 0.1
  done
  stack_where
}

stack_where() {
  say "data in $stack_dir, log in $stack_log; './dev env' prints where to connect, './dev down' stops it"
}

stack_built() { [[ -x $stack_binary ]] || die "nothing is built yet; './dev up' builds and starts it"; }

# down [--purge]
stack_down() {
  stack_built
  exec "$stack_binary" standalone --stop "$@"
}

stack_status() {
  stack_built
  exec "$stack_binary" status --data-dir "$stack_dir" "$@"
}

stack_command() {
  stack_built
  TAYLORDASH_DATA_DIR=$stack_dir exec "$stack_binary" "$@"
}

stack_logs() {
  [[ -f $stack_log ]] || die "'./dev up' has not run here; './dev run' logs to its terminal, the servers to $stack_dir/log"
  exec tail -n 50 "$@" "$stack_log"
}

stack_env() {
  [[ -f $stack_dir/run/env ]] || die "nothing runs in $stack_dir; start it with './dev up' or './dev run'"
  cat "$stack_dir/run/env"
}
