# shellcheck shell=bash
# Which cores do what, and the programs of ours that the benchmarks of the router need. Sourced; needs $root and $here.

proxy_cores=${PROXY_CORES:-0}
load_cores=${LOAD_CORES:-$(if (($(nproc) > 1)); then echo "1-$(($(nproc) - 1))"; else echo 0; fi)}
proxy_core_count=$(taskset -c "$proxy_cores" nproc)

need() {
  local program
  for program in "$@"; do
    command -v "$program" >/dev/null || {
      echo "This benchmark needs $program. On Debian: apt-get install nginx-light haproxy caddy nghttp2-client curl openssl" >&2
      echo "(a policy-rc.d that exits with 101 keeps the services from being started)." >&2
      exit 2
    }
  done
}

# publish: sets router_program, yarp_program and load_program
publish() {
  router_program=${ROUTER_BIN:-$root/artifacts/bench/router/paas-router}
  yarp_program=$root/artifacts/bench/yarp/stock-yarp
  load_program=$root/artifacts/bench/load/router-load
  echo "Publishing the programs ..." >&2
  if [[ -z ${ROUTER_BIN:-} ]]; then compile "$root/src/MiniPaaS.Router" router; fi
  compile "$here/yarp" yarp
  compile "$here/load" load
}

# compile PROJECT FOLDER: as an install does, ahead of time
compile() {
  local runtime_id=linux-x64
  if [[ $(uname -m) = aarch64 ]]; then runtime_id=linux-arm64; fi
  dotnet publish "$1" -c Release -r "$runtime_id" --self-contained false --nologo -v quiet -p:PublishReadyToRun=true \
    --artifacts-path "$root/artifacts/bench-build" -o "$root/artifacts/bench/$2" >"$work/compile" 2>&1 ||
    { tail -n 20 "$work/compile" >&2; echo "$1 cannot be published." >&2; exit 2; }
}
