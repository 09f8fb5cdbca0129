# Starting processes that outlive their starter, and pid files that cannot name somebody else's process: pid and the time it started, as the kernel counts it.

start_time() {
  local stat fields
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  # The name, in parentheses, may hold anything; what follows the last one does not.
  read -ra fields <<<"${stat##*) }"
  printf '%s' "${fields[19]}"
}

# write_pidfile FILE PID
write_pidfile() {
  printf '%s %s\n' "$2" "$(start_time "$2")" >"$1.new"
  mv -f "$1.new" "$1"
}

# Prints the pid when the process the file names still runs.
running_pid() {
  local pid started
  read -r pid started 2>/dev/null <"$1" || return 1
  [[ -n $pid && $(start_time "$pid") = "$started" ]] && printf '%s' "$pid"
}

# What outlives a shell must not hold its pipes, locks and sockets open.
close_inherited() {
  local file fd
  for file in /proc/"$BASHPID"/fd/*; do
    fd=${file##*/}
    if ((fd > 2 && fd != 255)); then exec {fd}>&-; fi
  done
}
