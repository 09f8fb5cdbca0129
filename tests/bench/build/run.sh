#!/usr/bin/env bash
# What a push costs beside the buildpack's own work: every example, an app of 20,000 files and one of 300 MB, each built with an empty
# cache, after a change of one line, and unchanged; in the same rounds `docker build` of an equivalent Dockerfile.
# Prints Markdown tables of medians [least-most].
#   N=5          rounds
#   APPS="..."   only these (names of examples, many-files, large)
#   DOCKER=off   without docker build
set -euo pipefail
export LC_ALL=C.UTF-8
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
bench=$root/tests/bench/build
rounds=${N:-5}
work=$(mktemp -d)
visitors=() paasd_pid="" router_pid=""
# shellcheck source=tests/bench/push/platform.sh
source "$root/tests/bench/push/platform.sh"
# shellcheck source=tests/bench/build/figures.sh
source "$bench/figures.sh"
# shellcheck source=tests/bench/build/docker.sh
source "$bench/docker.sh"

# What a change of one line is: a file of the app, and a comment in its language.
declare -A changed=(
  [apt-qrcode]='server #' [dotnet-hello]='Program.cs //' [go-hello]='main.go //' [java-hello]='Hello.java //'
  [nodejs-hello]='server.js //' [nodejs-packages]='server.js //' [php-hello]='index.php //' [procfile-only]='server #'
  [python-hello]='app.py #' [ruby-hello]='app.rb #' [static-site]='public_html/index.html <!---->'
  [web-worker-release]='web #' [yet-another-test-app]='index.php //' [many-files]='server #' [large]='server #'
)
read -ra apps <<<"${APPS:-$(cd "$root/examples" && echo *) many-files large}"
kinds=(cold warm unchanged)

main() {
  local round app
  trap clean_up EXIT
  exec 3>&2
  mkdir -p "$work/samples" "$work/home"
  export HOME=$work/home XDG_CONFIG_HOME=$work/home GIT_CONFIG_NOSYSTEM=1 GIT_TERMINAL_PROMPT=0 no_proxy='*' NO_COLOR=1
  export GIT_AUTHOR_NAME=Bench GIT_AUTHOR_EMAIL=bench@example.org GIT_COMMITTER_NAME=Bench GIT_COMMITTER_EMAIL=bench@example.org
  machine="$(nproc) cores, load average $(cut -d' ' -f1 /proc/loadavg) before the start"
  start_platform
  prepare_docker
  for app in "${apps[@]}"; do first_push "$app"; done
  for ((round = 1; round <= rounds; round++)); do
    for app in "${apps[@]}"; do
      say "Round $round of $rounds: $app"
      measure "$app" "$round"
    done
  done
  report
}

say() { printf '%s\n' "$*" >&3; }

clean_up() {
  stop_load
  remove_docker
  remove_platform
  rm -rf "$work"
}

# --- the apps

enter() {
  app=$1 folder=$work/apps/$1
  local name
  name=bench-$app-$$
  url=http://$name.localhost:$MINIPAAS_HTTP_PORT/
}

first_push() {
  enter "$1"
  say "First push: $app"
  make_app
  git -C "$folder" init --quiet --initial-branch=master
  (cd "$folder" && "$paas" create "bench-$app-$$" >/dev/null)
  # A committed vendor directory is part of the app, whatever its .gitignore says.
  git -C "$folder" add --all --force
  git -C "$folder" commit --quiet --message "First"
  push first
}

make_app() {
  mkdir -p "$folder"
  cp -a "$root/examples/$(case $app in many-files | large) echo procfile-only ;; *) echo "$app" ;; esac)/." "$folder"
  case $app in
    many-files)
      # 20,000 files of 1 KB in 200 directories.
      mkdir -p "$folder"/tree/{1..200}
      (cd "$folder/tree" && head -c 15M /dev/urandom | base64 --wrap 1000 |
        awk 'NR <= 20000 { file = int((NR + 99) / 100) "/file" NR ".txt"; print > file; close(file) }')
      ;;
    large)
      # 300 MB in 100 files that nothing can compress.
      mkdir "$folder/data"
      for ((part = 1; part <= 100; part++)); do head -c 3M /dev/urandom >"$folder/data/$part"; done
      ;;
  esac
}

change() {
  local file mark
  read -r file mark <<<"${changed[$app]}"
  printf '\n%s change %s\n' "$mark" "$EPOCHREALTIME" >>"$folder/$file"
  if [[ $file = *.html ]]; then sed -i '$ d' "$folder/$file" && printf '<!-- %s -->\n' "$EPOCHREALTIME" >>"$folder/$file"; fi
  git -C "$folder" commit --quiet --all --message "Change"
}

# --- what is measured

# measure APP ROUND: each kind of build here and by Docker, whose turn changes with every round
measure() {
  local kind contender contenders=(push docker_build)
  enter "$1"
  start_load
  for kind in "${kinds[@]}"; do
    case $kind in
      cold) "$paas" builds:cache:purge --app "bench-$app-$$" >/dev/null; change ;;
      warm) change ;;
      unchanged) git -C "$folder" commit --quiet --allow-empty --message "Nothing changed" ;;
    esac
    for contender in "${contenders[@]:$2 % 2}" "${contenders[@]:0:$2 % 2}"; do "$contender" "$kind"; done
  done
  stop_load
}

# push KIND: its total, and what it says itself of every step
push() {
  local start=$EPOCHREALTIME name seconds packs=0 key=$app.$1
  if ! git -C "$folder" push paas master >"$work/out" 2>&1; then cat "$work/out" >&3; return 1; fi
  sample "$key.total" "$(elapsed "$start")"
  while read -r name seconds; do
    sample "$key.step.$name" "$seconds"
    if [[ $name = buildpack* ]]; then packs=$(sum "$packs" "$seconds"); fi
  done < <(sed -n 's/^remote: *Seconds: *//p' "$work/out" | tr ',' '\n' | awk 'NF { s = $NF; sub(/^ */, ""); sub(/ [0-9.]*[ ]*$/, ""); gsub(/ /, "-"); print $0, s }')
  sample "$key.packs" "$packs"
  sample "$key.platform" "$(awk -v t="$(tail -n 1 "$work/samples/$key.total")" -v p="$packs" 'BEGIN { printf "%.3f", t - p }')"
}

# --- the load: a visitor of the app that is built, some times a second, each time on a connection of its own

start_load() {
  visit &
  visitors=($!)
}

visit() {
  local answer
  while true; do
    if answer=$(curl -s --max-time 30 -o /dev/null -w '%{http_code}' "$url") && [[ $answer = 200 ]]; then
      echo >>"$work/answered"
    else
      echo "$app $answer" >>"$work/failed"
    fi
    sleep 0.1
  done
}

stop_load() {
  local visitor
  for visitor in "${visitors[@]}"; do
    kill "$visitor" 2>/dev/null || true
    wait "$visitor" 2>/dev/null || true
  done
  visitors=()
}

main
