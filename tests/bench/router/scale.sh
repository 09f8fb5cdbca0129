#!/usr/bin/env bash
# What the number of apps costs: requests, flips and loading a snapshot with 1, 1,000 and 10,000 apps, each in a router of its own, and
# the memory of connections that are kept open and say nothing, and what is left of it once they have gone. Prints Markdown tables.
#   APPS="1 1000 10000"   numbers of apps
#   FLIPS=2000            flips of each measurement, the first tenth not counted
#   IDLE=20000            idle connections (needs ulimit -n of 27,000, which is raised if it may be)
#   APPS=                 the idle connections alone
#   CALM=30               seconds after which memory is read once they have left
#   SPAN, WARM_UP, ROUNDS, ROUTER_BIN, PROXY_CORES, LOAD_CORES   as in run.sh
set -euo pipefail
export LC_ALL=C.UTF-8
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
span=${SPAN:-3} warm_up=${WARM_UP:-10} rounds=${ROUNDS:-3} flips=${FLIPS:-2000} idle=${IDLE:-20000}
helpers=()
# shellcheck source=tests/bench/router/programs.sh
source "$here/programs.sh"
# shellcheck source=tests/bench/router/proxies.sh
source "$here/proxies.sh"
# shellcheck source=tests/bench/router/figures.sh
source "$here/figures.sh"

main() {
  need nginx h2load curl openssl taskset dotnet
  work=$(mktemp -d)
  chmod 755 "$work"
  trap 'stop_all; rm -rf "$work"' EXIT
  mkdir "$work/samples"
  publish
  start_backend
  if [[ -n ${APPS-all} ]]; then apps_table; fi
  idle_connections
}

apps_table() {
  local apps
  echo "| apps | CPU us/request | requests/s | p50 ms | p99 ms | flip p50 ms | flip p99 ms | above 1 ms in the router | snapshot loaded in ms | restart to first answer ms | memory MB |"
  echo "|---|---|---|---|---|---|---|---|---|---|---|"
  for apps in ${APPS:-1 1000 10000}; do with_apps "$apps"; done
}

with_apps() {
  local round loaded flip used slow
  rm -rf "$work/ours"
  start ours "$1"
  printf '%s apps\n' "$1" >&2
  saturate small ours "$warm_up" >/dev/null
  rm -f "$work"/samples/*
  for ((round = 1; round <= rounds; round++)); do measure small ours; done
  loaded=$(curl -fsS --unix-socket "$socket" -X PUT -H 'Content-Type: application/json' --data-binary "@$work/ours/routes.json" \
    http://router/routes -o "$work/told" -w '%{time_total}')
  read -ra flip < <(on_load_cores "$load_program" flips "$socket" "$1" "$flips" "127.0.0.1:$backend")
  slow=$(curl -fsS --unix-socket "$socket" http://router/metrics | sed -n 's/^minipaas_router_slow_changes_total //p')
  used=$(memory ours)
  restart_router
  printf '| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n' "$1" "$(figure cpu)" "$(figure rps)" "$(figure p50)" "$(figure p99)" \
    "${flip[1]}" "${flip[2]}" "$slow of $flips" "$(awk -v s="$loaded" 'BEGIN { printf "%.0f", s * 1000 }')" "$restart" "$used"
  stop ours
}

figure() { spread "$work/samples/small.ours.$1"; }

# Killed without a word and started again, as its supervisor does: sets $restart, the milliseconds until the first answer from the
# mirror on disk.
restart_router() {
  local start
  sleep 3
  kill -KILL "${pid[ours]}"
  wait "${pid[ours]}" 2>/dev/null || true
  start=${EPOCHREALTIME/./}
  run_router
  await "http://shop.localhost:${http[ours]}/small" ours
  restart=$(((${EPOCHREALTIME/./} - start) / 1000))
}

# Each was answered once and is kept alive.
idle_connections() {
  local before with after visitors
  allow_files
  rm -rf "$work/ours"
  start ours 1
  saturate small ours "$warm_up" >/dev/null
  before=$(memory ours)
  mkfifo "$work/hold"
  taskset -c "$load_cores" "$load_program" idle "${http[ours]}" "$idle" <"$work/hold" >"$work/idle" &
  visitors=$!
  exec 9>"$work/hold"
  until [[ -s $work/idle ]] || ! kill -0 "$visitors" 2>/dev/null; do sleep 0.2; done
  [[ -s $work/idle ]] || { echo "The idle connections could not be opened." >&2; return 1; }
  sleep 2
  with=$(memory ours)
  local counted
  counted=$(connections)
  exec 9>&-
  wait "$visitors"
  until (($(connections) == 0)); do sleep 0.2; done
  sleep "${CALM:-30}"
  after=$(memory ours)
  printf '\n%s idle connections (%s counted by the router): memory %s MB before, %s MB with them: %s KB each; %s MB %s s after they left.\n' \
    "$(<"$work/idle")" "$counted" "$before" "$with" "$(awk -v a="$before" -v b="$with" -v n="$counted" 'BEGIN { printf "%.1f", (b - a) * 1024 / n }')" \
    "$after" "${CALM:-30}"
}

# Public connections that the router has open.
connections() { curl -fsS --unix-socket "$socket" http://router/metrics | sed -n 's/^minipaas_router_connections //p'; }

# A router takes no more connections than three quarters of the descriptors it may have, and visitors have as many.
allow_files() {
  local files=$((idle * 4 / 3 + 200))
  if (($(ulimit -n) >= files)) || ulimit -n "$files" 2>/dev/null; then return 0; fi
  ulimit -n "$(ulimit -Hn)"
  idle=$(($(ulimit -n) * 3 / 4 - 100))
  echo "Only $idle idle connections: ulimit -n is $(ulimit -n) and may not be raised." >&2
}

main
