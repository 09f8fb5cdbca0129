# shellcheck shell=bash
# Samples of a benchmark and the tables made of them. Sourced; needs $work, and $apps, $kinds and $machine for the report.

sample() { printf '%s\n' "$2" >>"$work/samples/$1"; }
elapsed() { awk -v a="$1" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.3f", b - a }'; }
sum() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.3f", a + b }'; }

# spread KEY: median [least-most] of its samples, or a dash
spread() {
  if [[ ! -s $work/samples/$1 ]]; then printf -- '-'; return; fi
  sort -n "$work/samples/$1" | awk '{ v[NR] = $1 } END {
    m = int((NR + 1) / 2)
    printf "%.2f", NR % 2 ? v[m] : (v[m] + v[m + 1]) / 2
    if (NR > 1) printf " [%.2f-%.2f]", v[1], v[NR]
  }'
}

median() { spread "$1" | cut -d' ' -f1; }

report() {
  local kind steps=(reuse prepare source fetch container buildpack buildpack-on-its-stack pack load attest launch) app step
  printf '\n| seconds of %s rounds | push | buildpack | platform | docker build | and run |\n|---|---|---|---|---|---|\n' "$rounds"
  for app in "${apps[@]}"; do
    for kind in first "${kinds[@]}"; do
      printf '| %s, %s | %s | %s | %s | %s | %s |\n' "$app" "$kind" "$(spread "$app.$kind.total")" "$(spread "$app.$kind.packs")" \
        "$(spread "$app.$kind.platform")" "$(spread "$app.$kind.docker")" "$(spread "$app.$kind.docker-run")"
    done
  done
  printf '\n| medians of the steps |'
  printf ' %s |' "${steps[@]}"
  printf '\n|---%s|\n' "$(printf '|---%.0s' "${steps[@]}")"
  for app in "${apps[@]}"; do
    for kind in first "${kinds[@]}"; do
      printf '| %s, %s |' "$app" "$kind"
      for step in "${steps[@]}"; do printf ' %s |' "$(median "$app.$kind.step.$step")"; done
      printf '\n'
    done
  done
  printf '\nMachine: %s. Requests of the load: %s answered, %s failed.\n' "$machine" "$(lines answered)" "$(lines failed)"
}

lines() { if [[ -f $work/$1 ]]; then wc -l <"$work/$1"; else echo 0; fi; }
