# A machine of Debian's or Ubuntu's packages on which systemd is PID 1: a container with its own control groups and nearly all rights.

machine_packages=apt,systemd,systemd-sysv,dbus,kmod,iproute2,procps,ca-certificates,sudo
ubuntu_suites=(jammy noble resolute)
# What an Ubuntu server has besides and that has a say in what an install does: when services restart, who holds apt's locks, the firewall.
ubuntu_packages=needrestart,unattended-upgrades,ufw,systemd-resolved
# They would set up the host's devices, kernel and console, which a container sees too.
host_units=(systemd-udevd.service systemd-udevd-control.socket systemd-udevd-kernel.socket systemd-udev-trigger.service
  systemd-modules-load.service systemd-sysctl.service systemd-random-seed.service tmp.mount dev-hugepages.mount
  sys-kernel-debug.mount sys-kernel-tracing.mount sys-kernel-config.mount getty@.service console-getty.service)

# make_machine SUITE: the image, kept for the next run
make_machine() {
  local suite=$1 work from=() mirror=()
  if docker image inspect "$image" >/dev/null 2>&1; then return 0; fi
  work=$(mktemp -d)
  # Also for the user that apt downloads as.
  chmod 755 "$work"
  if is_ubuntu "$suite"; then from_ubuntu "$suite" "$work"; else from_debian "$suite" "$work"; fi
  if [[ -s $work/sources.list ]]; then mirror=("$work/sources.list"); fi
  HERE=$here UNITS=${host_units[*]} mmdebstrap --variant=minbase "${from[@]}" \
    --customize-hook='copy-in /usr/local/share/ca-certificates /usr/local/share' \
    --customize-hook='chroot "$1" update-ca-certificates' \
    --customize-hook='chroot "$1" systemctl mask $UNITS' \
    --customize-hook='install -m 755 "$HERE/boot" "$1/usr/local/sbin/boot"' \
    "$suite" "$work/machine.tar" "${mirror[@]}"
  docker import "$work/machine.tar" "$image"
  rm -rf "$work"
}

is_ubuntu() { [[ " ${ubuntu_suites[*]} " = *" $1 "* ]]; }

# from_debian SUITE DIRECTORY, from_ubuntu SUITE DIRECTORY: mmdebstrap's options in `from`, and what they name in DIRECTORY
from_debian() {
  from=(--include="$machine_packages")
  debian_sources "$1" >"$2/sources.list"
}

# Debian has Ubuntu's keys in a package, which is signed like all others; only its newer releases do.
from_ubuntu() {
  local suite=$1 work=$2 line keys=usr/share/keyrings/ubuntu-archive-keyring.gpg
  debian_sources trixie >"$work/keys.list"
  mmdebstrap --variant=extract --include=ubuntu-archive-keyring trixie "$work/keys" "$work/keys.list"
  from=(--include="$machine_packages,$ubuntu_packages" --components="main,universe" --keyring="$work/keys/$keys"
    --customize-hook='sed -i "s#signed-by=[^] ]*#signed-by=/'"$keys"'#" "$1/etc/apt/sources.list"')
  if [[ -n ${MINIPAAS_UBUNTU_ARCHIVE:-} ]]; then
    for line in "$suite" "$suite-updates" "$suite-security"; do
      echo "deb [signed-by=$work/keys/$keys] ${MINIPAAS_UBUNTU_ARCHIVE%/} $line main universe"
    done >"$work/sources.list"
  fi
}

start_machine() {
  local rights=() one
  # What this process may give, less what older engines have no name for.
  for one in $(capsh --print | sed -n 's/^Bounding set =//p' | tr ',' ' '); do
    case $one in cap_bpf | cap_perfmon | cap_checkpoint_restore) ;; *) rights+=(--cap-add "${one#cap_}") ;; esac
  done
  docker run --detach --name "$machine" --hostname "$machine" --cgroupns private --device-cgroup-rule 'a *:* rwm' \
    --cap-drop ALL "${rights[@]}" --security-opt seccomp=unconfined --security-opt apparmor=unconfined \
    --security-opt systempaths=unconfined --tmpfs /run:exec,mode=755 --tmpfs /tmp:exec --volume /var/lib/docker --volume /var/lib/containerd \
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
