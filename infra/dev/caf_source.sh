#!/usr/bin/env bash
# caf_source.sh DIRECTORY: the upstream source of the installed libcaf-dev, from Debian's source package, for the build that
# ThreadSanitizer has to see through. Does nothing when it is there. Changes nothing of the system's apt: a list of sources
# and a state of its own below DIRECTORY.
set -euo pipefail

to=$1
[[ -d $to/libcaf_core/src ]] && exit 0

say() { printf 'dev: %s\n' "$*" >&2; }
source_package=$(dpkg-query -W -f '${source:Package}=${source:Version}' libcaf-dev)
codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
# shellcheck disable=SC2016 # apt's own variables
mirror=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
  awk -v release="$codename" '$2 == release && $3 == "main" { print $1; exit }')
[[ -n $mirror ]] || {
  say "apt knows no mirror of Debian $codename, where the source of libcaf-dev would come from"
  exit 1
}

rm -rf "$to"
mkdir -p "$to/apt/lists/partial"
printf 'deb-src %s %s main\n' "$mirror" "$codename" >"$to/apt/sources.list"
apt=(apt-get -q -o "Dir::Etc::sourcelist=$to/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null
  -o "Dir::State::lists=$to/apt/lists" -o APT::Sandbox::User="$(id -un)")
say "getting the source of $source_package for the ThreadSanitizer build"
{
  "${apt[@]}" update &&
    (cd "$to" && "${apt[@]}" source --tar-only "$source_package")
} >"$to/log" 2>&1 || {
  tail -n 5 "$to/log" >&2
  say "the source of libcaf-dev could not be had; the whole output is in $to/log"
  exit 1
}
tar -xzf "$to"/*.orig.tar.gz -C "$to" --strip-components=1
rm -rf "$to/apt" "$to"/*.orig.tar.gz
# Compiled against the installed headers, which Debian does not patch: were that to change, two CAFs would be mixed.
diff -rq "$to/libcaf_core/caf" /usr/include/caf | grep '^Files' >&2 && {
  say "the source of CAF and the installed headers differ (above)"
  rm -rf "$to"
  exit 1
}
exit 0
