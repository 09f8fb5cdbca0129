#!/usr/bin/env bash
# How long a change takes from the command to its first answer, under a light steady load that must not lose a request.
# Prints Markdown tables: median [least-most] seconds of N runs each, then the seconds of every step as the push reports them.
#   N=10                       runs of each kind
#   PAAS_SERVER, PAAS_TOKEN    measure this platform instead of an instance of the benchmark's own
#   PAAS_BIN                   the paas program to use with it (default: paas on PATH)
set -euo pipefail
export LC_ALL=C.UTF-8
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
runs=${N:-10}
work=$(mktemp -d)
apps=() helpers=() paasd_pid="" router_pid=""
# shellcheck source=tests/bench/push/platform.sh
source "$root/tests/bench/push/platform.sh"

main() {
  trap clean_up EXIT
  exec 3>&2
  mkdir -p "$work/samples" "$work/home"
  user_environment
  if [[ -n ${PAAS_SERVER:-} && -n ${PAAS_TOKEN:-} ]]; then paas=${PAAS_BIN:-paas}; else start_platform; fi

  machine="$(nproc) cores, load average $(cut -d' ' -f1 /proc/loadavg) before the start"
  say "php-hello: first push"
  new_app php
  commit_php 0
  first_push
  idle_memory
  start_load
  measure "Push, nothing changed" no_change_push
  measure "Push, one line of PHP changed" php_push
  measure "config:set" config_set
  measure "rollback" rollback
  stop_load

  say "dotnet-hello: first push"
  new_app dotnet
  commit_dotnet 0
  first_push
  start_load
  measure "Push, one line of C# changed" dotnet_push
  measure "Push, one line of C# changed, cache and builder purged" cold_push
  stop_load
  report
  ((failed == 0))
}

say() { printf '%s\n' "$*" >&3; }

user_environment() {
  export HOME=$work/home XDG_CONFIG_HOME=$work/home GIT_CONFIG_NOSYSTEM=1 GIT_TERMINAL_PROMPT=0 no_proxy='*' NO_COLOR=1
  export GIT_AUTHOR_NAME=Bench GIT_AUTHOR_EMAIL=bench@example.org GIT_COMMITTER_NAME=Bench GIT_COMMITTER_EMAIL=bench@example.org
}

clean_up() {
  local app helper
  for helper in "${helpers[@]}"; do kill "$helper" 2>/dev/null || true; done
  if [[ -n $paasd_pid ]]; then
    remove_platform
  else
    for app in "${apps[@]}"; do "$paas" destroy "$app" --confirm "$app" >/dev/null 2>&1 || true; done
  fi
  rm -rf "$work"
}

# --- the apps: every answer begins with its release, so that the first one of a new release can be told

new_app() {
  app=bench-$1-$$ folder=$work/$1
  mkdir "$folder"
  cp -a "$root/examples/$1-hello/." "$folder"
  git -C "$folder" init --quiet --initial-branch=master
  (cd "$folder" && "$paas" create "$app" >/dev/null)
  apps+=("$app")
  url=$(cd "$folder" && "$paas" apps:info --json | sed -n 's/.*"web_url": *"\([^"]*\)".*/\1/p')
  release=0
}

commit() {
  git -C "$folder" add --all
  git -C "$folder" commit --quiet --allow-empty --message "$1"
}

commit_php() {
  cat >"$folder/index.php" <<PHP
<?php
echo getenv('HEROKU_RELEASE_VERSION'), ' change $1';
PHP
  commit "Change $1"
}

commit_dotnet() {
  cat >"$folder/Program.cs" <<CSHARP
var app = WebApplication.CreateBuilder(args).Build();
app.MapGet("/", () => Environment.GetEnvironmentVariable("HEROKU_RELEASE_VERSION") + " change $1");
app.Run();
CSHARP
  commit "Change $1"
}

push() { git -C "$folder" push paas master 2>&1; }

first_push() {
  if ! push >"$work/out"; then cat "$work/out" >&3; return 1; fi
  release=1
}

# --- what is measured; the part before the clock starts, then the part under it

no_change_push_prepare() { commit "Nothing changed"; }
no_change_push() { push; }
php_push_prepare() { commit_php "$1"; }
php_push() { push; }
dotnet_push_prepare() { commit_dotnet "$1"; }
dotnet_push() { push; }
cold_push_prepare() { commit_dotnet "cold $1"; "$paas" builds:cache:purge --app "$app" >"$work/out" 2>&1; }
cold_push() { push; }
config_set_prepare() { value=$1; }
config_set() { "$paas" config:set "BENCH=$value" --app "$app" 2>&1; }
rollback_prepare() { :; }
rollback() { "$paas" rollback --app "$app" 2>&1; }

