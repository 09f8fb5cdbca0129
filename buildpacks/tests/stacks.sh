# The images themselves.

in_run_image() { docker run --rm --network none "${hardened[@]}" "minipaas/stack-$1:run" bash -c "$2" > "$work/out" 2>&1; }
nothing_writable() {
  in_run_image "$1" 'find / -xdev ! -type l -writable ! -path "/proc/*" 2>/dev/null | sort | xargs'
  equals "$(<"$work/out")" "/app /tmp"
}
no_setuid() { in_run_image "$1" 'find / -xdev -type f -perm /6000 2>/dev/null'; equals "$(<"$work/out")" ""; }
identity() { in_run_image "$1" 'echo "$(id --user):$(id --group) $(id --user --name) $HOME $PWD"'; equals "$(<"$work/out")" "21000:21000 dyno /app /app"; }
provides_php() {
  in_run_image "$1" 'php -r "echo PHP_MAJOR_VERSION, \".\", PHP_MINOR_VERSION;"'
  equals "php $(<"$work/out")" "$(grep '^php ' "$here/stacks/$1/provides")"
}
has_extensions() {
  in_run_image "$1" 'php -m'
  local name
  for name in apcu bcmath curl gd intl mbstring mysqli pdo_mysql pdo_pgsql pdo_sqlite redis xml zip "Zend OPcache"; do
    says "$name" || return 1
  done
}
shares_layers() {
  equals "$(docker image inspect --format '{{index .RootFS.Layers 0}}' "minipaas/stack-$1:build")" \
    "$(docker image inspect --format '{{index .RootFS.Layers 0}}' "minipaas/stack-$1:run")"
}
knows_dyno_packages() {
  docker run --rm --network none "minipaas/stack-$1:build" cat /var/lib/dpkg/status.run > "$work/out" &&
    docker run --rm --network none "minipaas/stack-$1:run" cat /var/lib/dpkg/status | cmp - "$work/out"
}
label_of() { docker image inspect --format "{{index .Config.Labels \"$2\"}}" "$1"; }

for stack in bookworm bullseye $(optional_stacks); do
  check "$stack: runs as the dyno user in /app" identity $stack
  check "$stack: nothing but /app and /tmp can be written" nothing_writable $stack
  check "$stack: no file gives rights away" no_setuid $stack
  check "$stack: has the PHP it says it provides" provides_php $stack
  check "$stack: has the usual PHP extensions" has_extensions $stack
  check "$stack: has both web servers" in_run_image $stack 'httpd -v && nginx -v && php-fpm --version'
  check "$stack: the build image is a layer on the run image" shares_layers $stack
  check "$stack: both images carry the same key" equals \
    "$(label_of minipaas/stack-$stack:run minipaas.stack.key)" "$(label_of minipaas/stack-$stack:build minipaas.stack.key)"
  check "$stack: a build can tell what dynos have" knows_dyno_packages $stack
  check "$stack: is not made twice" bash -c "'$here/stacks/build-stack' $stack | grep -q 'up to date'"
done
