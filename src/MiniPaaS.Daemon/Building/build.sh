#!/bin/bash
# Runs the buildpacks of one build inside the build container, as the dyno's user.
#
# usage: build.sh detect|set BUILD_DIR CACHE_DIR ENV_DIR RESULTS_DIR PACKS_DIR PACK...
#        build.sh compile BUILD_DIR CACHE_DIR ENV_DIR RESULTS_DIR PACKS_DIR PACK NAME
#   detect   the first of the packs that applies builds
#   set      the user has set the pack: it must apply
#   compile  the pack has detected before, in a container of another stack, and called the app NAME
#   MINIPAAS_STACK and the other variables of bin/stack are in the environment until a pack compiles.
#
# How it went is told in files of RESULTS_DIR, never by the output: outcome, pack, name, stack, release.
set -u
umask 0022
unset HOSTNAME

how=$1 build=$2 cache=$3 env_dir=$4 results=$5 source=$6
shift 6
packs=/tmp/codon/tmp/buildpacks
most=65536

result() { printf '%s' "$2" > "$results/$1"; }
finish() { result outcome "$1"; exit 0; }

# Buildpacks write beside themselves, so each build has its own copy.
enter() { [[ -d $packs/$1 ]] || cp -r -- "$source/$1" "$packs/$1"; cd -- "$packs/$1" || exit; }

announce() {
  echo "-----> Building on the ${1^} stack"
  if [[ $how = set ]]; then echo "-----> Using buildpack: $pack"; else echo "-----> Determining which buildpack to use for this app"; fi
  echo "-----> $name app detected"
}

detect() {
  for pack in "$@"; do
    enter "$pack"
    if name=$(./bin/detect "$build" 2>"$results/said" </dev/null); then
      result pack "$pack"
      result name "$name"
      return
    fi
    if [[ $how = set ]]; then
      echo "-----> App not compatible with buildpack: $pack"
      { echo "$name"; head -c $most "$results/said"; } | sed '/^$/d; s/^/       /'
      finish incompatible
    fi
  done
  finish undetected
}

# A pack without an opinion builds on the stack the user has set, or on the default one.
choose_stack() {
  stack=${MINIPAAS_STACK_WANTED:-${MINIPAAS_STACKS%% *}}
  if [[ -x bin/stack ]] && ! stack=$(./bin/stack "$build" "$env_dir" 2>"$results/said" </dev/null); then
    announce "$MINIPAAS_STACK"
    head -c $most "$results/said"
    finish no-stack
  fi
  result stack "$stack"
  [[ $stack = "$MINIPAAS_STACK" ]] || finish other-stack
}

if [[ $how = compile ]]; then
  pack=$1 name=$2
  enter "$pack"
else
  detect "$@"
  choose_stack
fi

announce "$MINIPAAS_STACK"
export -n MINIPAAS_STACKS MINIPAAS_STACKS_DIR MINIPAAS_STACK_WANTED
./bin/compile "$build" "$cache" "$env_dir" </dev/null || finish compile-failed

if [[ -x bin/release ]]; then
  ./bin/release "$build" </dev/null | head -c $((most + 1)) > "$results/release"
  ((PIPESTATUS[0] == 0)) || finish release-failed
fi
finish built
