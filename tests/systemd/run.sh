#!/usr/bin/env bash
# Boots a machine on which systemd is PID 1 and tries there what no test without one can: the install of a bare machine,
# upgrades under load, crashes, a reboot, the uninstall. Takes a quarter of an hour; needs root. The last line is "N passed, N failed".
#   tests/systemd/run.sh [--keep] [SUITE]     bookworm (the default), trixie, noble; --keep leaves the machine for a look
#   MINIPAAS_UBUNTU_ARCHIVE                   where to take the packages of an Ubuntu from; default: mmdebstrap's own
set -euo pipefail
export LC_ALL=C.UTF-8 HOME=${HOME:-/root}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source_dir=$(dirname "$(dirname "$here")")
source "$source_dir/src/install/report.sh"
source "$source_dir/src/install/packages.sh"
source "$source_dir/src/install/engine.sh"
source "$source_dir/src/install/sdk.sh"
source "$source_dir/buildpacks/stacks/archive.sh"
source "$here/machine.sh"
source "$here/drills.sh"

declare -A installed=()
prefix=/opt/minipaas action=test passed=0 failed=0 keep=no suite=bookworm

main() {
  local argument
  for argument in "$@"; do
    case $argument in
      --keep) keep=yes ;;
      -*) echo "Usage: tests/systemd/run.sh [--keep] [SUITE]" >&2; exit 2 ;;
      *) suite=$argument ;;
    esac
  done
  image=minipaas-test/machine:$suite machine=minipaas-machine-$suite-$$
  dotnet_root=$(find_sdk) || fail "There is no .NET $sdk_major SDK. Run: sudo ./install.sh --prepare"
  install_packages libcap2-bin
  engine_answers || fail "Docker Engine does not answer. Run: sudo ./install.sh --prepare"
  trap end EXIT
  headline "Making a machine of $suite"
  make_machine "$suite"
  start_machine
  copy_project
  drills
}

end() {
  local status=$?
  if ((status)); then failed=$((failed + 1)); fi
  if [[ $keep = yes ]]; then echo "The machine stays: docker exec -it $machine bash"; else remove_machine; fi
  echo "$passed passed, $failed failed"
  if ((failed)); then exit 1; fi
}

headline() { printf '\n==> %s\n' "$1"; }

# The files as they are, whether committed or not.
copy_project() {
  inside mkdir -p /root/minipaas
  (cd "$source_dir" && git ls-files --cached --others --exclude-standard -z | tar --null --files-from=- -cf -) |
    inside tar -x --no-same-owner -C /root/minipaas
  if compgen -G "$source_dir/packages-local/*.nupkg" >/dev/null; then
    (cd "$source_dir" && tar -cf - packages-local/*.nupkg) | inside tar -x --no-same-owner -C /root/minipaas
  fi
}

# check SENTENCE COMMAND...: one test
check() {
  local sentence=$1 output
  shift
  if output=$("$@" 2>&1); then
    echo "ok - $sentence"
    passed=$((passed + 1))
  else
    echo "not ok - $sentence"
    sed 's/^/    /' <<<"$output" | tail -n 40
    failed=$((failed + 1))
  fi
}

main "$@"
