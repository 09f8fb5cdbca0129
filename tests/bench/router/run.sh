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

declare -A titles=(
  [small]="Small GETs, 32 connections kept alive" [large]="1 MB bodies, 8 connections kept alive"
  [close]="Small GETs, a new connection each" [tls]="Small GETs over TLS, 32 connections kept alive"
  [tls-new]="Small GETs, a new TLS connection each, no resumption" [h2]="Small GETs over HTTP/2 and TLS, 8 connections of 8 streams")
# Requests a second of the latency measurement: what the slowest proxy carries on half a core.
declare -A rates=([small]=3000 [large]=160 [close]=800 [tls]=2400 [tls-new]=250 [h2]=2400)

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

# measure CASE PROXY: one sample of each figure
measure() {
  local before after answered failed rate answer
  before=$(cpu "$2")
  read -r answered failed < <(saturate "$1" "$2" "$span")
  after=$(cpu "$2")
  sample "$1" "$2" cpu "$before" "$after" "$answered"
  printf '%s\n' "$((answered / span))" >>"$work/samples/$1.$2.rps"
  before=$after
  answer=$(at_rate "$1" "$2" "${rates[$1]}" "$span")
  after=$(cpu "$2")
  read -r answered rate p50 p99 <<<"$answer"
  sample "$1" "$2" cpu-at-rate "$before" "$after" "$answered"
  printf '%s\n' "$p50" >>"$work/samples/$1.$2.p50"
  printf '%s\n' "$p99" >>"$work/samples/$1.$2.p99"
  memory "$2" >>"$work/samples/$1.$2.memory"
  printf '%s\n' "$((failed + rate))" >>"$work/samples/$1.$2.failed"
}

sample() { awk -v a="$4" -v b="$5" -v n="$6" 'BEGIN { printf "%.2f\n", n ? (b - a) * 1e6 / n : 0 }' >>"$work/samples/$1.$2.$3"; }

# Seconds of CPU, in and out of the kernel, of all its processes.
cpu() {
  local process
  for process in $(processes "$1"); do sed 's/.*) //' "/proc/$process/stat"; done |
    awk -v tick="$(getconf CLK_TCK)" '{ t += $12 + $13 } END { printf "%.2f", t / tick }'
}

memory() {
  local process
  for process in $(processes "$1"); do cat "/proc/$process/status"; done | awk '/^VmRSS/ { s += $2 } END { printf "%.0f\n", s / 1024 }'
}

# saturate CASE PROXY SECONDS: as many requests as it carries; prints how many were answered and how many not
saturate() {
  case $1 in
    small) load "$2" http 32 "$3" --h1 ;;
    large) load_path=large load "$2" http 8 "$3" --h1 ;;
    tls) load "$2" https 32 "$3" --h1 ;;
    h2) load "$2" https 8 "$3" -m 8 ;;
    close) on_load_cores "$load_program" connections http "${http[$2]}" /small x16 "$3" | cut -d' ' -f1,2 ;;
    tls-new) on_load_cores "$load_program" connections https "${https[$2]}" /small x16 "$3" | cut -d' ' -f1,2 ;;
  esac
}

# at_rate CASE PROXY RATE SECONDS: prints answered, failed, and the milliseconds that half and 99 % of the requests took at most
at_rate() {
  case $1 in
    small) load_at "$2" http 32 "$3" "$4" --h1 ;;
    large) load_path=large load_at "$2" http 8 "$3" "$4" --h1 ;;
    tls) load_at "$2" https 32 "$3" "$4" --h1 ;;
    h2) load_at "$2" https 8 "$3" "$4" -m 8 ;;
    close) new_at http "${http[$2]}" "$3" "$4" ;;
    tls-new) new_at https "${https[$2]}" "$3" "$4" ;;
  esac
}

# load PROXY SCHEME CLIENTS SECONDS H2LOAD_OPTION...
load() {
  local port=${http[$1]}
  if [[ $2 = https ]]; then port=${https[$1]}; fi
  on_load_cores h2load -t 1 -c "$3" -D "$4" "${@:5}" --connect-to="127.0.0.1:$port" \
    "$2://shop.localhost:$port/${load_path:-small}" >"$work/h2load"
  sed -n 's/^requests: .* \([0-9]*\) succeeded, \([0-9]*\) failed.*/\1 \2/p' "$work/h2load"
}

# load_at PROXY SCHEME CLIENTS RATE SECONDS H2LOAD_OPTION...
load_at() {
  local counts
  rm -f "$work/requests"
  counts=$(load "$1" "$2" "$3" "$5" "--rps=$(awk -v r="$4" -v c="$3" 'BEGIN { print r / c }')" "--log-file=$work/requests" "${@:6}")
  cut -f3 "$work/requests" | sort -n | awk -v counts="$counts" '{ v[NR] = $1 / 1000 } END { print counts, v[int(NR / 2) + 1], v[int(NR * .99) + 1] }'
}

new_at() {
  local answer
  read -ra answer < <(on_load_cores "$load_program" connections "$1" "$2" /small "$3" "$4")
  printf '%s\n' "${answer[0]} ${answer[1]} ${answer[3]} ${answer[4]}"
}

on_load_cores() { timeout $((span + warm_up + 30)) taskset -c "$load_cores" "$@"; }

# --- the tables

# spread FILE: median [least-most]
spread() {
  sort -n "$1" | awk '{ v[NR] = $1 } END {
    m = int((NR + 1) / 2)
    x = NR % 2 ? v[m] : (v[m] + v[m + 1]) / 2
    f = v[NR] < 10 ? "%.2f [%.2f-%.2f]" : v[NR] < 100 ? "%.1f [%.1f-%.1f]" : "%.0f [%.0f-%.0f]"
    printf f, x, v[1], v[NR]
  }'
}

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
    paste "$at.cpu" "$work/samples/$1.nginx.cpu" | awk '{ print $2 > 0 ? $1 / $2 : 0 }' >"$at.ratio"
    ratio=$(spread "$at.ratio")
  fi
  printf '| %s | %s | %s | %s | %s | %s | %s | %s | %s |\n' "$2" "$(spread "$at.cpu")" "$ratio" "$(spread "$at.rps")" \
    "$(spread "$at.cpu-at-rate")" "$(spread "$at.p50")" "$(spread "$at.p99")" "$(spread "$at.memory")" "$(awk '{ s += $1 } END { print s }' "$at.failed")"
}

main
