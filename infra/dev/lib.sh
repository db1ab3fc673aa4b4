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
    [[ -n $package && $package != \#* && $groups == *" $group "* ]] && wanted+=("$package")
  done <infra/dev/packages.txt
  # `ii` and `hi` are installed; whatever is left over is not.
  comm -23 <(printf '%s\n' "${wanted[@]}" | sort -u) \
    <(dpkg-query -W -f '${db:Status-Abbrev}${Package}\n' "${wanted[@]}" 2>/dev/null |
      sed -n 's/^[ih]i //p' | sort -u)
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
  for place in main.cpp config pipeline schema mqtt storage actors http standalone verify cli bench tests examples; do
    [[ ! -e $place ]] || places+=("$place")
  done
  find "${places[@]}" \( -name '*.cpp' -o -name '*.hpp' \) -print0
}
