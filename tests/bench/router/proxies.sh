# shellcheck shell=bash
# The proxies that are compared, and the backend: each started with a file of configs/ in a folder of its own below $work.
# Sourced; needs $root, $here, $work, $proxy_cores, $load_cores.
#   start PROXY           sets pid[PROXY], http[PROXY], https[PROXY]
#   processes PROXY       prints the ids of all its processes

declare -A pid=() http=() https=()
next_port=$((21000 + $$ % 8000))

free_port() {
  while (exec 3<>"/dev/tcp/127.0.0.1/$next_port") 2>/dev/null; do next_port=$((next_port + 1)); done
  printf -v "$1" %s "$next_port"
  next_port=$((next_port + 1))
}

processes() { printf '%s\n' "${pid[$1]}"; pgrep -P "${pid[$1]}" || true; }

start_backend() {
  mkdir -p "$work/files"
  printf 'Hello from a dyno, in about a hundred bytes, which is what many answers of an API come to in the end.\n' >"$work/files/small"
  head -c 1048576 /dev/zero >"$work/files/large"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=shop.localhost \
    -addext subjectAltName=DNS:shop.localhost,DNS:*.localhost -keyout "$work/tls.key" -out "$work/tls.crt" 2>"$work/openssl.log"
  cat "$work/tls.crt" "$work/tls.key" >"$work/tls.pem"
  free_port backend
  launch backend "$load_cores" nginx -c "$(config backend backend.conf)" -e "$work/backend/error.log"
  await "http://127.0.0.1:$backend/small" backend
}

# start PROXY [APPS]
start() {
  local name=$1 apps=${2:-1}
  mkdir -p "$work/$name"
  free_port "http[$name]"
  free_port "https[$name]"
  case $name in
    nginx) launch nginx "$proxy_cores" nginx -c "$(config nginx nginx.conf)" -e "$work/nginx/error.log" ;;
    haproxy) launch haproxy "$proxy_cores" haproxy -db -f "$(config haproxy haproxy.cfg)" ;;
    caddy)
      HOME=$work/caddy XDG_DATA_HOME=$work/caddy XDG_CONFIG_HOME=$work/caddy \
        launch caddy "$proxy_cores" caddy run --adapter caddyfile --config "$(config caddy Caddyfile)"
      ;;
    yarp) start_yarp yarp "$work/yarp" "$apps" ;;
    yarp-nolog) start_yarp yarp-nolog - "$apps" ;;
    ours) start_router "$apps" ;;
    *) echo "There is no proxy $name." >&2; return 1 ;;
  esac
  await "http://shop.localhost:${http[$name]}/small" "$name"
}

start_yarp() {
  launch "$1" "$proxy_cores" "$yarp_program" "${http[$1]}" "${https[$1]}" "127.0.0.1:$backend" "$work/tls.crt" "$work/tls.key" "$2" "$3"
}

# As an install starts it, with the log read by someone, as the control plane does.
start_router() {
  run_router
  local tries
  for ((tries = 0; tries < 200; tries++)); do
    socket=$(compgen -G "$work/ours/run/routers/*.sock" || true)
    if [[ -n $socket ]] && curl -fs --unix-socket "$socket" http://router/status >/dev/null; then break; fi
    sleep 0.1
  done
  snapshot "$1" >"$work/ours/routes.json"
  tell PUT /routes "$work/ours/routes.json"
  certificates >"$work/ours/certificates.json"
  tell PUT /certificates "$work/ours/certificates.json"
  curl -sN --unix-socket "$socket" http://router/log -o "$work/ours/access.log" &
  helpers+=($!)
}

run_router() {
  MINIPAAS_HTTP_PORT=${http[ours]} MINIPAAS_HTTPS_PORT=${https[ours]} MINIPAAS_STATE_DIR=$work/ours/state MINIPAAS_RUN_DIR=$work/ours/run \
    launch ours "$proxy_cores" "$router_program"
}

tell() {
  local told
  told=$(curl -sS --unix-socket "$socket" -X "$1" -H 'Content-Type: application/json' --data-binary "@$3" "http://router$2" -w ' %{http_code}')
  [[ $told = *" 200" ]] || { echo "The router refused $1 $2: $told" >&2; return 1; }
}

# snapshot APPS: shop and as many others, all on the backend
snapshot() {
  awk -v apps="$1" -v address="127.0.0.1:$backend" -v boot="$(</proc/sys/kernel/random/boot_id)" 'BEGIN {
    printf "{\"boot_id\":\"%s\",\"apps\":[", boot
    for (n = 0; n < apps; n++) {
      name = n ? "app" n : "shop"
      printf "%s{\"app\":\"%s\",\"version\":1,\"release\":1,\"hosts\":[\"%s.localhost\"],\"mode\":\"serve\",", n ? "," : "", name, name
      printf "\"targets\":[{\"id\":\"%s-1\",\"address\":\"%s\",\"dyno\":\"web.1\"}]}", name, address
    }
    print "]}"
  }'
}

certificates() {
  printf '{"certificates":[{"hosts":["shop.localhost"],"chain":"%s","key":"%s"}]}\n' \
    "$(awk '{ printf "%s\\n", $0 }' "$work/tls.crt")" "$(awk '{ printf "%s\\n", $0 }' "$work/tls.key")"
}

# config FOLDER FILE: the file with this run's paths and ports
config() {
  mkdir -p "$work/$1"
  sed -e "s|@WORK@|$work|g" -e "s|@BACKEND@|$backend|g" -e "s|@HTTP@|${http[$1]:-}|g" -e "s|@HTTPS@|${https[$1]:-}|g" \
    -e "s|@WORKERS@|$proxy_core_count|g" "$here/configs/$2" >"$work/$1/$2"
  printf %s "$work/$1/$2"
}

# launch NAME CORES COMMAND...
launch() {
  local name=$1 cores=$2
  shift 2
  taskset -c "$cores" "$@" >"$work/$name/out" 2>&1 &
  pid[$name]=$!
}

await() {
  local tries
  for ((tries = 0; tries < 600; tries++)); do
    if curl -fs --noproxy '*' --resolve "*:$(port_of "$1"):127.0.0.1" -o "$work/awaited" "$1"; then return 0; fi
    kill -0 "${pid[$2]}" 2>/dev/null || break
    sleep 0.1
  done
  echo "$2 does not serve $1:" >&2
  tail -n 20 "$work/$2/out" >&2
  return 1
}

port_of() { sed 's|.*:\([0-9]*\)/.*|\1|' <<<"$1"; }

stop() {
  kill "${pid[$1]}" 2>/dev/null || true
  wait "${pid[$1]}" 2>/dev/null || true
  unset "pid[$1]"
}

stop_all() {
  local name helper
  for helper in "${helpers[@]}"; do kill "$helper" 2>/dev/null || true; done
  for name in "${!pid[@]}"; do kill "${pid[$name]}" 2>/dev/null || true; done
  for name in "${!pid[@]}"; do wait "${pid[$name]}" 2>/dev/null || true; done
}
