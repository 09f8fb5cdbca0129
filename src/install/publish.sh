# Compiles the three programs and puts them with the buildpacks into a release folder of their own:
#   <prefix>/releases/<hash>/{router,paasd,cli,buildpacks}     <prefix>/current -> releases/<hash>
# The folder is named after its content, so an unchanged install changes nothing, and the router is restarted
# only when its own files differ.

# publish_programs OUT BUILD: compiles into OUT/router, OUT/paasd and OUT/cli; BUILD keeps intermediate files
publish_programs() {
  local out=$1 build=$2 program
  local -A projects=([router]=MiniPaaS.Router [paasd]=MiniPaaS.Daemon [cli]=MiniPaaS.Cli)
  # Compiled ahead of time for a short start; where the feed lacks that compiler the programs are left to the
  # just-in-time one. Analyzers are for who changes the code. The commit and the folder's name stay out of the files, so equal sources give equal files.
  local flags=(-c Release -r "$runtime_id" --self-contained false --nologo -v minimal
    "-p:PublishReadyToRun=$(can_compile_ahead)" -p:RunAnalyzers=false -p:IncludeSourceRevisionInInformationalVersion=false
    "-p:PathMap=$source_dir=/minipaas%2C$build=/minipaas/artifacts")
  for program in router paasd cli; do
    rm -rf "${out:?}/$program"
    "$dotnet_root/dotnet" publish "$source_dir/src/${projects[$program]}" "${flags[@]}" \
      --artifacts-path "$build" -o "$out/$program"
  done
  chmod -R u=rwX,go=rX "$out"
}

can_compile_ahead() {
  local probe
  probe=$(mktemp -d)
  cat >"$probe/probe.csproj" <<XML
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <TargetFramework>net$sdk_major.0</TargetFramework>
    <RuntimeIdentifier>$runtime_id</RuntimeIdentifier>
    <PublishReadyToRun>true</PublishReadyToRun>
    <SelfContained>false</SelfContained>
  </PropertyGroup>
</Project>
XML
  if "$dotnet_root/dotnet" restore "$probe" >"$probe/log" 2>&1; then
    echo true
  else
    notice "no ahead-of-time compiler on the NuGet feed; programs will start more slowly."
    cat "$probe/log" >&2
    echo false
  fi
  rm -rf "$probe"
}

# The environment in which .NET runs on a machine without ICU, and without leaving servers behind.
dotnet_environment() {
  export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
  export DOTNET_CLI_USE_MSBUILD_SERVER=0 MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false
  ldconfig -p | grep libicuuc >/dev/null || export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
  export DOTNET_ROOT=$dotnet_root PATH=$dotnet_root:$PATH HOME=${HOME:-/root}
}

bootstrap_packages() {
  dotnet_environment
  bash "$source_dir/src/bootstrap-packages.sh"
}

publish_release() {
  local new=$prefix/releases/.new hash
  bootstrap_packages
  rm -rf "$new"
  mkdir -p "$new" "$prefix/build"
  chmod 755 "$prefix" "$prefix/releases" "$new"
  publish_programs "$new" "$prefix/build"
  cp -a "$source_dir/buildpacks" "$new/buildpacks"
  cp -a "$source_dir/src/install/services" "$new/services"
  chown -R root:root "$new"
  chmod -R go-w,a+rX "$new"
  hash=$(content_hash "$new")
  if [[ -d $prefix/releases/$hash ]]; then rm -rf "$new"; else mv "$new" "$prefix/releases/$hash"; fi
  switch_to "$hash"
}

# Names, modes and contents of all files; symbols, which no program needs to run, left out.
content_hash() {
  (
    cd "$1"
    find . \( -type f ! -name '*.pdb' -printf '%m %p\n' -o -type l -printf '%l %p\n' \) | sort
    find . -type f ! -name '*.pdb' -print0 | sort -z | xargs -0 sha256sum
  ) | sha256sum | cut -c1-16
}

switch_to() {
  local previous="" release
  previous=$(readlink "$prefix/current" || true)
  [[ $previous != "releases/$1" ]] || { echo "Nothing changed: still release $1"; return 0; }
  if [[ -n $previous ]]; then ln -sfn "$previous" "$prefix/previous"; fi
  ln -sfn "releases/$1" "$prefix/current.new"
  mv -fT "$prefix/current.new" "$prefix/current"
  for release in "$prefix"/releases/*/; do
    release=${release%/}
    case releases/${release##*/} in
      "releases/$1" | "$previous") ;;
      *) release_is_in_use "$release" || rm -rf "$release" ;;
    esac
  done
  echo "Release $1 is current"
}

# A router that no upgrade had to restart still loads code from the release it was started from.
release_is_in_use() { grep -qsF "$1/" /proc/[0-9]*/maps; }
