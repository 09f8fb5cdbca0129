# shellcheck shell=bash
# One measurement of one proxy. Sourced; needs $work, $span, $warm_up, $load_cores, $load_program and what proxies.sh sets.

# Requests a second of the latency measurement: what the slowest proxy carries on half a core.
declare -A rates=([small]=3000 [large]=160 [close]=800 [tls]=2400 [tls-new]=250 [h2]=2400)

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

# spread FILE: median [least-most]
spread() {
  sort -n "$1" | awk '{ v[NR] = $1 } END {
    m = int((NR + 1) / 2)
    x = NR % 2 ? v[m] : (v[m] + v[m + 1]) / 2
    f = v[NR] < 10 ? "%.2f [%.2f-%.2f]" : v[NR] < 100 ? "%.1f [%.1f-%.1f]" : "%.0f [%.0f-%.0f]"
    printf f, x, v[1], v[NR]
  }'
}
