# Docker Engine: one that answers is left alone.

docker_socket=/var/run/docker.sock

engine_answers() { curl -fsS -o /dev/null --max-time 5 --unix-socket "$docker_socket" http://localhost/_ping 2>/dev/null; }

has_systemd() { [[ -d /run/systemd/system ]]; }

start_engine() {
  local tries
  if engine_answers; then docker version --format 'Docker Engine {{.Server.Version}} answers'; return 0; fi
  if has_systemd; then
    systemctl enable --now docker
  else
    mount_control_groups
    forget_dead_engine
    install -d -m 0700 /run/minipaas-engine
    (
      close_inherited
      exec setsid bash "$source_dir/src/install/services/supervise" dockerd /run/minipaas-engine \
        /var/log/minipaas-dockerd.log "$(command -v dockerd)" --host "unix://$docker_socket"
    ) </dev/null >/dev/null 2>&1 &
  fi
  for ((tries = 0; tries < 300; tries++)); do
    if engine_answers; then docker version --format 'Docker Engine {{.Server.Version}} started'; return 0; fi
    sleep 0.2
  done
  if has_systemd; then journalctl --unit docker --lines 30 --no-pager; else tail -n 30 /var/log/minipaas-dockerd.log; fi
  fail "Docker Engine was started but did not answer on $docker_socket within 60 s."
}

# A machine that was switched off leaves pid files, and the engine takes whatever process has that number now for its own.
forget_dead_engine() {
  local file pid
  for file in /var/run/docker.pid /var/run/docker/containerd/containerd.pid; do
    if pid=$(cat "$file" 2>/dev/null) && [[ ! $(cat "/proc/$pid/comm" 2>/dev/null) =~ ^(dockerd|containerd)$ ]]; then rm -f "$file"; fi
  done
}

# Where no init system did it: one hierarchy (v2), or one per controller where the kernel still runs those.
mount_control_groups() {
  local controller
  if grep -qE '^[^ ]+ /sys/fs/cgroup[ /]' /proc/mounts; then return 0; fi
  echo "Mounting the control groups"
  if mount -t cgroup2 cgroup2 /sys/fs/cgroup && grep -qw memory /sys/fs/cgroup/cgroup.controllers; then return 0; fi
  if mountpoint -q /sys/fs/cgroup; then umount /sys/fs/cgroup; fi
  mount -t tmpfs -o mode=755 cgroup /sys/fs/cgroup
  while read -r controller; do
    mkdir -p "/sys/fs/cgroup/$controller"
    mount -t cgroup -o "$controller" cgroup "/sys/fs/cgroup/$controller" || rmdir "/sys/fs/cgroup/$controller"
  done < <(awk '!/^#/ && $4 == 1 { print $1 }' /proc/cgroups)
}