# measure TITLE FUNCTION: N times FUNCTION, timed to its return and to the first answer of the new release
measure() {
  local title=$1 action=$2 run start returned watcher key=${1//[^A-Za-z#]/_}
  printf '%s\n' "$title" >>"$work/titles"
  for ((run = 1; run <= runs; run++)); do
    say "$title: $run of $runs"
    "${action}_prepare" "$run"
    release=$((release + 1))
    watch_for "v$release " "$work/served" &
    watcher=$!
    start=$EPOCHREALTIME
    if ! "$action" >"$work/out"; then
      cat "$work/out" >&3
      return 1
    fi
    returned=$EPOCHREALTIME
    wait "$watcher"
    sample "$key.returned" "$start" "$returned"
    sample "$key.served" "$start" "$(<"$work/served")"
    steps "$key"
  done
}

# watch_for PREFIX FILE: writes the moment of the first answer that begins so
watch_for() {
  local tries body
  for ((tries = 0; tries < 4000; tries++)); do
    body=$(curl -s --max-time 10 "$url" || true)
    if [[ $body = "$1"* ]]; then printf '%s' "$EPOCHREALTIME" >"$2"; return 0; fi
    sleep 0.02
  done
  return 1
}

sample() { awk -v a="$2" -v b="$3" 'BEGIN { printf "%.3f\n", b - a }' >>"$work/samples/$1"; }

# The push's own account, as in "Seconds: prepare 0.01, buildpack 0.20, launch 0.40", and the moment of the flip.
steps() {
  local name seconds
  while read -r name seconds; do
    grep -qsxF "$name" "$work/steps" || printf '%s\n' "$name" >>"$work/steps"
    printf '%s\n' "$seconds" >>"$work/samples/$1.step.$name"
  done < <(sed -n 's/^remote: *Seconds: *//p' "$work/out" | tr ',' '\n' | awk 'NF { s = $NF; sub(/^ */, ""); sub(/ [0-9.]*[ ]*$/, ""); gsub(/ /, "-"); print $0, s }')
  sed -n 's/^remote: .*Traffic moved to v[0-9]* in \([0-9.]*\) ms.*/\1/p' "$work/out" >>"$work/samples/flip"
}

# --- the load: two visitors, a few requests a second, each on a connection of its own

start_load() {
  for _ in 1 2; do
    visit &
    helpers+=($!)
  done
}

visit() {
  local answer
  while true; do
    if answer=$(curl -s --max-time 30 -o /dev/null -w '%{http_code}' "$url") && [[ $answer = 200 ]]; then
      echo >>"$work/load.ok"
    else
      echo "$answer" >>"$work/load.failed"
    fi
    sleep 0.3
  done
}

stop_load() {
  local helper
  for helper in "${helpers[@]}"; do
    kill "$helper"
    wait "$helper" 2>/dev/null || true
  done
  helpers=()
}

idle_memory() {
  [[ -n $paasd_pid ]] || return 0
  sleep 3
  local name pid
  for name in paasd router; do
    pid=${name}_pid
    awk -v name="$name" '/^VmRSS/ { printf "| %s | %.0f MB |\n", name == "router" ? "paas-router" : name, $2 / 1024 }' "/proc/${!pid}/status" >>"$work/memory"
  done
}

# --- the tables

# spread FILE: median [least-most]
spread() {
  sort -n "$1" | awk '{ v[NR] = $1 } END {
    m = int((NR + 1) / 2)
    printf "%.2f [%.2f-%.2f]", NR % 2 ? v[m] : (v[m] + v[m + 1]) / 2, v[1], v[NR]
  }'
}

report() {
  local title key step
  failed=0
  if [[ -f $work/load.failed ]]; then failed=$(wc -l <"$work/load.failed"); fi
  printf '\n| median [least-most] seconds of %s | command returned | new release answers |\n|---|---|---|\n' "$runs"
  while IFS= read -r title; do
    key=${title//[^A-Za-z#]/_}
    printf '| %s | %s | %s |\n' "$title" "$(spread "$work/samples/$key.returned")" "$(spread "$work/samples/$key.served")"
  done <"$work/titles"
  printf '\n| step of a push, seconds |'
  while IFS= read -r step; do printf ' %s |' "$step"; done <"$work/steps"
  printf '\n|---|'
  while IFS= read -r step; do printf -- '---|'; done <"$work/steps"
  while IFS= read -r title; do
    key=${title//[^A-Za-z#]/_}
    compgen -G "$work/samples/$key.step.*" >/dev/null || continue
    printf '\n| %s |' "$title"
    while IFS= read -r step; do
      printf ' %s |' "$(if [[ -f $work/samples/$key.step.$step ]]; then spread "$work/samples/$key.step.$step"; else echo -; fi)"
    done <"$work/steps"
  done <"$work/titles"
  if [[ -s $work/samples/flip ]]; then printf '\n\nFlip of the traffic: %s ms.' "$(spread "$work/samples/flip")"; fi
  printf '\nMachine: %s.' "$machine"
  printf '\nRequests of the load: %s answered, %s failed.\n' "$(wc -l <"$work/load.ok")" "$failed"
  if [[ -f $work/memory ]]; then printf '\n| idle, resident memory | |\n|---|---|\n%s\n' "$(<"$work/memory")"; fi
}

main
