# Access for the installing user: a token in the configuration of `paas`.

decide_user() {
  user=${SUDO_USER:-root}
  home=$(getent passwd "$user" | cut -d: -f6)
  config_home=$home/.config
  if [[ -z ${SUDO_USER:-} && -n ${XDG_CONFIG_HOME:-} ]]; then config_home=$XDG_CONFIG_HOME; fi
  # A second instance does not take over a user who works with the first.
  if [[ $prefix != /opt/minipaas && ! $(configured server "$config_home") =~ ^("$(control_url)")?$ ]]; then
    config_home=$prefix/etc
  fi
}

# configured KEY CONFIG_HOME: a value of the user's configuration, or nothing
configured() { sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p" "$2/minipaas/config.json" 2>/dev/null || true; }

as_user() {
  local become=()
  if [[ $user != root ]]; then become=(setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups); fi
  "${become[@]}" env HOME="$home" XDG_CONFIG_HOME="$config_home" PATH="$bin_dir:$PATH" "$@"
}

install_token() {
  local file=$config_home/minipaas/config.json token server
  server=$(configured server "$config_home")
  if [[ $server = "$(control_url)" ]] && token_is_valid "$(configured token "$config_home")"; then
    echo "$user's token is valid and stays"
    return 0
  fi
  token=$(with_settings "$prefix/current/paasd/paasd" token create --name "$user")
  token_is_valid "$token" || fail "The control plane refused the token that was just made."
  if [[ -n $server && $server != "$(control_url)" ]]; then
    as_user cp -p "$file" "$file.old"
    notice "$user's paas was set up for $server; it now talks to this machine (the old settings: $file.old)."
  fi
  if [[ $config_home = "$prefix/etc" ]]; then install -d -m 0755 -o "$user" "$prefix/etc/minipaas"; fi
  umask 077
  as_user mkdir -p "$config_home/minipaas"
  printf '{\n  "server": "%s",\n  "token": "%s"\n}\n' "$(control_url)" "$token" | as_user tee "$file.new" >/dev/null
  as_user mv -f "$file.new" "$file"
  echo "Wrote $file"
}

token_is_valid() { [[ -n $1 && $(api_status "$1" platform) = 200 ]]; }

# api_status TOKEN PATH: the status of a GET; the token stays out of the process list
api_status() {
  curl -s -o /dev/null -w '%{http_code}' --max-time 10 -K - "$(local_url)/$2" <<<"header = \"Authorization: Bearer $1\"" || true
}

# with_settings COMMAND...: runs a program of the instance as its services run
with_settings() {
  local -A installed=()
  local key
  read_settings "$env_file"
  for key in "${!installed[@]}"; do export "$key=${installed[$key]}"; done
  "$@"
}
