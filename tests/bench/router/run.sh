#!/usr/bin/env bash
# What a request costs in our router, next to nginx, HAProxy, Caddy and stock YARP: all with an access log on, the same backend, the same
# cores, one after the other in every round and in another order each time, so that all meet the same machine.
# Prints a Markdown table per case: median [least-most] over the rounds, and the CPU time as a ratio to nginx's of the same round.
#   --quick           two short rounds of the small requests only
#   ROUNDS=5          rounds
#   SPAN=3            seconds of each measurement
#   CASES, PROXIES    which ones (default: all); PROXIES of: nginx haproxy caddy yarp yarp-nolog ours
#   APPS=1            apps that ours and YARP route
#   ROUTER_BIN        a published paas-router; without it, one is published as an install does
#   PROXY_CORES, LOAD_CORES   for taskset (default: the first core, all others)
set -euo pipefail
export LC_ALL=C.UTF-8
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
rounds=${ROUNDS:-5} span=${SPAN:-3} warm_up=${WARM_UP:-12} apps=${APPS:-1}
cases=${CASES:-small large close tls tls-new h2}
proxies=${PROXIES:-nginx haproxy caddy yarp yarp-nolog ours}
if [[ ${1:-} = --quick ]]; then rounds=2 span=2 warm_up=6 cases=${CASES:-small}; fi
helpers=()
# shellcheck source=tests/bench/router/programs.sh
source "$here/programs.sh"
# shellcheck source=tests/bench/router/proxies.sh
source "$here/proxies.sh"
# shellcheck source=tests/bench/router/figures.sh
source "$here/figures.sh"

declare -A titles=(
  [small]="Small GETs, 32 connections kept alive" [large]="1 MB bodies, 8 connections kept alive"
  [close]="Small GETs, a new connection each" [tls]="Small GETs over TLS, 32 connections kept alive"
  [tls-new]="Small GETs, a new TLS connection each, no resumption" [h2]="Small GETs over HTTP/2 and TLS, 8 connections of 8 streams")

main() {
  need nginx haproxy caddy h2load curl openssl taskset dotnet
  work=$(mktemp -d)
  chmod 755 "$work"
  trap 'stop_all; rm -rf "$work"' EXIT
  mkdir "$work/samples"
  publish
  machine="$(nproc) cores, load average $(cut -d' ' -f1 /proc/loadavg) before the start; proxies on core $proxy_cores, load and backend on core $load_cores"
  start_backend
  local proxy
  for proxy in $proxies; do start "$proxy" "$apps"; done
  local round case list
  for case in $cases; do
    for proxy in $proxies; do warm "$case" "$proxy"; done
    read -ra list <<<"$proxies"
    for ((round = 1; round <= rounds; round++)); do
      printf '%s, round %s of %s\n' "$case" "$round" "$rounds" >&2
      for proxy in "${list[@]}"; do measure "$case" "$proxy"; done
      list=("${list[@]:1}" "${list[0]}")
    done
  done
  report
}

# Until the just-in-time compilers have seen what is hot; the others need no more than a connection.
warm() {
  case $2 in yarp* | ours) ;; *) return 0 ;; esac
  printf '%s: warming %s\n' "$1" "$2" >&2
  saturate "$1" "$2" "$warm_up" >/dev/null
}

# --- the tables

report() {
  local case proxy
  for case in $cases; do
    printf '\n**%s**; latency at %s requests/s\n\n' "${titles[$case]}" "${rates[$case]}"
    echo "| proxy | CPU us/request | x nginx | requests/s | CPU us/request at that rate | p50 ms | p99 ms | memory MB | failed |"
    echo "|---|---|---|---|---|---|---|---|---|"
    for proxy in $proxies; do row "$case" "$proxy"; done
  done
  printf '\nMedian [least-most] of %s rounds of %s s. Machine: %s.\n' "$rounds" "$span" "$machine"
  printf 'Versions: nginx %s, HAProxy %s, Caddy %s, YARP %s, paas-router %s.\n' "$(nginx -v 2>&1 | sed 's|.*/||')" \
    "$(haproxy -v | sed -n '1s/.*version \([^ ]*\).*/\1/p')" "$(caddy version | cut -d' ' -f1)" \
    "$(sed -n 's/.*Yarp.ReverseProxy" Version="\([^"]*\).*/\1/p' "$root/Directory.Packages.props")" "$("$router_program" --version | cut -d' ' -f2)"
}

row() {
  local at=$work/samples/$1.$2 ratio=-
  if [[ -f $work/samples/$1.nginx.cpu ]]; then
    paste "$at.cpu" "$work/samples/$1.nginx.cpu" | awk '{ printf "%.4f\n", ($2 > 0) ? $1 / $2 : 0 }' >"$at.ratio"
    ratio=$(spread "$at.ratio")
  fi
  printf '| %s | %s | %s | %s | %s | %s | %s | %s | %s |\n' "$2" "$(spread "$at.cpu")" "$ratio" "$(spread "$at.rps")" \
    "$(spread "$at.cpu-at-rate")" "$(spread "$at.p50")" "$(spread "$at.p99")" "$(spread "$at.memory")" "$(awk '{ s += $1 } END { print s }' "$at.failed")"
}

main
