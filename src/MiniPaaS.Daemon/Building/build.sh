#!/bin/bash
# Runs the buildpacks of builds inside the build container, as the dyno's user.
#
# usage: build.sh BUILD_DIR CACHE_DIR ENV_DIR RESULTS_DIR PLAN_DIR PLATFORM_DIR
#   PLAN_DIR      jobs         a pipe: a line per job, "JOB MARK"; it ends when the daemon lets go of it, and this program with it
#                                build  runs the packs
#                                clean  leaves of a build nothing but the programs that may serve the next one
#                 environment  lines of NAME=VALUE for the packs
#                 packs        how, the stack that is settled already (or an empty line), then a line per pack, "FOLDER LABEL"
#                                detect   the first of the packs that applies builds
#                                set      they build one after the other, and each must apply
#                 servers      paths of programs that may stay, as patterns
#   PLATFORM_DIR  holds the platform's own packs; those that were fetched lie where they run
#   MINIPAAS_STACK and the other variables of bin/stack are in the environment until a pack compiles.
#
# How it went is told in files of RESULTS_DIR, never by the output: status, outcome, detected, names, stack, release, and spent, the
# microseconds that the packs' own programs (detect, compile, release) took. A zero byte and the MARK, on both outputs, say that nothing
# more will come of the job.
set -u
umask 0022
unset HOSTNAME

build=$1 cache=$2 env_dir=$3 results=$4 plan=$5 platform=$6
packs=/tmp/codon/tmp/buildpacks
most=65536
names=() exports=() spent=0

result() { printf '%s' "$2" > "$results/$1"; }
finish() { result spent "$spent"; result outcome "$1"; exit 0; }
now() { printf -v "$1" '%s' "${EPOCHREALTIME/[.,]/}"; }

# timed PROGRAM...: and counts what it took as the packs'
timed() {
  local begun ended status=0
  now begun
  "$@" || status=$?
  now ended
  spent=$((spent + ended - begun))
  return $status
}

# Buildpacks write beside themselves, so each build has its own copy.
enter() {
  [[ -d $packs/$1 ]] || cp -r -- "$platform/$1" "$packs/$1"
  cd -- "$packs/$1" || exit
  chmod +x bin/* 2>/dev/null
}

# run PROGRAM ARGUMENT...: knowing what the packs before this one export. That is text for bash, which may do anything there:
# it gets a shell of its own.
run() {
  if ((${#exports[@]} == 0)); then
    "$@" </dev/null
  else
    bash -c 'program=("${@:$1 + 2}") at=$PWD; for export in "${@:2:$1}"; do . "$export"; done; cd -- "$at"; exec "${program[@]}"' \
      build "${#exports[@]}" "${exports[@]}" "$@" </dev/null
  fi
}

# detects FOLDER: whether the pack applies, and what it calls the app
detects() {
  enter "$1"
  timed detect && name=${name%%$'\n'*}
}
detect() { name=$(run ./bin/detect "$build" 2>"$results/said"); }

announce() {
  echo "-----> Building on the ${MINIPAAS_STACK^} stack"
  if [[ $how = detect ]]; then
    echo "-----> Determining which buildpack to use for this app"
  elif ((${#chosen[@]} == 1)); then
    echo "-----> Using buildpack: ${chosen[0]#* }"
  else
    local number=0
    echo "-----> Using buildpacks:"
    for pack in "${chosen[@]}"; do echo "       $((++number)). ${pack#* }"; done
  fi
}

find_pack() {
  for pack in "${chosen[@]}"; do
    if detects "${pack%% *}"; then
      chosen=("$pack")
      result detected "${pack%% *}"
      return
    fi
  done
  finish undetected
}

# The last pack that has an opinion settles it, as the language that an app is written in comes last. Without one the app is built
# on the stack the user has set, or on the default one.
settle_stack() {
  stack=""
  for pack in "${chosen[@]}"; do
    enter "${pack%% *}"
    [[ -f bin/stack ]] || continue
    if ! stack=$(./bin/stack "$build" "$env_dir" 2>"$results/said" </dev/null); then
      announce
      head -c $most "$results/said"
      finish no-stack
    fi
  done
  stack=${stack:-${MINIPAAS_STACK_WANTED:-${MINIPAAS_STACKS%% *}}}
  result stack "$stack"
  [[ $stack = "$MINIPAAS_STACK" ]] || finish other-stack
}

# compile FOLDER LABEL
compile() {
  if [[ $how = set ]] && ! detects "$1"; then
    echo "-----> App not compatible with buildpack: $2"
    [[ -f bin/detect && -f bin/compile ]] || echo "       It has no bin/detect and bin/compile: is it a buildpack?"
    { echo "$name"; head -c $most "$results/said"; } | sed '/^$/d; s/^/       /'
    finish incompatible
  fi
  names+=("${name:-Unknown}")
  result names "$(printf '%s\n' "${names[@]}")"
  echo "-----> $name app detected"
  timed run ./bin/compile "$build" "$cache" "$env_dir" || finish compile-failed
  if [[ -f export ]]; then exports+=("$PWD/export"); fi
}

job_build() {
  local line
  while IFS= read -r line; do export "${line?}"; done < "$plan/environment"
  { read -r how; read -r settled; mapfile -t chosen; } < "$plan/packs"
  result names ""
  if [[ $how = detect ]]; then find_pack; fi
  if [[ -z $settled ]]; then settle_stack; fi
  announce
  export -n MINIPAAS_STACKS MINIPAAS_STACKS_DIR MINIPAAS_STACK_WANTED
  for pack in "${chosen[@]}"; do compile "${pack%% *}" "${pack#* }"; done

  # The last pack says how the app is started; what the packs exported is not for it.
  if [[ -f bin/release ]]; then timed release || finish release-failed; fi
  finish built
}

release() {
  ./bin/release "$build" </dev/null | head -c $((most + 1)) > "$results/release"
  return "${PIPESTATUS[0]}"
}

job_clean() {
  local servers=() pattern path tries=0
  shopt -s nullglob dotglob
  while IFS= read -r pattern; do
    for path in $pattern; do servers+=("$path"); done
  done < "$plan/servers"
  while kill_others; do
    ((++tries < 200)) || exit 1
    read -r -t 0.01 <> <(:)
  done
  for path in /tmp/* /var/tmp/* /dev/shm/* "$HOME"/*; do
    case $path in "$build" | "$env_dir" | /tmp/codon | /tmp/.dotnet) continue ;; esac
    # The doors of those that stay.
    if [[ -S $path || -p $path ]]; then continue; fi
    [[ -L $path ]] || chmod -R u+rwx -- "$path"
    rm -rf -- "$path" || exit 1
  done
}

# Fails when there is none.
kill_others() {
  local process found=1 stat server
  for process in /proc/[0-9]*; do
    case ${process#/proc/} in 1 | "$$" | "$BASHPID") continue ;; esac
    for server in "${servers[@]}"; do
      if [[ $process/exe -ef $server ]]; then continue 2; fi
    done
    # One that has ended is only waiting to be noticed.
    { read -r stat < "$process/stat"; } 2>/dev/null || continue
    case ${stat##*) } in Z* | X*) continue ;; esac
    kill -KILL "${process#/proc/}" 2>/dev/null && found=0
  done
  return $found
}

exec {jobs}< "$plan/jobs"
while read -r job mark <&$jobs; do
  ("job_$job" {jobs}<&-)
  result status $?
  printf '\0%s' "$mark"
  printf '\0%s' "$mark" >&2
done
