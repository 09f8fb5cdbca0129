# What must be true before anything is changed, and the choices that depend on what else runs here.

check_machine() {
  local id="" like="" free
  [[ $EUID -eq 0 ]] || fail "This needs root. Run: sudo ./install.sh"
  if [[ -r /etc/os-release ]]; then
    id=$(sed -n 's/^ID=//p' /etc/os-release | tr -d '"')
    like=$(sed -n 's/^ID_LIKE=//p' /etc/os-release | tr -d '"')
  fi
  [[ " $id $like " = *" debian "* ]] || fail "This is '${id:-an unknown system}'; Debian or Ubuntu is needed (apt and dpkg install what is missing)."
  architecture=$(dpkg --print-architecture)
  case $architecture in
    amd64) runtime_id=linux-x64 ;;
    arm64) runtime_id=linux-arm64 ;;
    *) fail "The processor is $architecture; amd64 or arm64 is needed." ;;
  esac
  free=$(df --output=avail -k / | tail -n 1)
  ((free > 3 * 1024 * 1024)) || fail "Only $((free / 1024)) MB are free on /; stack images, programs and slugs need 3 GB. Free some space."
  echo "$id $architecture, $((free / 1024 / 1024)) GB free"
}

# Two instances that share a name or a directory would remove each other's containers.
check_other_instance() {
  local -A mine=([NAMESPACE]=$namespace [STATE_DIR]=$state_dir [RUN_DIR]=$run_dir)
  local key value
  [[ $prefix != /opt/minipaas && -r /etc/minipaas/minipaas.env ]] || return 0
  for key in "${!mine[@]}"; do
    value=$(sed -n "s/^MINIPAAS_$key=//p" /etc/minipaas/minipaas.env)
    [[ $value != "${mine[$key]}" ]] ||
      fail "The instance in /opt/minipaas uses '$value' already. A second one needs its own --namespace, --state-dir and --run-dir."
  done
}

# A folder that holds anything else is never made ours, because an uninstall would remove it.
check_state_dir() {
  [[ ! -d $state_dir || -e $state_dir/minipaas.db || -z $(ls -A "$state_dir") ]] ||
    fail "$state_dir holds something that is not MiniPaaS's. Choose an empty or new directory with --state-dir."
}

# A port our own router listens on is ours; any other that is taken is left to its owner.
choose_ports() {
  choose_port http_port --http-port "${installed[MINIPAAS_HTTP_PORT]:-}" 8080 "$https_port"
  if [[ $https_port != off ]]; then choose_port https_port --https-port "${installed[MINIPAAS_HTTPS_PORT]:-}" 8443 "$http_port"; fi
}

# choose_port VARIABLE OPTION INSTALLED ELSE OTHER: keeps the port in VARIABLE, or takes the first free one from ELSE on
choose_port() {
  local -n port=$1
  local option=$2 installed_port=$3 other=$5 wanted=$port
  if [[ $port = "$installed_port" ]] || ! port_is_taken "$port"; then return 0; fi
  port=$4
  while port_is_taken "$port" || [[ $port = "$other" ]]; do port=$((port + 1)); done
  notice "port $wanted is taken by another process; using $port. To use $wanted, stop that process and run ./install.sh $option $wanted."
}

# From the kernel's tables, because a bare machine has neither ss nor lsof. State 0A is LISTEN.
port_is_taken() {
  local hex
  printf -v hex '%04X' "$1"
  grep -qsE "^ *[0-9]+: [0-9A-F]+:$hex [0-9A-F]+:0000 0A " /proc/net/tcp /proc/net/tcp6
}

# Picks a subnet that no route and no Docker network uses; an installed instance keeps its own.
choose_subnet() {
  local third taken
  if is_installed; then return 0; fi
  taken=$(used_networks)
  clashes "$subnet" "$taken" || return 0
  [[ -z ${given[subnet]:-} ]] || fail "--subnet $subnet overlaps a network of this machine: $(tr '\n' ' ' <<<"$taken")"
  for third in {214..254} {128..212}; do
    subnet=10.$third.0.0/16
    if ! clashes "$subnet" "$taken"; then
      notice "10.213.0.0/16 is in use on this machine; dynos get addresses from $subnet."
      return 0
    fi
  done
  fail "No free 10.x.0.0/16 network was found for the dynos. Choose one with --subnet."
}

used_networks() {
  local ids
  ip -4 route show | awk '$1 ~ /^[0-9.]+(\/[0-9]+)?$/ { print $1 }'
  mapfile -t ids < <(docker network ls --quiet 2>/dev/null)
  ((${#ids[@]} == 0)) || docker network inspect --format '{{range .IPAM.Config}}{{println .Subnet}}{{end}}' "${ids[@]}" | grep -E '^[0-9.]+/' || true
}

# clashes CIDR LIST
clashes() {
  local first last other low high
  read -r first last < <(subnet_range "$1")
  while read -r other; do
    read -r low high < <(network_range "$other") || continue
    if ((first <= high && low <= last)); then return 0; fi
  done <<<"$2"
  return 1
}

# The first and last address of a network as numbers; a plain address is a network of one.
network_range() {
  local a b c d bits mask address
  IFS=./ read -r a b c d bits <<<"$1"
  bits=${bits:-32}
  [[ -n $d && $a$b$c$d$bits =~ ^[0-9]+$ ]] || return 1
  ((a < 256 && b < 256 && c < 256 && d < 256 && bits <= 32)) || return 1
  mask=$(((1 << (32 - bits)) - 1))
  address=$(((a << 24) | (b << 16) | (c << 8) | d))
  echo "$((address & ~mask)) $((address | mask))"
}

# The same for a network that dynos can have.
subnet_range() {
  [[ $1 =~ ^[0-9]{1,3}(\.[0-9]{1,3}){3}/(1[6-9]|2[0-6])$ ]] && network_range "$1"
}
