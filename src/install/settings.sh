# What tells this instance from another: decided from the options, then from its settings file when it is
# installed already, then from defaults. Kept in one file of KEY=value lines, which the services read.

declare -A installed=()

decide_settings() {
  prefix=$(realpath -m -- "${given[prefix]:-/opt/minipaas}")
  if [[ $prefix = /opt/minipaas ]]; then
    env_file=/etc/minipaas/minipaas.env bin_dir=/usr/local/bin
  else
    env_file=$prefix/etc/minipaas.env bin_dir=$prefix/bin
  fi
  read_settings "$env_file"
  state_dir=$(realpath -m -- "$(decide state-dir STATE_DIR /var/lib/minipaas)")
  run_dir=$(realpath -m -- "$(decide run-dir RUN_DIR /run/minipaas)")
  namespace=$(decide namespace NAMESPACE minipaas)
  subnet=$(decide subnet SUBNET 10.213.0.0/16)
  http_port=$(decide http-port HTTP_PORT 80)
  https_port=$(decide https-port HTTPS_PORT 443)
  domain=$(decide domain DOMAIN localhost)
  stacks=$(decide stacks STACKS "bookworm bullseye")
  validate_settings
}

is_installed() { [[ -n ${installed[MINIPAAS_NAMESPACE]:-} ]]; }

# decide OPTION KEY DEFAULT
decide() { printf '%s' "${given[$1]:-${installed[MINIPAAS_$2]:-$3}}"; }

read_settings() {
  local key value
  installed=()
  [[ -r $1 ]] || return 0
  while IFS='=' read -r key value; do
    if [[ $key =~ ^[A-Z][A-Z0-9_]*$ ]]; then installed[$key]=$value; fi
  done <"$1"
}

validate_settings() {
  local dir stack
  for dir in "$prefix" "$state_dir" "$run_dir"; do
    [[ $dir =~ ^(/[A-Za-z0-9._-]+)+$ ]] || refuse "'$dir' cannot be used: directories are absolute paths of letters, digits, '.', '_' and '-'."
  done
  [[ $http_port =~ ^[1-9][0-9]{0,4}$ && $http_port -lt 65536 ]] || refuse "--http-port is a number from 1 to 65535, not '$http_port'."
  [[ $https_port = off || $https_port =~ ^[1-9][0-9]{0,4}$ && $https_port -lt 65536 ]] ||
    refuse "--https-port is a number from 1 to 65535, or off, not '$https_port'."
  [[ $https_port != "$http_port" ]] || refuse "--http-port and --https-port are both $http_port; one port speaks both, so the other can be off."
  [[ $namespace =~ ^[a-z][a-z0-9]{0,14}$ ]] || refuse "--namespace is up to 15 lower-case letters and digits, not '$namespace'."
  [[ $domain =~ ^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$ ]] || refuse "--domain is a lower-case host name, not '$domain'."
  subnet_range "$subnet" >/dev/null || refuse "--subnet is an IPv4 network with a prefix of 16 to 26 bits, as in 10.213.0.0/16, not '$subnet'."
  for stack in $stacks; do
    [[ $stack =~ ^[a-z0-9]+$ && -f $source_dir/buildpacks/stacks/$stack/stack.env ]] ||
      refuse "There is no stack '$stack'; stacks are the folders of buildpacks/stacks."
  done
  refuse_to_move
}

# Apps live where the first run put them; pointing an installed instance elsewhere would lose them.
refuse_to_move() {
  local option key
  is_installed || return 0
  for option in state-dir run-dir namespace subnet; do
    key=${option//-/_}
    key=MINIPAAS_${key^^}
    [[ -z ${given[$option]:-} || ${given[$option]} = "${installed[$key]}" ]] ||
      refuse "The instance in $prefix has --$option ${installed[$key]}, which cannot change. Choose another --prefix for a second instance, or --uninstall this one first."
  done
}

# write_settings: keeps lines that it does not know and values that no option changed
write_settings() {
  local -A values=(
    [MINIPAAS_STATE_DIR]=$state_dir [MINIPAAS_RUN_DIR]=$run_dir [MINIPAAS_HTTP_PORT]=$http_port
    [MINIPAAS_HTTPS_PORT]=$https_port
    [MINIPAAS_DOMAIN]=$domain [MINIPAAS_NAMESPACE]=$namespace [MINIPAAS_SUBNET]=$subnet
    [MINIPAAS_BUILDPACKS]=$prefix/current/buildpacks [MINIPAAS_STACKS]=$stacks
    [MINIPAAS_DEFAULT_STACK]=$(default_stack) [MINIPAAS_DOTNET_ROOT]=$dotnet_root [DOTNET_ROOT]=$dotnet_root
    [MINIPAAS_CA_BUNDLE]=${installed[MINIPAAS_CA_BUNDLE]:-/etc/ssl/certs/ca-certificates.crt}
    [MINIPAAS_DOCKER_SOCKET]=${installed[MINIPAAS_DOCKER_SOCKET]:-$docker_socket}
  )
  local key
  for key in "${!installed[@]}"; do values[$key]=${values[$key]:-${installed[$key]}}; done
  mkdir -p "$(dirname "$env_file")"
  (
    umask 077
    for key in "${!values[@]}"; do printf '%s=%s\n' "$key" "${values[$key]}"; done | sort >"$env_file.new"
  )
  mv -f "$env_file.new" "$env_file"
}

# The installed default while it is still among the stacks, else the first stack.
default_stack() {
  local default=${installed[MINIPAAS_DEFAULT_STACK]:-}
  if [[ -n $default && " $stacks " = *" $default "* ]]; then printf '%s' "$default"; else printf '%s' "${stacks%% *}"; fi
}

# Tells an account made by an install from one that was here before.
router_comment() { printf 'MiniPaaS router of %s' "$namespace"; }

# The router's user owns nothing but its own snapshot and sockets. It may pass through the data directory,
# whose other parts only root reads.
make_user_and_directories() {
  if ! getent passwd "$namespace" >/dev/null; then
    useradd --system --user-group --no-create-home --home-dir "$state_dir/router" --shell /usr/sbin/nologin \
      --comment "$(router_comment)" "$namespace"
  elif [[ $(getent passwd "$namespace" | cut -d: -f5) != "$(router_comment)" ]]; then
    fail "There is a user '$namespace' that is not this instance's. Choose another --namespace."
  fi
  install -d -m 0710 -o root -g "$namespace" "$state_dir"
  install -d -m 0700 "$state_dir/log"
  install -d -m 0750 -o "$namespace" -g "$namespace" "$state_dir/router"
  [[ -e $state_dir/minipaas.db ]] || install -m 0600 /dev/null "$state_dir/minipaas.db"
}
