#!/usr/bin/env bash
# install.sh PACKAGE...: installs what is missing, says before what would be removed, and leaves no server running that
# was not there before: Debian would start a PostgreSQL cluster, a Mosquitto and a Prometheus on their standard ports.
set -euo pipefail

say() { printf 'dev: %s\n' "$*" >&2; }

packages=("$@")
apt=(apt-get -o DPkg::Lock::Timeout=300 -q -y --no-install-recommends install)

if [[ $(id -u) -ne 0 ]]; then
  if ! command -v sudo >/dev/null || { [[ ! -t 0 ]] && ! sudo -n true 2>/dev/null; }; then
    say "packages are missing and this is neither root nor able to use sudo. As root, once:"
    say "  apt-get install --no-install-recommends ${packages[*]}"
    exit 1
  fi
  say "installing with sudo: ${packages[*]}"
  exec sudo --preserve-env=http_proxy,https_proxy,no_proxy "$0" "${packages[@]}"
fi

export DEBIAN_FRONTEND=noninteractive
is_new() {
  local p
  for p in "${packages[@]}"; do [[ $p == "$1" ]] && return; done
  return 1
}

log=$(mktemp /tmp/taylordash-apt.XXXXXX.log)
failed() {
  tail -n 25 "$log" >&2
  say "installing packages failed; the whole output is in $log"
  exit 1
}
set -E
trap failed ERR

# -- nothing may start by itself, and everything is put back when this ends -------------------------------------------

policy=/usr/sbin/policy-rc.d
cluster_conf=/etc/postgresql-common/createcluster.conf
saved=$(mktemp -d)
put_back() {
  if [[ -e $saved/policy ]]; then rm -f "$policy"; fi
  if [[ -e $saved/createcluster.conf ]]; then cp -p "$saved/createcluster.conf" "$cluster_conf"; fi
  rm -rf "$saved"
}
trap put_back EXIT

hold_services() {
  [[ ! -e $policy ]] || return 0 # the administrator's own policy stands
  touch "$saved/policy"
  cat >"$policy" <<'POLICY'
#!/bin/sh
# Temporary, by TaylorDash's ./dev: only the program is wanted, not the system service.
case "$1" in mosquitto* | prometheus*) exit 101 ;; esac
POLICY
  chmod 755 "$policy"
}

hold_postgresql() {
  # Its configuration must stand before the server's package looks for it.
  "${apt[@]}" postgresql-common >>"$log" 2>&1
  cp -p "$cluster_conf" "$saved/createcluster.conf"
  echo 'create_main_cluster = false' >>"$cluster_conf"
}

# -- install ----------------------------------------------------------------------------------------------------------

say "installing ${#packages[@]} Debian packages: ${packages[*]}"
apt-get -o DPkg::Lock::Timeout=300 -q update >"$log" 2>&1 ||
  say "apt-get update failed; going on with the lists at hand"
removed=$("${apt[@]}" --simulate "${packages[@]}" 2>>"$log" | awk '/^Remv/ { printf "%s ", $2 }')
if [[ -n $removed ]]; then
  say "note: apt removes ${removed}(headers of another Boost, whose place 1.81 takes; nothing else is touched)"
fi
if is_new mosquitto || is_new prometheus; then hold_services; fi
if is_new postgresql-15; then hold_postgresql; fi
"${apt[@]}" "${packages[@]}" >>"$log" 2>&1
for service in mosquitto prometheus; do
  is_new "$service" || continue
  update-rc.d "$service" disable >>"$log" 2>&1 ||
    say "could not disable the system's $service service; it may start at the next boot"
done
rm -f "$log"
