#!/usr/bin/env bash
# Everything the tests need, then every test. The last line is "N passed, N failed".
#   tests/run.sh [lint|unit|engine|e2e|buildpacks]...     all layers without names
set -euo pipefail
export LC_ALL=C.UTF-8 HOME=${HOME:-/root}

source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$source_dir"
source "$source_dir/src/install/report.sh"
source "$source_dir/src/install/packages.sh"
source "$source_dir/src/install/engine.sh"
source "$source_dir/src/install/sdk.sh"
source "$source_dir/src/install/publish.sh"

passed=0 failed=0 flaky=()
results=$source_dir/artifacts/test-results
declare -A projects=([unit]=MiniPaaS.Tests [engine]=MiniPaaS.Engine.Tests [e2e]=MiniPaaS.EndToEnd.Tests)
declare -A installed=()
prefix=/opt/minipaas action=test

main() {
  local layer layers=("$@")
  if ((${#layers[@]} == 0)); then layers=(lint unit engine e2e buildpacks); fi
  for layer in "${layers[@]}"; do
    case $layer in
      lint | unit | engine | e2e | buildpacks) ;;
      *) echo "Usage: tests/run.sh [lint|unit|engine|e2e|buildpacks]..." >&2; exit 2 ;;
    esac
  done
  exec 3>&1
  clear_line=""
  trap summary EXIT
  rm -rf "$results"
  prepare "${layers[@]}"
  for layer in "${layers[@]}"; do
    headline "Tests: $layer"
    case $layer in
      lint) lint ;;
      buildpacks) buildpack_tests ;;
      *) dotnet_tests "$layer" ;;
    esac
  done
}

headline() { printf '\n==> %s\n' "$1"; }

