# The services: systemd units where systemd is PID 1, supervised processes elsewhere (src/install/services). An upgrade
# restarts the daemon, which no visitor notices, and the router only when its own files changed.

install_services() {
  local router_hash
  mkdir -p "$prefix/bin"
  ln -sfn ../current/services/minipaas-services "$prefix/bin/minipaas-services.new"
  mv -fT "$prefix/bin/minipaas-services.new" "$prefix/bin/minipaas-services"
  if has_systemd; then write_units; fi

  router_hash="$(content_hash "$prefix/current/router") $http_port $https_port $run_dir $state_dir $domain"
  if [[ $(cat "$prefix/router.running" 2>/dev/null) = "$router_hash" ]]; then
    echo "The router is up to date and keeps running"
    "$prefix/bin/minipaas-services" start router
  else
    "$prefix/bin/minipaas-services" restart router
    echo "$router_hash" >"$prefix/router.running"
  fi
  "$prefix/bin/minipaas-services" restart daemon
  if has_systemd; then socket_units | xargs systemctl enable "$(unit_name router)@a.service" "$(unit_name daemon).service"; fi
  wait_for_control_plane
}

unit_name() {
  local suffix=""
  if [[ $namespace != minipaas ]]; then suffix=-$namespace; fi
  if [[ $1 = router ]]; then echo "minipaas-router$suffix"; else echo "minipaasd$suffix"; fi
}

socket_units() {
  echo "$(unit_name router).socket"
  if [[ $https_port != off ]]; then echo "$(unit_name router).https.socket"; fi
}

# The units of an instance, whatever its settings are or were.
every_unit() {
  echo "$(unit_name router).socket" "$(unit_name router).https.socket" "$(unit_name router)@a.service" "$(unit_name router)@b.service" \
    "$(unit_name daemon).service"
}

write_units() {
  local units=/etc/systemd/system changed=no
  socket_unit http "$http_port" | replace_file "$units/$(unit_name router).socket" || changed=yes
  if [[ $https_port != off ]]; then
    socket_unit https "$https_port" | replace_file "$units/$(unit_name router).https.socket" || changed=yes
  elif [[ -e $units/$(unit_name router).https.socket ]]; then
    systemctl disable --now "$(unit_name router).https.socket"
    rm -f "$units/$(unit_name router).https.socket"
    changed=yes
  fi
  router_unit >"$units/$(unit_name router)@.service"
  daemon_unit >"$units/$(unit_name daemon).service"
  # A socket that is already open keeps its port; only changed ones are opened anew.
  if [[ $changed = yes ]]; then
    systemctl stop "$(unit_name router).socket" "$(unit_name router).https.socket" "$(unit_name router)@a.service" "$(unit_name router)@b.service" 2>/dev/null || true
  fi
  systemctl daemon-reload
}

# Fails when the file had another content before.
replace_file() {
  local same=0
  cat >"$1.new"
  cmp -s "$1.new" "$1" || same=1
  mv -f "$1.new" "$1"
  return $same
}

# socket_unit NAME PORT
socket_unit() {
  cat <<UNIT
[Unit]
Description=MiniPaaS router, $1 port ($namespace)

[Socket]
ListenStream=$2
FileDescriptorName=$1
Backlog=4096
NoDelay=true
Service=$(unit_name router)@a.service

[Install]
WantedBy=sockets.target
UNIT
}

# A template with two instances, a and b: a new router is started on the sockets of the old one, which then goes. Without
# NonBlocking systemd would make them blocking again for the new one, and the old one would hang waiting for a visitor.
router_unit() {
  local sockets
  sockets=$(socket_units | tr '\n' ' ')
  cat <<UNIT
[Unit]
Description=MiniPaaS router %i ($namespace)
Requires=$sockets
After=network.target $sockets
StartLimitIntervalSec=0

[Service]
Sockets=$sockets
NonBlocking=true
EnvironmentFile=$env_file
ExecStartPre=+$prefix/bin/minipaas-services prepare
ExecStart=$prefix/current/router/paas-router
User=$namespace
Group=$namespace
Restart=always
RestartSec=100ms
TimeoutStopSec=40
LimitNOFILE=262144
NoNewPrivileges=true
CapabilityBoundingSet=
ProtectSystem=strict
ReadWritePaths=$state_dir/router
ReadWritePaths=-$run_dir
ProtectHome=true
PrivateTmp=true
PrivateDevices=true
ProtectKernelTunables=true
ProtectKernelModules=true
ProtectControlGroups=true
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
RestrictNamespaces=true
LockPersonality=true

[Install]
WantedBy=multi-user.target
UNIT
}

daemon_unit() {
  cat <<UNIT
[Unit]
Description=MiniPaaS control plane ($namespace)
Wants=docker.service
After=network.target docker.service
StartLimitIntervalSec=0

[Service]
EnvironmentFile=$env_file
Environment=HOME=/root
ExecStartPre=$prefix/bin/minipaas-services prepare
ExecStart=$prefix/current/paasd/paasd
Restart=always
RestartSec=200ms
TimeoutStopSec=40
KillMode=mixed
LimitNOFILE=65536

[Install]
WantedBy=multi-user.target
UNIT
}

# Through the router, as every client will come: any answer but "bad gateway" and its like is the daemon's own.
wait_for_control_plane() {
  local tries code=000
  for ((tries = 0; tries < 150; tries++)); do
    code=$(curl -s -o /dev/null -w '%{http_code}' --max-time 5 "$(local_url)/platform" || true)
    case $code in
      000 | 502 | 503 | 504) sleep 0.2 ;;
      *) echo "The control plane answers through the router ($code)"; return 0 ;;
    esac
  done
  "$prefix/bin/minipaas-services" status || true
  show_service_logs
  fail "The services were started, but the control plane did not answer on port $http_port within 30 s (last status $code)."
}

show_service_logs() {
  local name
  for name in router daemon; do
    echo "--- the end of the $name's log"
    if has_systemd; then journalctl --unit "$(unit_name "$name")*" --lines 10 --no-pager; else tail -n 10 "$state_dir/log/$name.log"; fi
  done
}

# The control plane as seen from this machine, whatever the domain's DNS says.
local_url() { printf 'http://localhost%s' "$(port_suffix)"; }
control_url() { printf 'http://paas.%s%s' "$domain" "$(port_suffix)"; }
port_suffix() { if ((http_port != 80)); then printf ':%s' "$http_port"; fi; }
