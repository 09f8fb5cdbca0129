# What is tried on the machine, in this order: each drill needs what the one before left behind.

app=http://php-hello.localhost/

drills() {
  headline "Installing on the bare machine"
  check "install.sh makes it a platform" install
  check "the sample app answers" answers "$app"
  check "over HTTPS too, with a certificate that the machine trusts" answers https://php-hello.localhost/
  check "every unit runs and starts with the machine" units_run
  check "the ports are systemd's own" ports_are_systemds
  check "the programs' logs are in the journal" logs_are_in_the_journal

  headline "Upgrades, under load"
  check "the other router takes over without losing a request" under_load take_over a b
  check "and back" under_load take_over b a
  check "a new version is installed without losing a request" under_load upgrade
  check "an install that changes nothing loses no request and leaves the router alone" under_load install_again

  headline "Crashes"
  check "a router that is killed is back, and its visitors are served" router_is_killed
  check "a control plane that is killed is back, and no request is lost" under_load daemon_is_killed
  check "dynos come back after Docker Engine was restarted" engine_restarts
  check "everything comes back after a reboot" machine_reboots

  headline "Uninstalling"
  check "nobody to ask: nothing is removed" uninstall_asks
  check "without the data, a later install brings the apps back" uninstall_and_return
  check "with the data, nothing is left" uninstall_everything
}

install() { inside sh -c 'cd /root/minipaas && ./install.sh'; }

# answers URL: with 200, within two minutes
answers() {
  local tries status
  for ((tries = 0; tries < 120; tries++)); do
    status=$(inside curl -sS -o /dev/null -w '%{http_code}' --max-time 30 "$1" 2>&1 || true)
    if [[ $status = 200 ]]; then return 0; fi
    sleep 1
  done
  echo "$1 answers: $status"
  return 1
}

pid_of() { inside systemctl show --property MainPID --value "$1"; }

is_active() { [[ $(inside systemctl is-active "$1") = active ]] || { echo "$1 is not active"; return 1; }; }

# eventually COMMAND...: succeeds within two minutes
eventually() {
  local tries
  for ((tries = 0; tries < 120; tries++)); do
    if "$@" >/dev/null 2>&1; then return 0; fi
    sleep 1
  done
  "$@"
}

units_run() {
  local unit
  for unit in minipaas-router.socket minipaas-router.https.socket minipaas-router@a.service minipaasd.service; do
    is_active "$unit" || return 1
    [[ $(inside systemctl is-enabled "$unit") = enabled ]] || { echo "$unit is not enabled"; return 1; }
  done
  nothing_failed
}

nothing_failed() {
  local list
  list=$(inside systemctl list-units --failed --no-legend --plain 'minipaas*' 'docker*')
  [[ -z $list ]] || { echo "$list"; return 1; }
}

# PID 1 and the router hold each port, and nobody else does.
ports_are_systemds() {
  local port holders
  for port in 80 443; do
    holders=$(inside ss -tlnpH "sport = :$port")
    echo "$holders"
    [[ $holders = *'"systemd",pid=1,'* && $holders = *paas-router* ]] || return 1
  done
}

logs_are_in_the_journal() {
  local unit
  for unit in minipaas-router@a minipaasd; do
    [[ -n $(inside journalctl --unit "$unit" --output cat --no-pager --lines 5) ]] || { echo "$unit has said nothing"; return 1; }
  done
}

# under_load COMMAND...: while visitors come all the time, and all of them get their answer
under_load() {
  local status=0 visitors result
  inside rm -f /tmp/enough
  result=$(mktemp)
  inside /root/minipaas/tests/systemd/load php-hello.localhost /tmp/enough >"$result" &
  visitors=$!
  "$@" || status=$?
  inside touch /tmp/enough
  wait "$visitors" || status=$?
  cat "$result"
  [[ $(grep -c ' requests, 0 failed' "$result") = 2 ]] || status=1
  rm -f "$result"
  return "$status"
}

# take_over OLD NEW
take_over() {
  inside /opt/minipaas/bin/minipaas-services restart router || return 1
  is_active "minipaas-router@$2" || return 1
  eventually is_inactive "minipaas-router@$1"
}

is_inactive() { [[ $(inside systemctl is-active "$1") = inactive ]] || { echo "$1 is still there"; return 1; }; }

upgrade() {
  inside sh -c 'echo "// A new version." >>/root/minipaas/src/MiniPaaS.Router/Program.cs'
  install || return 1
  is_active minipaas-router@b && eventually is_inactive minipaas-router@a
}

install_again() {
  local before
  before=$(pid_of minipaas-router@b)
  install || return 1
  [[ $(pid_of minipaas-router@b) = "$before" ]]
}

router_is_killed() {
  local before
  before=$(pid_of minipaas-router@b)
  inside kill -KILL "$before"
  answers "$app" || return 1
  is_active minipaas-router@b && [[ $(pid_of minipaas-router@b) != "$before" ]]
}

daemon_is_killed() {
  local before
  before=$(pid_of minipaasd)
  inside kill -KILL "$before"
  eventually inside paas ps -a php-hello || return 1
  is_active minipaasd && [[ $(pid_of minipaasd) != "$before" ]]
}

engine_restarts() {
  inside systemctl restart docker || return 1
  answers "$app" && eventually dyno_is_up
}

dyno_is_up() { inside paas ps -a php-hello --json | grep -E '"state": *"up"'; }

machine_reboots() {
  local before
  before=$(inside cat /proc/sys/kernel/random/boot_id)
  reboot_machine || return 1
  answers "$app" && answers https://php-hello.localhost/ && eventually dyno_is_up && units_run || return 1
  [[ $(inside cat /proc/sys/kernel/random/boot_id) != "$before" ]]
}

uninstall_asks() {
  if inside sh -c 'cd /root/minipaas && ./install.sh --uninstall'; then return 1; fi
  answers "$app"
}

uninstall_and_return() {
  inside sh -c 'cd /root/minipaas && ./install.sh --uninstall --yes' || return 1
  inside paas releases -a php-hello && return 1
  inside sh -c 'cd /root/minipaas && ./install.sh --no-demo' || return 1
  answers "$app"
}

uninstall_everything() {
  inside sh -c 'cd /root/minipaas && ./install.sh --uninstall --purge --yes' || return 1
  inside sh -s <<'SCRIPT'
left=$(
  ls -d /opt/minipaas /etc/minipaas /var/lib/minipaas /run/minipaas /etc/systemd/system/*minipaas* /etc/systemd/system/*/*minipaas* \
    /usr/local/bin/paas /usr/share/bash-completion/completions/paas /usr/local/share/ca-certificates/minipaas* \
    /var/log/minipaas* /root/.config/minipaas 2>/dev/null
  systemctl list-units --all --no-legend --plain '*minipaas*'
  getent passwd minipaas
  getent group minipaas
  iptables-save | grep -i minipaas
  docker ps --all --quiet
  docker images --quiet
  docker network ls --format '{{.Name}}' | grep -vxE 'bridge|host|none'
  ss -tlnH 'sport = :80 or sport = :443'
)
[ -z "$left" ] || { echo "$left"; exit 1; }
SCRIPT
}
