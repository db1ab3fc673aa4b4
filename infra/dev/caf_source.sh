#!/usr/bin/env bash
# caf_source.sh DIRECTORY: the upstream source of the installed libcaf-dev, from Debian's source package, for the build that
# ThreadSanitizer has to see through. Does nothing when it is there, and gets it anew after an upgrade. Changes nothing of
# the system's apt: a list of sources and a state of its own.
set -euo pipefail

to=$1
say() { printf 'dev: %s\n' "$*" >&2; }
source_package=$(dpkg-query -W -f '${source:Package}=${source:Version}' libcaf-dev)
[[ $(cat "$to/package" 2>/dev/null) != "$source_package" ]] || exit 0

codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
# shellcheck disable=SC2016 # apt's own variables
mirror=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
  awk -v release="$codename" '$2 == release && $3 == "main" { print $1; exit }')
[[ -n $mirror ]] || {
  say "apt knows no mirror of Debian $codename, where the source of libcaf-dev would come from"
  exit 1
}

mkdir -p "$(dirname "$to")"
work=$(mktemp -d "$to.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/apt/lists/partial" "$work/source"
printf 'deb-src %s %s main\n' "$mirror" "$codename" >"$work/apt/sources.list"
apt=(apt-get -q -o "Dir::Etc::sourcelist=$work/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null
  -o "Dir::State::lists=$work/apt/lists" -o APT::Sandbox::User="$(id -un)")
say "getting the source of $source_package for the ThreadSanitizer build"
{
  "${apt[@]}" update &&
    (cd "$work" && "${apt[@]}" source --tar-only "$source_package")
} >"$work/log" 2>&1 || {
  tail -n 15 "$work/log" >&2
  say "the source of libcaf-dev could not be had (above)"
  exit 1
}
tar -xzf "$work"/*.orig.tar.gz -C "$work/source" --strip-components=1
# Compiled against the installed headers, which Debian does not patch: were that to change, two CAFs would be mixed.
if diff -rq "$work/source/libcaf_core/caf" /usr/include/caf | grep '^Files' >&2; then
  say "the source of CAF and the installed headers differ (above)"
  exit 1
fi
printf '%s\n' "$source_package" >"$work/source/package"
rm -rf "$to"
mv "$work/source" "$to"
