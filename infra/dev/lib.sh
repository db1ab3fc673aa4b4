# Sourced by ./dev and its parts, from the root of the repository: packages, builds, the instance in the background.
# shellcheck shell=bash

say() { printf 'dev: %s\n' "$*" >&2; }
die() {
  say "$*"
  exit 1
}

# -- packages ---------------------------------------------------------------------------------------------------------

# need GROUP...: every package of these groups is installed, or the script ends with one clear message.
need() {
  command -v dpkg-query >/dev/null || {
    say "this is not Debian: the packages of infra/dev/packages.txt have to be there already"
    return 0
  }
  local missing
  mapfile -t missing < <(missing_packages "$@")
  [[ ${#missing[@]} -eq 0 ]] || infra/dev/install.sh "${missing[@]}"
}

missing_packages() {
  local groups=" $* " wanted=() package group _
  while read -r package group _; do
    [[ -n $package && $package != \#* && $groups == *" $group "* ]] || continue
    # A Node from elsewhere brings its npm along, and Debian's would conflict with it.
    [[ $package == nodejs || $package == npm ]] && command -v npm >/dev/null && continue
    wanted+=("$package")
  done <infra/dev/packages.txt
  # `ii` and `hi` are installed; whatever is left over is not.
  comm -23 <(printf '%s\n' "${wanted[@]}" | sort -u) \
    <(dpkg-query -W -f '${db:Status-Abbrev}${Package}\n' "${wanted[@]}" 2>/dev/null |
      sed -n 's/^[ih]i //p' | sort -u)
}

# npm's packages for the tests, as tests/schema/package-lock.json has them, into .cache/node; scripts find them by NODE_PATH.
node_packages() {
  local from=tests/schema to=.cache/node
  if ! cmp -s "$from/package-lock.json" "$to/installed.json"; then
    say "installing npm packages into $to"
    rm -rf "$to"
    mkdir -p "$to"
    cp "$from/package.json" "$from/package-lock.json" "$to/"
    npm --prefix "$to" ci --no-audit --no-fund --loglevel=error >&2 || die "npm ci failed (above)"
    cp "$from/package-lock.json" "$to/installed.json"
  fi
  export NODE_PATH=$PWD/$to/node_modules
}

# -- build ------------------------------------------------------------------------------------------------------------

# Compilers at once: one per core, but no more than memory allows (1.5 GiB each with sanitizers).
jobs() {
  local cores memory
  cores=$(nproc)
  memory=$(awk '/^MemAvailable/ { print int($2 / 1572864) }' /proc/meminfo)
  ((memory >= 1)) || memory=1
  echo "${TD_JOBS:-$((cores < memory ? cores : memory))}"
}

configure() {
  mkdir -p build
  if [[ $1 == tsan ]]; then infra/dev/caf_source.sh "$PWD/.cache/caf" || return 1; fi
  cmake --preset "$1" >"build/$1.configure.log" 2>&1 || {
    cat "build/$1.configure.log" >&2
    say "configuring the $1 build failed (above)"
    return 1
  }
}

# build PRESET [TARGET...]
build() {
  local preset=$1
  shift
  [[ -f build/$preset/build.ninja ]] || configure "$preset" || return 1
  cmake --build --preset "$preset" -j "$(jobs)" ${1+--target "$@"}
}

# -- sources ----------------------------------------------------------------------------------------------------------

# Our C++ files, NUL-separated.
our_sources() {
  local place places=()
  for place in main.cpp config pipeline schema identity mqtt storage doctor actors http standalone verify cli bench tests examples; do
    [[ ! -e $place ]] || places+=("$place")
  done
  find "${places[@]}" \( -name '*.cpp' -o -name '*.hpp' \) -print0
}
