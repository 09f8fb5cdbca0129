# shellcheck shell=bash
# An instance of MiniPaaS for a benchmark: own namespace, port, subnet and directories, and nothing left of it afterwards.
# Sourced; needs $root (the checkout) and $work (an empty directory), sets PAAS_SERVER, PAAS_TOKEN, $paas, $paasd_pid, $router_pid.

# program FOLDER PROJECT FILE: as an install publishes it, where the tests have done that, else from the last build
program() {
  local candidate
  for candidate in "${MINIPAAS_E2E_BIN:-$root/artifacts/e2e}/$1/$3" "$root/artifacts/bin/$2/release/$3" "$root/artifacts/bin/$2/debug/$3"; do
    if [[ -x $candidate ]]; then printf '%s' "$candidate"; return 0; fi
  done
  echo "There is no $3: build the solution first, or run tests/run.sh e2e, which publishes it." >&2
  return 1
}

is_free_port() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

start_platform() {
  local port octet
  paas=$(program cli MiniPaaS.Cli paas)
  paasd=$(program paasd MiniPaaS.Daemon paasd)
  router=$(program router MiniPaaS.Router paas-router)
  for ((port = 20000 + $$ % 10000; ; port++)); do if is_free_port "$port"; then break; fi; done
  for ((octet = $$ % 64 * 4; ; octet = (octet + 4) % 256)); do
    if ! ip -4 -o address | grep -q " 10\.216\.$octet\."; then break; fi
  done
  export MINIPAAS_NAMESPACE=mpb$$ MINIPAAS_HTTP_PORT=$port MINIPAAS_HTTPS_PORT=off MINIPAAS_SUBNET=10.216.$octet.0/22
  export MINIPAAS_STATE_DIR=$work/state MINIPAAS_RUN_DIR=$work/run
  export MINIPAAS_BUILDPACKS=$root/buildpacks MINIPAAS_STACKS="bookworm bullseye"
  mkdir -p "$work/state/router" "$work/run/routers"
  "$router" >"$work/router.log" 2>&1 &
  router_pid=$!
  "$paasd" >"$work/paasd.log" 2>&1 &
  paasd_pid=$!
  export PAAS_SERVER=http://paas.localhost:$port
  wait_for_platform
  PAAS_TOKEN=$("$paasd" token create --name bench)
  export PAAS_TOKEN
}

wait_for_platform() {
  local tries
  for ((tries = 0; tries < 300; tries++)); do
    if curl -fs -o "$work/health" "$PAAS_SERVER/healthz"; then return 0; fi
    kill -0 "$paasd_pid" 2>/dev/null || break
    sleep 0.1
  done
  echo "The platform did not start:" >&2
  tail -n 20 "$work/paasd.log" "$work/router.log" >&2
  return 1
}

# Ends the two processes started above, then takes away what carries the instance's label.
remove_platform() {
  local filter=label=minipaas.namespace=$MINIPAAS_NAMESPACE
  kill "$paasd_pid" "$router_pid" 2>/dev/null || true
  wait "$paasd_pid" "$router_pid" 2>/dev/null || true
  "$paasd" firewall remove || true
  docker ps -aq --filter "$filter" | xargs -r docker rm -fv >/dev/null
  docker images -q --filter "$filter" | sort -u | xargs -r docker rmi -f >/dev/null
  docker network ls -q --filter "$filter" | xargs -r docker network rm >/dev/null
}
