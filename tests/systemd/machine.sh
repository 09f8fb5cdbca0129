# A machine of Debian packages on which systemd is PID 1: a container with its own control groups and nearly all rights.

machine_packages=systemd,systemd-sysv,dbus,kmod,iproute2,procps,ca-certificates,sudo
# They would set up the host's devices, kernel and console, which a container sees too.
host_units=(systemd-udevd.service systemd-udevd-control.socket systemd-udevd-kernel.socket systemd-udev-trigger.service
  systemd-modules-load.service systemd-sysctl.service systemd-random-seed.service tmp.mount dev-hugepages.mount
  sys-kernel-debug.mount sys-kernel-tracing.mount sys-kernel-config.mount getty@.service console-getty.service)

# make_machine SUITE: the image, kept for the next run
make_machine() {
  local suite=$1 sources
  if docker image inspect "$image" >/dev/null 2>&1; then return 0; fi
  sources=$(mktemp)
  debian_sources "$suite" >"$sources"
  HERE=$here UNITS=${host_units[*]} mmdebstrap --variant=minbase --include="$machine_packages" \
    --customize-hook='copy-in /usr/local/share/ca-certificates /usr/local/share' \
    --customize-hook='chroot "$1" update-ca-certificates' \
    --customize-hook='chroot "$1" systemctl mask $UNITS' \
    --customize-hook='install -m 755 "$HERE/boot" "$1/usr/local/sbin/boot"' \
    "$suite" - "$sources" | docker import - "$image"
  rm -f "$sources"
}

start_machine() {
  local rights=() one
  # What this process may give, less what older engines have no name for.
  for one in $(capsh --print | sed -n 's/^Bounding set =//p' | tr ',' ' '); do
    case $one in cap_bpf | cap_perfmon | cap_checkpoint_restore) ;; *) rights+=(--cap-add "${one#cap_}") ;; esac
  done
  docker run --detach --name "$machine" --hostname "$machine" --cgroupns private --device-cgroup-rule 'a *:* rwm' \
    --cap-drop ALL "${rights[@]}" --security-opt seccomp=unconfined --security-opt apparmor=unconfined \
    --security-opt systempaths=unconfined --tmpfs /run:exec,mode=755 --tmpfs /tmp:exec --volume /var/lib/docker \
    --volume "$dotnet_root:/usr/share/dotnet:ro" --env container=docker --stop-signal SIGRTMIN+3 \
    "$image" /usr/local/sbin/boot
  await_boot
}

# inside COMMAND...: runs it on the machine
inside() { docker exec --interactive "$machine" "$@"; }

await_boot() {
  local tries
  for ((tries = 0; tries < 300; tries++)); do
    if [[ $(inside systemctl is-system-running 2>/dev/null) =~ ^(running|degraded)$ ]]; then return 0; fi
    sleep 1
  done
  fail "systemd did not finish its start within 5 minutes; see: docker logs $machine"
}

reboot_machine() {
  docker restart --time 120 "$machine"
  await_boot
}

remove_machine() { docker rm --force --volumes "$machine" >/dev/null 2>&1 || true; }
