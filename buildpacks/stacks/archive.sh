# Where a stack's packages come from. Sourced by build-stack.

# Prints the apt source lines for a suite, or nothing when mmdebstrap should use its own default.
debian_sources() {
  local suite=$1 archive=${MINIPAAS_DEBIAN_ARCHIVE:-} security=${MINIPAAS_DEBIAN_SECURITY_ARCHIVE:-}
  if [[ -z $archive ]]; then
    is_debian_host || return 0
    archive=$(host_archive '^(bullseye|bookworm|trixie|forky|sid|(old)*stable|testing|unstable)$')
    security=${security:-$(host_archive '^(bullseye|bookworm|trixie|forky|(old)*stable|testing)-security$')}
    [[ -n $archive ]] || return 0
  fi
  archive=${archive%/} security=${security:-${archive%/}-security}
  # The same path on the host and in the image; a host that is no Debian does not trust these keys by itself.
  local signed="[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]"
  echo "deb $signed $archive $suite main"
  if has_suite "$archive" "$suite-updates"; then echo "deb $signed $archive $suite-updates main"; fi
  if has_suite "${security%/}" "$suite-security"; then echo "deb $signed ${security%/} $suite-security main"; fi
}

is_debian_host() { grep -qx 'ID=debian' /etc/os-release; }

# Whether an archive has this suite of Debian's own. It may have dropped a suite's updates, which is no reason to
# refuse the suite; and third parties name their suites after Debian's.
has_suite() {
  local file status=1
  file=$(mktemp)
  if /usr/lib/apt/apt-helper -o Acquire::Retries=1 download-file "$1/dists/$2/InRelease" "$file" >/dev/null 2>&1; then
    if grep -qx 'Origin: Debian' "$file"; then status=0; fi
  fi
  rm -f "$file"
  return $status
}

# The first Debian archive in the host's apt sources whose suite matches the pattern.
host_archive() {
  local uri suite
  while read -r uri suite; do
    if has_suite "${uri%/}" "$suite"; then echo "$uri"; return; fi
  done < <(host_sources "$1")
}

# Lines "URI SUITE" for the entries of the host's apt sources that have the component main.
host_sources() {
  local directory=${APT_SOURCES_ROOT:-/etc/apt}
  {
    cat "$directory"/sources.list "$directory"/sources.list.d/*.list 2>/dev/null | one_line_sources
    for file in "$directory"/sources.list.d/*.sources; do
      [[ ! -f $file ]] || deb822_sources < "$file"
    done
  } | awk -v pattern="$1" '
    { main = 0; for (i = 3; i <= NF; i++) if ($i == "main") main = 1 }
    main && $2 ~ pattern { print $1, $2 }'
}

# Both formats of apt sources, as lines "URI SUITE COMPONENT...".
one_line_sources() {
  sed -nE 's/^[[:space:]]*deb[[:space:]]+(\[[^]]*\][[:space:]]*)?([^#]*).*/\2/p'
}
deb822_sources() {
  awk '
    function flush(   i, j, u, s) {
      if (types ~ /(^| )deb( |$)/ && enabled != "no") {
        split(uris, u, " "); split(suites, s, " ")
        for (i = 1; i in u; i++) for (j = 1; j in s; j++) print u[i], s[j], components
      }
      types = uris = suites = components = enabled = ""
    }
    /^#/ { next }
    /^[[:space:]]*$/ { flush(); next }
    { value = $0; sub(/^[^:]*:[[:space:]]*/, "", value) }
    tolower($1) == "types:" { types = value }
    tolower($1) == "uris:" { uris = value }
    tolower($1) == "suites:" { suites = value }
    tolower($1) == "components:" { components = value }
    tolower($1) == "enabled:" { enabled = tolower(value) }
    END { flush() }'
}
