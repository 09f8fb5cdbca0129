#!/usr/bin/env bash
# Makes a bare Debian or Ubuntu machine a PaaS, or upgrades one in place: ./install.sh --help
set -euo pipefail
export LC_ALL=C.UTF-8
umask 022

source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$source_dir/src/install/report.sh"
source "$source_dir/src/install/options.sh"
source "$source_dir/src/install/settings.sh"
source "$source_dir/src/install/check.sh"
source "$source_dir/src/install/packages.sh"
source "$source_dir/src/install/engine.sh"
source "$source_dir/src/install/sdk.sh"
source "$source_dir/src/install/publish.sh"
source "$source_dir/src/install/stacks.sh"
source "$source_dir/src/install/programs.sh"
source "$source_dir/src/install/services.sh"
source "$source_dir/src/install/token.sh"
source "$source_dir/src/install/trust.sh"
source "$source_dir/src/install/demo.sh"
source "$source_dir/src/install/uninstall.sh"
source "$source_dir/src/install/services/processes.sh"

main() {
  parse_options "$@"
  decide_settings
  open_report
  check_machine
  one_at_a_time
  case $action in
    install) open_log "/var/log/$namespace-install.log"; install_everything ;;
    prepare) open_log "/var/log/$namespace-prepare.log"; prepare_machine ;;
    uninstall) uninstall; if [[ $purge = yes ]]; then rm -f "/var/log/$namespace-"{install,prepare}.log{,.1}; fi ;;
  esac
}

# Two runs at once would mix up their releases and package installs.
one_at_a_time() {
  exec 9>/run/minipaas-install.lock
  flock -n 9 || fail "Another install.sh is running on this machine. Wait for it to end."
}

install_everything() {
  check_other_instance
  check_state_dir
  choose_ports
  decide_user
  install_prerequisites
  choose_subnet
  launch_stacks
  launch publish "Compiling the programs" "check that the NuGet feed answers (dotnet restore); the compiler's errors are in the log." publish_release
  await_stacks publish
  step "Writing settings" "check that $env_file and $state_dir can be written." configure
  step "Starting router and daemon" "see the logs above; $prefix/bin/minipaas-services status tells what runs." install_services
  step "Giving $user a token" "see the daemon's log; then run this again." install_token
  step "Trusting the local CA" "run 'paas certs:trust' to see what is to be trusted; HTTP works without." trust_authority
  if [[ $demo = yes ]]; then
    step "Deploying the sample app with git push" "the build's output is in the log; ./install.sh --no-demo installs without it." deploy_demo
  fi
  print_table
  print_next_steps
}

install_prerequisites() {
  step "Installing packages" "check the machine's package sources and network (apt-get update), then run this again." install_packages "${extra_packages[@]}"
  step "Starting Docker Engine" "see why it does not start: journalctl -u docker, or /var/log/minipaas-dockerd.log." start_engine
  step "Finding the .NET $sdk_major SDK" "install the .NET $sdk_major SDK (https://learn.microsoft.com/dotnet/core/install/linux), or unpack it into /usr/share/dotnet." install_sdk
  dotnet_root=$(cat "$step_dir/dotnet_root")
}
extra_packages=()

# What the tests need of a machine; installs no instance.
prepare_machine() {
  extra_packages=(busybox-static jq pebble)
  install_prerequisites
  launch_stacks
  launch bootstrap "Completing the NuGet packages" "check that the NuGet feed answers (dotnet restore)." bootstrap_packages
  await_stacks bootstrap
  print_table
}

configure() {
  write_settings
  make_user_and_directories
  install_cli
}

main "$@"
