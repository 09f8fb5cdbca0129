# `paas` on the PATH, with completion.

completion_file=/usr/share/bash-completion/completions/paas

install_cli() {
  local program=$prefix/current/cli/paas
  mkdir -p "$bin_dir"
  if finds_runtime "$program"; then
    ln -sfn "$program" "$bin_dir/paas.new"
  else
    # The program looks in the usual places; this machine's .NET lies elsewhere.
    printf '#!/bin/sh\nDOTNET_ROOT=%s exec %s "$@"\n' "$dotnet_root" "$program" >"$bin_dir/paas.new"
    chmod 755 "$bin_dir/paas.new"
  fi
  mv -fT "$bin_dir/paas.new" "$bin_dir/paas"
  if [[ $prefix = /opt/minipaas ]]; then
    mkdir -p "$(dirname "$completion_file")"
    "$bin_dir/paas" completion bash >"$completion_file.new"
    mv -f "$completion_file.new" "$completion_file"
  fi
}

# The host program ends with 131 or 150 when it finds no runtime, or none that fits.
finds_runtime() {
  local status=0
  env -i HOME=/nonexistent "$1" version >/dev/null 2>&1 || status=$?
  ((status != 131 && status != 150))
}
