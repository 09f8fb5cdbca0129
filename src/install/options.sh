# The command line. Options that were given are in `given`; what was not is decided in settings.sh.

declare -A given=()
action=install
demo=yes assume_yes=no purge=no

usage() {
  cat <<'TEXT'
Usage: ./install.sh [options]

Makes this Debian or Ubuntu machine a PaaS: `git push paas master` deploys. Run as root. A second run upgrades
in place and keeps apps, data and settings.

  --http-port N        port visitors and git use (80; 8080 or the next free one when it is taken)
  --https-port N       port for HTTPS (443; 8443 or the next free one when it is taken), or "off"
  --domain NAME        apps answer at APP.NAME, the control plane at paas.NAME (localhost)
  --stacks "A B"       stacks to make; the first is the default ("bookworm bullseye")
  --no-demo            do not deploy the sample app
  --prepare            only the prerequisites: packages, Docker Engine, .NET SDK, NuGet packages, stacks

  For a second instance beside the first:
  --prefix DIR         programs and settings (/opt/minipaas)
  --state-dir DIR      data (/var/lib/minipaas)
  --run-dir DIR        sockets and pid files (/run/minipaas)
  --namespace NAME     prefix of its Docker names, services, firewall chains, router's user (minipaas)
  --subnet CIDR        addresses of its dynos (10.213.0.0/16, or a free one)

  --uninstall          stop and remove this instance; asks before it removes apps and their data
  --purge              with --uninstall: remove apps and data too, without asking for them
  --yes                with --uninstall: do not ask; data stays unless --purge is given
  --help               this text
TEXT
}

bad_usage() { printf 'Error: %s\n\n' "$1" >&2; usage >&2; exit 2; }

# For values that cannot be used: what is wrong with one says more than the list of all options.
refuse() { printf 'Error: %s See ./install.sh --help.\n' "$1" >&2; exit 2; }

parse_options() {
  while (($#)); do
    case $1 in
      --*=*) set -- "${1%%=*}" "${1#*=}" "${@:2}"; continue ;;
      --http-port | --https-port | --domain | --stacks | --prefix | --state-dir | --run-dir | --namespace | --subnet)
        [[ -n ${2:-} ]] || bad_usage "$1 needs a value."
        given[${1#--}]=$2
        shift ;;
      --no-demo) demo=no ;;
      --prepare) action=prepare ;;
      --uninstall) action=uninstall ;;
      --purge) purge=yes ;;
      --yes | -y) assume_yes=yes ;;
      --help | -h) usage; exit 0 ;;
      *) bad_usage "Unknown option '$1'." ;;
    esac
    shift
  done
  [[ $purge = no || $action = uninstall ]] || bad_usage "--purge goes with --uninstall."
}
