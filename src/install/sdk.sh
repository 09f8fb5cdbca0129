# The .NET SDK: it compiles MiniPaaS, and builds of .NET apps borrow it read-only.

sdk_major=10

# Prints the folder of an SDK that is new enough.
find_sdk() {
  local root
  for root in "${installed[MINIPAAS_DOTNET_ROOT]:-}" "$(dirname "$(readlink -f "$(command -v dotnet || echo /nowhere/dotnet)")")" \
    /usr/share/dotnet /usr/lib/dotnet /opt/dotnet /root/.dotnet "${DOTNET_ROOT:-}" "$prefix/dotnet"; do
    if [[ -n $root && -x $root/dotnet ]] && has_sdk "$root"; then printf '%s' "$root"; return 0; fi
  done
  return 1
}

has_sdk() {
  local version
  while read -r version _; do
    if ((${version%%.*} >= sdk_major)); then return 0; fi
  done < <("$1/dotnet" --list-sdks)
  return 1
}

install_sdk() {
  local root
  if ! find_sdk >/dev/null; then
    apt-cache policy "dotnet-sdk-$sdk_major.0" | grep 'Candidate: [0-9]' >/dev/null ||
      fail "The .NET $sdk_major SDK is not installed and no configured package source offers dotnet-sdk-$sdk_major.0."
    get_packages "dotnet-sdk-$sdk_major.0"
  fi
  root=$(find_sdk)
  echo ".NET SDK in $root: $("$root/dotnet" --list-sdks | tail -n 1)"
  if [[ $action = install ]]; then root=$(shared_sdk "$root"); fi
  # A step cannot set its caller's variables.
  printf '%s' "$root" >"$step_dir/dotnet_root"
}

# The router's user and everyone who runs `paas` must be able to read the runtime, so one that lies in a
# closed home directory is copied into the prefix.
shared_sdk() {
  local root=$1
  if ! setpriv --reuid 65534 --regid 65534 --clear-groups test -x "$root/dotnet"; then
    echo "Copying $root to $prefix/dotnet, where every user can read it" >&2
    mkdir -p "$prefix"
    rm -rf "$prefix/dotnet.new"
    cp -a --reflink=auto "$root" "$prefix/dotnet.new"
    chmod -R go=rX "$prefix/dotnet.new"
    rm -rf "$prefix/dotnet"
    mv "$prefix/dotnet.new" "$prefix/dotnet"
    root=$prefix/dotnet
  fi
  printf '%s' "$root"
}
