# Debian packages: only those that are missing, and Docker Engine only where none is.

have() { command -v "$1" >/dev/null; }

# install_packages EXTRA...: what MiniPaaS needs, and EXTRA. mmdebstrap takes gpg to find the keys of an archive that is not the machine's own.
install_packages() {
  local wanted=(git curl ca-certificates lego mmdebstrap debian-archive-keyring gpg iptables iproute2 procps util-linux passwd bzip2 xz-utils "$@")
  local package missing=()
  if [[ ! -S $docker_socket ]] && ! have dockerd; then wanted+=(docker.io); fi
  for package in "${wanted[@]}"; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) = installed ]] || missing+=("$package")
  done
  get_packages "${missing[@]}"
  # Some releases ship the client apart from the engine.
  have docker || get_packages docker-cli
}

# The lists of a bare machine are absent or old: they are fetched only when installing without that fails.
get_packages() {
  (($#)) || { echo "Nothing is missing."; return 0; }
  echo "Missing: $*"
  if ! apt_get install --no-install-recommends "$@"; then
    apt_get update
    apt_get install --no-install-recommends "$@"
  fi
}

# get_packages_idle PACKAGE...: without letting them start a service; Debian asks policy-rc.d, and 101 forbids it
get_packages_idle() {
  local policy=/usr/sbin/policy-rc.d status=0
  if [[ -e $policy ]]; then get_packages "$@"; return; fi
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
  get_packages "$@" || status=$?
  rm -f "$policy"
  return "$status"
}

apt_get() {
  DEBIAN_FRONTEND=noninteractive apt-get --yes --quiet -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0 \
    -o Acquire::Retries=3 "$@"
}
