# Removes this instance. Apps and their data go only when that is said: then their images go too, while without
# it a later install finds everything where it was.

uninstall() {
  if ! is_installed; then
    say "No instance of MiniPaaS is installed in $prefix."
    return 0
  fi
  confirm_uninstall
  decide_user
  step "Stopping the services" "end the processes that the log names by hand." remove_services
  step "Removing containers, network and firewall rules" "check that Docker Engine runs (docker info)." remove_from_engine
  step "Distrusting the local CA" "remove its file from $trust_directory by hand and run update-ca-certificates." distrust_authority
  step "Removing programs and settings" "remove the folder that the log names by hand." remove_programs
  if [[ $purge = yes ]]; then
    step "Removing apps and their data" "remove $state_dir by hand." remove_data
  else
    say "Apps and their data stay in $state_dir; an install with the same options brings them back."
  fi
}

confirm_uninstall() {
  local answer=""
  if [[ $assume_yes = no ]]; then
    [[ -t 0 ]] || fail "There is no terminal to ask on. Say --yes to remove MiniPaaS, and --purge to remove apps and data too."
    read -rp "Remove the MiniPaaS instance '$namespace' in $prefix and stop its apps? [y/N] " answer
    [[ ${answer,,} = y* ]] || { say "Nothing was changed."; exit 0; }
    if [[ $purge = no ]]; then
      read -rp "Remove all apps and their data in $state_dir too? This cannot be undone. [y/N] " answer
      if [[ ${answer,,} = y* ]]; then purge=yes; fi
    fi
  fi
}

remove_services() {
  local kind
  if [[ -x $prefix/bin/minipaas-services ]]; then "$prefix/bin/minipaas-services" stop; fi
  if has_systemd; then
    for kind in $(every_unit); do
      systemctl disable "$kind" || true
      rm -f "/etc/systemd/system/$kind"
    done
    rm -f "/etc/systemd/system/$(unit_name router)@.service"
    # systemd made it for the instances of the template, and would keep it until the next boot.
    systemctl stop "system-$(systemd-escape "$(unit_name router)").slice" || true
    systemctl daemon-reload
  fi
}

remove_from_engine() {
  local label=label=minipaas.namespace=$namespace ids
  remove_firewall
  if ! engine_answers; then notice "Docker Engine does not answer, so this instance's containers were not removed."; return 0; fi
  mapfile -t ids < <(docker ps --all --quiet --filter "$label")
  ((${#ids[@]} == 0)) || docker rm --force --volumes "${ids[@]}"
  mapfile -t ids < <(docker network ls --quiet --filter "$label")
  ((${#ids[@]} == 0)) || docker network rm "${ids[@]}"
}

# The daemon knows its chains; where it cannot run, every rule that names one of them goes, then the chains.
remove_firewall() {
  local chain rule
  if with_settings "$prefix/current/paasd/paasd" firewall remove; then return 0; fi
  while read -ra rule; do iptables -w "-D" "${rule[@]:1}"; done < <(iptables-save -t filter | grep -E -- "^-A .* -j ${namespace^^}-[A-Z]+$")
  while read -r chain; do iptables -w -F "$chain"; iptables -w -X "$chain"; done < <(iptables-save -t filter | sed -n "s/^:\(${namespace^^}-[A-Z]*\) .*/\1/p")
}

# Only what an install makes: the prefix may hold other things.
remove_programs() {
  local file
  for file in releases current current.new previous build dotnet router.running demo.deployed bin/paas bin/minipaas-services etc/minipaas; do
    echo "$prefix/$file"
    rm -rf "${prefix:?}/$file"
  done
  if [[ $(readlink "$bin_dir/paas") = "$prefix/"* ]]; then rm -f "$bin_dir/paas"; fi
  if [[ $prefix = /opt/minipaas ]]; then rm -f "$completion_file"; fi
  rm -f "$env_file"
  rmdir --ignore-fail-on-non-empty "$(dirname "$env_file")" 2>/dev/null || true
  rm -rf "$run_dir/routers"
  rm -f "$run_dir"/{router,daemon}{,.child}.pid "$run_dir/router.port" "$run_dir/paasd.sock"
  for file in "$run_dir" "$prefix/bin" "$prefix/etc" "$prefix"; do
    if [[ -d $file ]]; then rmdir --ignore-fail-on-non-empty "$file"; fi
  done
}

remove_data() {
  local ids
  if engine_answers; then
    mapfile -t ids < <(docker images --all --quiet --filter "label=minipaas.namespace=$namespace" | sort -u)
    ((${#ids[@]} == 0)) || docker rmi --force "${ids[@]}"
    remove_stacks
  fi
  # The mark that this folder is an instance's own.
  if [[ -e $state_dir/minipaas.db ]]; then rm -rf "$state_dir"; fi
  if [[ $(configured server "$config_home") = "$(control_url)" ]]; then
    as_user rm -f "$config_home/minipaas/config.json"
    as_user rmdir --ignore-fail-on-non-empty "$config_home/minipaas"
  fi
  if [[ $(getent passwd "$namespace" | cut -d: -f5) = "$(router_comment)" ]]; then userdel "$namespace"; fi
}

# Stack images serve every instance of the machine, which its network tells: the last one takes them along.
remove_stacks() {
  local ids
  [[ -z $(docker network ls --quiet --filter label=minipaas.namespace) && ! -e /etc/minipaas/minipaas.env ]] || return 0
  [[ $prefix = /opt/minipaas ]] || { notice "the stack images stay; remove them with: docker rmi \$(docker images -q 'minipaas/stack-*')"; return 0; }
  # By name and in this order: a build image stands on its run image.
  mapfile -t ids < <(docker images --format '{{.Repository}}:{{.Tag}}' 'minipaas/stack-*' | sort)
  ((${#ids[@]} == 0)) || docker rmi --force "${ids[@]}" || notice "some stack images stay: slugs of another instance are built on them."
}
