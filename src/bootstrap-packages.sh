#!/usr/bin/env bash
# Makes the solution restorable where the package feed in use lacks LibGit2Sharp, its native
# binaries or System.IO.Hashing: their official files also travel inside the tool package
# dotnet-stryker, from which they are packed again, unchanged, into packages-local/.
# Does nothing where the feed has them.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
feed=$root/packages-local
carrier=5.1.0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

version_of() { sed -n "s/.*Include=\"$1\" Version=\"\([^\"]*\)\".*/\1/p" "$root/Directory.Packages.props"; }

# The feed is complete when a project that needs only these packages restores from it.
feed_is_complete() {
  mkdir -p "$work/probe"
  cat >"$work/probe/probe.csproj" <<XML
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
  <ItemGroup>
    <PackageDownload Include="LibGit2Sharp" Version="[$(version_of LibGit2Sharp)]" />
    <PackageDownload Include="LibGit2Sharp.NativeBinaries" Version="[$(version_of LibGit2Sharp.NativeBinaries)]" />
    <PackageDownload Include="System.IO.Hashing" Version="[$(version_of System.IO.Hashing)]" />
  </ItemGroup>
</Project>
XML
  dotnet restore "$work/probe" >"$work/probe.log" 2>&1
}

# pack ID DEPENDENCIES FILES: FILES are MSBuild items that place the carrier's files in the package
pack() {
  local id=$1 dependencies=$2 files=$3
  mkdir -p "$work/$id"
  cat >"$work/$id/$id.csproj" <<XML
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <TargetFramework>net10.0</TargetFramework>
    <PackageId>$id</PackageId>
    <Version>$(version_of "$id")</Version>
    <Description>Official files of $id, packed again from dotnet-stryker $carrier.</Description>
    <IncludeBuildOutput>false</IncludeBuildOutput>
    <NoBuild>true</NoBuild>
    <NoWarn>NU5127;NU5128;NU5100;NU5131</NoWarn>
  </PropertyGroup>
  <ItemGroup>$dependencies$files</ItemGroup>
</Project>
XML
  dotnet pack "$work/$id" --source "$feed" -o "$feed" >"$work/$id.log" 2>&1 || { cat "$work/$id.log" >&2; return 1; }
}

packed() { for id in LibGit2Sharp LibGit2Sharp.NativeBinaries System.IO.Hashing; do [ -s "$feed/$id.$(version_of "$id").nupkg" ] || return 1; done; }

if packed || feed_is_complete; then exit 0; fi
echo "The package feed lacks LibGit2Sharp or System.IO.Hashing; packing them from dotnet-stryker $carrier"

mkdir -p "$work/carrier"
cat >"$work/carrier/carrier.csproj" <<XML
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
  <ItemGroup><PackageDownload Include="dotnet-stryker" Version="[$carrier]" /></ItemGroup>
</Project>
XML
dotnet restore "$work/carrier" --packages "$work/packages" >"$work/carrier.log" 2>&1 || {
  cat "$work/probe.log" "$work/carrier.log" >&2
  echo "Neither the packages nor dotnet-stryker $carrier could be had from the configured NuGet feeds." >&2
  exit 1
}
files=$work/packages/dotnet-stryker/$carrier/tools/net10.0/any
mkdir -p "$feed"
pack System.IO.Hashing "" \
  "<None Include=\"$files/System.IO.Hashing.dll\" Pack=\"true\" PackagePath=\"lib/net8.0/\" />"
pack LibGit2Sharp.NativeBinaries "" \
  "<None Include=\"$files/runtimes/**/libgit2-*.so\" Pack=\"true\" PackagePath=\"runtimes/\" />"
pack LibGit2Sharp "<PackageReference Include=\"LibGit2Sharp.NativeBinaries\" Version=\"[$(version_of LibGit2Sharp.NativeBinaries)]\" />" \
  "<None Include=\"$files/LibGit2Sharp.dll\" Pack=\"true\" PackagePath=\"lib/net8.0/\" />"
