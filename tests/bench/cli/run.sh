#!/usr/bin/env bash
# Start-up of `paas version` next to `heroku --version`: interleaved runs, so that both meet the same machine.
# Prints medians and their ratio; fails when paas needs more than 1/8 of heroku's time.
#   HEROKU_BIN=path   an installed heroku CLI; without it, npm installs one into the cache directory
#   N=20              runs of each
#   PAAS_BIN=path     a published paas; without it, one is published from the sources
set -euo pipefail
root=$(cd "$(dirname "$0")/../../.." && pwd)
runs=${N:-20}
limit=8
cache=${XDG_CACHE_HOME:-$HOME/.cache}/minipaas-bench
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

need() { command -v "$1" >/dev/null || { echo "This benchmark needs $1, which is not installed. $2" >&2; exit 2; }; }
log_or_die() { "$@" >"$work/log" 2>&1 || { tail -n 20 "$work/log" >&2; echo "Failed: $*" >&2; exit 2; }; }

heroku=${HEROKU_BIN:-$cache/node_modules/.bin/heroku}
if [ ! -x "$heroku" ]; then
  [ -z "${HEROKU_BIN:-}" ] || { echo "HEROKU_BIN=$HEROKU_BIN is not an executable file." >&2; exit 2; }
  need npm "Install it, or set HEROKU_BIN to an installed heroku CLI."
  echo "Installing the heroku CLI with npm into $cache ..."
  mkdir -p "$cache"
  log_or_die npm install --prefix "$cache" --no-audit --no-fund heroku
fi

paas=${PAAS_BIN:-$work/paas/paas}
if [ -z "${PAAS_BIN:-}" ]; then
  need dotnet "Install the .NET SDK, or set PAAS_BIN to a published paas."
  case $(uname -m) in x86_64) rid=linux-x64 ;; aarch64) rid=linux-arm64 ;; *) echo "No .NET runtime for $(uname -m)." >&2; exit 2 ;; esac
  echo "Publishing paas ..."
  log_or_die dotnet publish "$root/src/MiniPaaS.Cli" -c Release -r "$rid" --self-contained false -p:PublishReadyToRun=true -o "$work/paas"
fi

# Milliseconds of one run, appended to a file.
clock() {
  local file=$1 start end
  shift
  start=$(date +%s%N)
  "$@" >/dev/null 2>&1 || { echo "Failed: $*" >&2; exit 2; }
  end=$(date +%s%N)
  awk -v nanoseconds=$((end - start)) 'BEGIN { printf "%.2f\n", nanoseconds / 1e6 }' >>"$file"
}
median() { sort -n "$1" | awk '{ value[NR] = $1 } END { m = int((NR + 1) / 2); print NR % 2 ? value[m] : (value[m] + value[m + 1]) / 2 }'; }
best() { sort -n "$1" | head -n 1; }

# One run of each that does not count: their files enter the page cache.
clock "$work/warm" "$paas" version
clock "$work/warm" "$heroku" --version
for _ in $(seq "$runs"); do
  clock "$work/paas.ms" "$paas" version
  clock "$work/heroku.ms" "$heroku" --version
done

ours=$(median "$work/paas.ms")
theirs=$(median "$work/heroku.ms")
printf '%-18s %10s %10s\n' "$runs runs each" "median ms" "best ms"
printf '%-18s %10s %10s\n' "paas version" "$ours" "$(best "$work/paas.ms")"
printf '%-18s %10s %10s\n' "heroku --version" "$theirs" "$(best "$work/heroku.ms")"
awk -v ours="$ours" -v theirs="$theirs" -v limit="$limit" 'BEGIN {
  printf "ratio 1/%.1f (limit 1/%d)\n", theirs / ours, limit
  exit !(ours * limit <= theirs)
}'