# Whatever ends the run, the last line tells the counts; a run without a single test has failed.
summary() {
  local status=$?
  if ((status != 0 && failed == 0 || passed + failed == 0)); then failed=$((failed + 1)); fi
  if ((failed || ${#flaky[@]})); then show_failures; fi
  if ((${#flaky[@]})); then
    headline "Flaky: failed at first, passed alone"
    printf '%s\n' "${flaky[@]}"
  fi
  echo
  echo "$passed passed, $failed failed"
  if ((failed)); then exit 1; fi
}

# What failed, once more: a long run's own place for it is far above the end.
show_failures() {
  local log failures
  for log in "$results"/*.log; do
    [[ -s $log ]] || continue
    failures=$(failures_in "$log")
    if [[ -n $failures ]]; then headline "Failed: $(basename "$log" .log)"; echo "$failures"; fi
  done
}

failures_in() {
  awk '/^  (Passed|Skipped) |^Results File|^Test Run/ { show = 0 } /^  Failed |Cleanup Failure/ { show = 60 } /^not ok/ { print } show && show-- { print substr($0, 1, 400) }' "$1"
}

# prepare LAYER...: the machine's packages, engine, stacks and NuGet packages, then one build
prepare() {
  if [[ " $* " =~ \ (engine|e2e|buildpacks)\  ]]; then
    "$source_dir/install.sh" --prepare
  fi
  # Those of the buildpacks make sources with them.
  if [[ " $* " = *" buildpacks "* ]]; then prepare_tools jq python3; fi
  [[ " $* " =~ \ (unit|engine|e2e)\  ]] || return 0
  if [[ " $* " = *" unit "* ]]; then prepare_nginx; fi
  # Tests change the database as somebody would who has got at it, and check signatures as their receivers do.
  if [[ " $* " = *" e2e "* ]]; then prepare_tools sqlite3 openssl; fi
  dotnet_root=$(find_sdk) || fail "There is no .NET $sdk_major SDK. Run: sudo ./install.sh --prepare"
  bootstrap_packages
  dotnet_environment
  headline "Building"
  dotnet build MiniPaaS.sln -c Release --nologo -v minimal
  if [[ " $* " = *" e2e "* ]]; then publish_for_end_to_end; fi
}

prepare_tools() {
  local tool
  for tool in "$@"; do have "$tool" || get_packages "$tool"; done
}

# What the router is compared with. Where packages can be installed, a test that finds none fails.
prepare_nginx() {
  if ! have nginx && [[ $EUID -eq 0 ]]; then get_packages_idle nginx-light; fi
  if have nginx || [[ $EUID -eq 0 ]]; then export MINIPAAS_TEST_NGINX=required; fi
}

# The end-to-end tests run the programs as an install publishes them.
publish_for_end_to_end() {
  headline "Publishing the programs for the end-to-end tests"
  runtime_id=linux-x64
  if [[ $(uname -m) = aarch64 ]]; then runtime_id=linux-arm64; fi
  publish_programs "$source_dir/artifacts/e2e" "$source_dir/artifacts/e2e-build"
}

# Counts come from the results file; a run that died without a failed test counts as one failure.
dotnet_tests() {
  local layer=$1 status=0 ok=0 bad=0 names
  run_tests "$layer" "$layer" || status=$?
  read -r ok bad < <(counts "$layer")
  if ((status != 0 && bad == 0)); then bad=1; fi
  if ((bad > 0 && bad <= 3)); then
    names=$(failed_names "$layer")
    if [[ -n $names ]]; then run_again "$layer" "$names" || true; fi
  fi
  add "$layer" "$ok" "$bad"
}

# run_tests LAYER NAME [OPTION...]: into NAME.log and NAME.trx
run_tests() {
  local layer=$1 name=$2
  shift 2
  mkdir -p "$results"
  MINIPAAS_E2E_BIN=$source_dir/artifacts/e2e timeout --foreground --kill-after=30 45m \
    dotnet test "tests/${projects[$layer]}" -c Release --no-build --nologo --results-directory "$results" \
    --logger "trx;LogFileName=$name.trx" --logger "console;verbosity=normal" "$@" </dev/null | tee "$results/$name.log"
}

counts() {
  local counters=""
  if [[ -s $results/$1.trx ]]; then counters=$(grep -o '<Counters [^>]*' "$results/$1.trx"); fi
  if [[ -z $counters ]]; then echo "0 0"; return; fi
  echo "$(counter passed "$counters")" \
    "$(($(counter failed "$counters") + $(counter error "$counters") + $(counter timeout "$counters") + $(counter aborted "$counters")))"
}

failed_names() { sed -n 's/^  Failed \([A-Za-z0-9_.]*\).*/\1/p' "$results/$1.log" | sort -u; }

# A few failures among hundreds are run once more, alone, to learn whether they depend on what ran beside them. They stay failures:
# a flaky test is a bug.
run_again() {
  local layer=$1 name filter=""
  for name in $2; do filter+="${filter:+|}FullyQualifiedName~$name"; done
  headline "Once more, alone: $(tr '\n' ' ' <<<"$2")"
  run_tests "$layer" "$layer-again" --filter "$filter" || return 1
  [[ $(counts "$layer-again") =~ ^[1-9][0-9]*\ 0$ ]] || return 1
  for name in $2; do flaky+=("$layer: $name"); done
}

counter() { sed -n "s/.* $1=\"\([0-9]*\)\".*/\1/p" <<<"$2"; }

add() {
  echo "$1: $2 passed, $3 failed"
  passed=$((passed + $2)) failed=$((failed + $3))
}

buildpack_tests() {
  local status=0 output last
  if [[ ! -x buildpacks/test ]]; then echo "There is no buildpacks/test."; return 0; fi
  mkdir -p "$results"
  output=$results/buildpacks.log
  "$source_dir/buildpacks/test" </dev/null 2>&1 | tee "$output" || status=$?
  last=$(tail -n 1 "$output")
  if [[ $last =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
    add buildpacks "${BASH_REMATCH[1]}" "$((BASH_REMATCH[2] > 0 || status == 0 ? BASH_REMATCH[2] : 1))"
  else
    add buildpacks 0 1
  fi
}

# Every shell program and what it sources, as one test. Buildpacks source files found at run time, so what those
# set and read cannot be followed.
lint() {
  local files
  if ! have shellcheck && ! { [[ $EUID -eq 0 ]] && get_packages shellcheck >/dev/null 2>&1; }; then
    echo "shellcheck cannot be had here; skipped."
    return 0
  fi
  mapfile -t files < <(find . \( -name .git -o -name artifacts -o -name examples -o -name fixtures \) -prune -o -type f -exec grep -lIE -m1 '^#!.*[/ ](ba|da)?sh( |$)' {} + | sort)
  if shellcheck --external-sources --check-sourced --source-path=SCRIPTDIR --source-path=. --severity=warning \
    --exclude=SC1090,SC1091,SC2034,SC2154 "${files[@]}"; then
    add lint 1 0
  else
    add lint 0 1
  fi
}

main "$@"
