# Steps: what runs, for how long, its log, and what to do when it fails.
# A step runs in a process group of its own with its output in a file; a person sees its title, a live line
# once it takes over a second, and the seconds it took. Steps launched together run side by side.

declare -A step_pid=() step_title=() step_hint=() step_started=() step_log=() step_said=()
table=()
running=()
install_started=${EPOCHREALTIME/[.,]/}

say() { printf '%s\n' "$*" >&3; }

# A remark for the person at the terminal; also from inside a step, whose own output goes to the log.
notice() { printf '%s    Note: %s\n' "$clear_line" "$*" >&3; }

fail() { printf 'Error: %s\n' "$*" >&2; exit 1; }

open_report() {
  exec 3>&1
  clear_line=""
  if is_terminal; then clear_line=$'\r\033[K'; fi
  step_dir=$(mktemp -d)
  trap close_report EXIT
  trap 'say ""; say "Interrupted."; exit 130' INT
  trap 'say "Terminated."; exit 143' TERM
}

is_terminal() { [[ -t 3 && ${TERM:-dumb} != dumb ]]; }

# open_log FILE: from here on the output of every step is kept in FILE; that of the run before in FILE.1
open_log() {
  log=$1
  mkdir -p "$(dirname "$log")"
  if [[ -s $log ]]; then mv -f "$log" "$log.1"; fi
  (umask 077; : >"$log")
}

close_report() {
  local key tries
  for key in "${running[@]}"; do kill -TERM -- "-${step_pid[$key]}" 2>/dev/null || true; done
  # Time to clean up; what is left then is not waited for.
  for key in "${running[@]}"; do
    for ((tries = 0; tries < 50; tries++)); do
      kill -0 -- "-${step_pid[$key]}" 2>/dev/null || break
      sleep 0.1
    done
    kill -KILL -- "-${step_pid[$key]}" 2>/dev/null || true
    keep_log "$key"
  done
  rm -rf "$step_dir"
}

# step TITLE HINT COMMAND...: runs one step and waits for it; HINT says what to do when it fails
step() { launch only "$@"; await only; }

# launch KEY TITLE HINT COMMAND...: starts a step; COMMAND may be a function
launch() {
  local key=$1
  step_title[$key]=$2 step_hint[$key]=$3 step_started[$key]=${EPOCHREALTIME/[.,]/} step_said[$key]=0
  step_log[$key]=$step_dir/${#table[@]}-$key
  shift 3
  is_terminal || say "==> ${step_title[$key]}"
  set -m
  (set -euo pipefail; trap - EXIT INT TERM; "$@") >"${step_log[$key]}" 2>&1 </dev/null &
  step_pid[$key]=$!
  set +m
  running+=("$key")
}

# await KEY...: shows the progress of these steps until all have ended; the first that fails ends the install
await() {
  local key waiting=("$@") left
  while ((${#waiting[@]})); do
    left=()
    for key in "${waiting[@]}"; do
      if kill -0 "${step_pid[$key]}" 2>/dev/null; then left+=("$key"); else finish_step "$key" "$#"; fi
    done
    waiting=("${left[@]}")
    if ((${#waiting[@]})); then
      show_progress "${waiting[@]}"
      sleep 0.1
    fi
  done
}

finish_step() {
  local key=$1 together=$2 status=0 name=""
  wait "${step_pid[$key]}" || status=$?
  stopped_running "$key"
  keep_log "$key"
  if ((status)); then explain_failure "$key" "$status"; exit 1; fi
  table+=("$(elapsed "$key")"$'\t'"${step_title[$key]}")
  if is_terminal; then
    say "$clear_line==> ${step_title[$key]}  done in $(elapsed "$key") s"
  else
    if ((together > 1)); then name="${step_title[$key]}: "; fi
    say "    ${name}done in $(elapsed "$key") s"
  fi
}

stopped_running() {
  local key left=()
  for key in "${running[@]}"; do [[ $key = "$1" ]] || left+=("$key"); done
  running=("${left[@]}")
}

keep_log() {
  [[ -n ${log:-} ]] || return 0
  { printf '\n=== %s (%s s)\n' "${step_title[$1]}" "$(elapsed "$1")"; cat "${step_log[$1]}"; } >>"$log"
}

# Seconds since the step began, with one decimal.
elapsed() { seconds_since "${step_started[$1]}"; }

seconds_since() {
  local tenths=$(((${EPOCHREALTIME/[.,]/} - $1 + 50000) / 100000))
  printf '%d.%d' $((tenths / 10)) $((tenths % 10))
}

# In a terminal one line that is written over; elsewhere one line per step every 15 seconds.
show_progress() {
  local key seconds parts="" part last width
  width=$(tput cols 2>/dev/null || echo 80)
  for key in "$@"; do
    seconds=$(((${EPOCHREALTIME/[.,]/} - ${step_started[$key]}) / 1000000))
    ((seconds >= 1)) || continue
    last=$(last_line "$key")
    if is_terminal; then
      # Steps side by side share the line.
      part="${step_title[$key]} ${seconds} s${last:+: $last}"
      parts+="${parts:+ | }${part:0:(width - 3) / $# - 3}"
    elif ((seconds >= step_said[$key] + 15)); then
      step_said[$key]=$((seconds - seconds % 15))
      say "    ${step_title[$key]}: ${seconds} s${last:+: ${last:0:100}}"
    fi
  done
  [[ -n $parts ]] || return 0
  parts="${spinner:$((spin++ % ${#spinner})):1} $parts"
  printf '%s%s' "$clear_line" "${parts:0:width-1}" >&3
}
spinner='|/-\' spin=0

# The last line a step wrote, in its detailed log where it keeps one.
last_line() {
  local file=${step_log[$1]} line
  if [[ -s $file.detail ]]; then file=$file.detail; fi
  line=$(tail -c 400 "$file" 2>/dev/null | tr '\r' '\n' | grep -a '[^[:space:]]' | tail -n 1 || true)
  printf '%s' "${line//[[:cntrl:]]/ }"
}

explain_failure() {
  local key=$1
  {
    printf '%s!!! %s: failed after %s s (exit code %s)\n' "$clear_line" "${step_title[$key]}" "$(elapsed "$key")" "$2"
    echo "    The last lines of its log:"
    tail -n 20 "${step_log[$key]}" | sed 's/^/    | /'
    printf '    What to do: %s\n' "${step_hint[$key]}"
    [[ -z ${log:-} ]] || printf '    The whole log: %s\n' "$log"
    echo "    Then run the same command again: what is done already is not done twice."
  } >&3
}

print_table() {
  local row
  say ""
  printf '%8s  %s\n' seconds step >&3
  for row in "${table[@]}"; do printf '%8s  %s\n' "${row%%$'\t'*}" "${row#*$'\t'}" >&3; done
  printf '%8s  %s\n' "$(seconds_since "$install_started")" total >&3
}
