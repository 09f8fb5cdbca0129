# When a router serves: its admin socket says so.

# await_ready RUN_DIR PID: succeeds once the router with that pid has its routes; fails when it ends, or has none after 20 s.
await_ready() {
  local pid=$2 tries socket status
  for ((tries = 0; tries < 200; tries++)); do
    for socket in "$1"/routers/*.sock; do
      status=$(curl -s --max-time 2 --unix-socket "$socket" http://router/status) || continue
      if [[ $status = *"\"pid\":$pid,"* && $status = *'"synchronised":true'* ]]; then return 0; fi
    done
    kill -0 "$pid" 2>/dev/null || return 1
    sleep 0.1
  done
  return 1
}
