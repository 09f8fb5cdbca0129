# Helpers of buildpacks/test.

examples=$(cd "$here/../examples" && pwd)
label=minipaas.buildpack.test=$$
work=$(mktemp -d "${TMPDIR:-/tmp}/minipaas-packs.XXXXXX")
passed=0 failed=0 container="" address="" number=0

cleanup() {
  docker ps --all --quiet --filter "label=$label" | xargs --no-run-if-empty docker rm --force >/dev/null
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# check DESCRIPTION COMMAND...: counts a test, and shows the last output where it fails.
check() {
  local description=$1
  shift
  if "$@"; then
    passed=$((passed + 1))
    echo "ok - $description"
  else
    failed=$((failed + 1))
    echo "not ok - $description ($*)"
    tail -n 30 "$work/out" 2>/dev/null | sed 's/^/  | /'
  fi
}

skip() { echo "skip - $1"; }

equals() { [[ $1 = "$2" ]] || { echo "  expected '$2', got '$1'"; return 1; }; }
says() { grep -qF -- "$1" "$work/out"; }
does_not_say() { ! says "$1"; }
answers() { equals "$(get "$1" -o /dev/null -w '%{http_code}')" "$2"; }
# A body is put into the file "out", where says() looks.
body_says() { get "$1" > "$work/out"; says "$2"; }
get() { local path=$1; shift; curl --silent --max-time 10 "$@" "http://$address:5000$path"; }

# A new application in $app, empty or a copy of an example, with a build cache of its own in $cache.
new_app() {
  number=$((number + 1))
  app=$work/app$number cache=$work/cache$number env=$work/env$number
  mkdir -p "$app" "$cache" "$env"
  [[ $# = 0 ]] || cp -a "$examples/$1/." "$app/"
}

config_var() { printf '%s' "$2" > "$env/$1"; }

hardened=(--user 21000:21000 --cap-drop ALL --security-opt no-new-privileges --label "$label")
dotnet=(--volume "${DOTNET_ROOT:-/usr/share/dotnet}:/usr/share/dotnet:ro")

# Stacks that not every machine has, and that whoever calls wants tested.
optional_stacks() { echo "${MINIPAAS_TEST_STACKS:-}"; }

# online COMMAND...: what it builds may use the network, as the platform's builds do. Without it, they may not.
network=none certificates=/etc/ssl/certs/ca-certificates.crt
online() { local network=bridge; "$@"; }
# Whether the package source of a client answers from a build container.
reaches_npm() { new_app; online in_build_image bookworm procfile 'timeout 20 npm view mustache version --fetch-retries 0'; }
reaches_debian() {
  new_app
  online in_build_image bookworm procfile 'cd /tmp && sed -n "s/^deb [^]]*] \([^ ]*\) \([^ ]*\) .*/\1\/dists\/\2\/InRelease/p" /etc/apt/sources.list.d/*.list |
    head -n 1 | xargs timeout 20 curl --silent --fail --output InRelease'
}
# serve DIRECTORY: a package source of our own, for builds that are online; sets served, its address.
serve() {
  local server deadline=$((SECONDS + 90))
  chmod -R a+rX "$1"
  server=$(docker run --detach "${hardened[@]}" --volume "$1:/app:ro" minipaas/stack-bookworm:run python3 -u -m http.server 8000)
  served=http://$(docker inspect --format '{{.NetworkSettings.IPAddress}}' "$server"):8000
  until curl --silent --fail --max-time 10 --output /dev/null "$served/" || ((SECONDS > deadline)); do sleep 0.2; done
}
# Clients of package sources trust what the host trusts.
trust=(--volume "$certificates:$certificates:ro")
for variable in NODE_EXTRA_CA_CERTS SSL_CERT_FILE GIT_SSL_CAINFO CURL_CA_BUNDLE REQUESTS_CA_BUNDLE PIP_CERT; do
  trust+=(--env "$variable=$certificates")
done

# in_build_image STACK BUILDPACK SCRIPT: runs a script as a buildpack is run, in the buildpack's directory.
in_build_image() {
  chown -R 21000:21000 "$app" "$cache" "$env"
  docker run --rm --network "$network" "${hardened[@]}" "${dotnet[@]}" "${trust[@]}" --memory 2g --pids-limit 512 \
    --volume "$app:/tmp/build_0a1b2c3d" --volume "$cache:/tmp/codon/tmp/cache" --volume "$env:/tmp/env:ro" \
    --volume "$here:/tmp/packs:ro" --tmpfs /tmp/codon/tmp/buildpacks:exec,mode=1777 --volume "$here/stacks:/tmp/stacks:ro" \
    --env STACK=heroku-24 --env SOURCE_VERSION=0 --env REQUEST_ID=test \
    --env DYNO=build.1 --env SOURCE_DATE_EPOCH=1700000000 --env DOTNET_ROOT=/usr/share/dotnet --env MINIPAAS_STACKS_DIR=/tmp/stacks \
    --env "MINIPAAS_STACKS=${stacks_on_offer:-bookworm bullseye}" --env "MINIPAAS_STACK_WANTED=${stack_wanted:-}" \
    "minipaas/stack-$1:build" bash -c 'cp -r "/tmp/packs/$1" /tmp/codon/tmp/buildpacks/pack &&
    cd /tmp/codon/tmp/buildpacks/pack && eval "$2"' - "$2" "$3" > "$work/out" 2>&1
}

detect() { in_build_image bookworm "$1" 'bin/detect /tmp/build_0a1b2c3d'; }
choose_stack() { in_build_image bookworm "${1:-php}" 'bin/stack /tmp/build_0a1b2c3d /tmp/env'; }
# build STACK BUILDPACK: all three scripts; the output of release goes to "release".
build() {
  in_build_image "$1" "$2" 'bin/detect /tmp/build_0a1b2c3d >/dev/null && mkdir -p /tmp/env &&
    bin/compile /tmp/build_0a1b2c3d /tmp/codon/tmp/cache /tmp/env' || return
  cp "$work/out" "$work/compiled"
  in_build_image "$1" "$2" 'bin/release /tmp/build_0a1b2c3d' && mv "$work/out" "$work/release" && mv "$work/compiled" "$work/out"
}
build_fails() { ! build "$@"; }

# A second build of an example, in a clean cache, gives the files that the first one, in $app, gave. Times are not
# compared: the platform gives every file of a slug the same.
builds_alike() {
  local first=$work/first round
  list_tree > "$first"
  new_app "$3"
  build "$1" "$2" || return
  list_tree > "$work/second"
  diff "$first" "$work/second" > "$work/out"
}
list_tree() { (cd "$app" && find . \( -type f -exec sha256sum {} + \) , -printf '%p %m %l\n' | sort); }

releases() { grep -qxF -- "$1" "$work/release"; }

# boot STACK COMMAND [docker options]: starts a dyno and waits until it answers.
boot() {
  local stack=$1 command=$2 deadline
  shift 2
  boot_only "$stack" "$command" "$@"
  deadline=$((SECONDS + 90))
  until get / --output /dev/null; do
    if ((SECONDS > deadline)) || [[ $(docker inspect --format '{{.State.Running}}' "$container") != true ]]; then
      docker logs "$container" > "$work/out" 2>&1
      return 1
    fi
    sleep 0.01
  done
}

# The same without waiting.
boot_only() {
  local stack=$1 command=$2
  shift 2
  end
  chown -R 21000:21000 "$app"
  container=$(docker run --detach --init --read-only --tmpfs /tmp:mode=1777,exec "${hardened[@]}" "${dotnet[@]}" \
    --memory 512m --pids-limit 256 --volume "$app:/app" --env PORT=5000 --env DYNO=web.1 --env HOME=/app \
    --env PATH=/usr/local/bin:/usr/bin:/bin "$@" \
    "minipaas/stack-$stack:run" bash -c \
    'shopt -s nullglob; for file in .profile.d/*.sh; do source "$file"; done; exec bash -c "$1"' dyno "$command")
  address=$(docker inspect --format '{{.NetworkSettings.IPAddress}}' "$container")
}

end() { [[ -z $container ]] || docker rm --force "$container" >/dev/null; container=""; }

exit_code() { docker wait "$container"; }
dyno_output() { docker logs "$container" > "$work/out" 2>&1; }
dyno_says() { dyno_output; says "$1"; }

# Stops the dyno, with all the time it takes, and compares its exit code: 137 is one that did not stop by itself.
stops_with() {
  docker stop --time 60 "$container" >/dev/null
  equals "$(docker inspect --format '{{.State.ExitCode}}' "$container")" "$1"
}
