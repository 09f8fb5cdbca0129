# The PHP buildpack.

manifest() { echo "$1" > "$app/composer.json"; }
php_app() { new_app; manifest "${1:-\{\}}"; echo '<?php echo "version=", PHP_VERSION, " greeting=", $_ENV["GREETING"] ?? "", getenv("GREETING"), " path=", $_SERVER["PATH_INFO"] ?? "";' > "$app/index.php"; }
chooses() { choose_stack && equals "$(<"$work/out")" "$1"; }
stack_of() { php_app "{\"require\":{\"php\":\"$1\"}}"; chooses "$2"; }
refuses_stack() { ! choose_stack; }

# --- which stack
check "PHP: ^5.6|^7.0 is built on bullseye" stack_of '^5.6|^7.0' bullseye
check "PHP: ^8.2 is built on bookworm" stack_of '^8.2' bookworm
check "PHP: >=7.1 gets the highest" stack_of '>=7.1' bookworm
check "PHP: ~7.4.0 is built on bullseye" stack_of '~7.4.0' bullseye
check "PHP: 7.* is built on bullseye" stack_of '7.*' bullseye
check "PHP: 7.1 - 7.4 is built on bullseye" stack_of '7.1 - 7.4' bullseye
check "PHP: >=7.2 <8.0 is built on bullseye" stack_of '>=7.2 <8.0' bullseye
check "PHP: * is built on the highest" stack_of '*' bookworm
stacks_on_offer="bookworm bullseye trixie"
check "PHP: ^8.3 is built on trixie, where there is one" stack_of '^8.3' trixie
check "PHP: ~8.4.0 is built on trixie" stack_of '~8.4.0' trixie
stacks_on_offer=""
new_app; echo '<?php' > "$app/index.php"
check "PHP: no composer.json gets the default stack" chooses bookworm
: > "$app/composer.json"
check "PHP: an empty composer.json gets the default stack" chooses bookworm
stacks_on_offer="bullseye bookworm"
check "PHP: the default stack is the one named first" chooses bullseye
stacks_on_offer=""
php_app '{"require":{"php":">=7.2"}}'; echo '{"platform":{"php":"^7.2"}}' > "$app/composer.lock"
check "PHP: the lock file narrows the choice" chooses bullseye
php_app '{"require":{"php":">=7.2"}}'; stack_wanted=bullseye
check "PHP: the stack the user set is obeyed" chooses bullseye
manifest '{"require":{"php":"^8.1"}}'
check "PHP: the stack the user set is checked" refuses_stack
stack_wanted=""
php_app '{"require":{"php":"^9.0"}}'
check "PHP: a version nobody has is refused" refuses_stack
check "PHP: ... naming what is on offer" says "On offer: PHP 8.2 (stack bookworm), PHP 7.4 (stack bullseye)"
check "PHP: ... and who asked" says "composer.json requires php ^9.0"
php_app '{"require":{"php":"eight"}}'
check "PHP: nonsense as a version is refused" refuses_stack

# --- the public sample
new_app yet-another-test-app
check "PHP: the sample of 2017 is detected" detect php
check "PHP: the sample is built on bullseye" chooses bullseye
check "PHP: the sample builds" build bullseye php
check "PHP: ... the same twice" builds_alike bullseye php yet-another-test-app
check "PHP: a second build of the sample needs no Composer" bash -c 'rm -r "$1/.minipaas"' - "$app"
build bullseye php
check "PHP: ... and says so" says "no packages to install"
check "PHP: the sample boots" boot bullseye "$(sed -n 's/^web: //p' "$app/Procfile")"
check "PHP: the sample shows PHP 7.4" body_says / "PHP Version 7.4"
check "PHP: the sample keeps composer.json to itself" answers /composer.json 403

new_app php-hello
check "PHP: the smallest example builds" build bookworm php
check "PHP: ... the same twice" builds_alike bookworm php php-hello

# --- serving, on both stacks and with both servers
serve() {
  local stack=$1 server=$2
  php_app '{"require":{"php":">=7.0","ext-mbstring":"*"}}'
  mkdir -p "$app/public/.well-known" "$app/.git" "$app/var"
  echo page > "$app/public/page.html"; echo secret | tee "$app/.env" "$app/.git/config" "$app/public/.hidden" >/dev/null
  echo challenge > "$app/public/.well-known/x"
  echo 'web: x' > "$app/Procfile"
  echo '<?php error_log("from the application"); trigger_error("from PHP", E_USER_WARNING);' > "$app/log.php"
  printf 'RewriteEngine On\nRewriteRule ^nice$ /index.php/rewritten [L]\n' > "$app/.htaccess"
  check "PHP: $stack $server: builds" build "$stack" php
  check "PHP: $stack $server: default type" releases '  web: vendor/bin/heroku-php-apache2'
  check "PHP: $stack $server: boots" boot "$stack" "heroku-php-$server -v" --env GREETING=hi
  check "PHP: $stack $server: config vars in the environment" body_says / "greeting=hihi"
  check "PHP: $stack $server: path info" body_says /index.php/a/b "path=/a/b"
  check "PHP: $stack $server: static file" answers /public/page.html 200
  check "PHP: $stack $server: .well-known is served" answers /public/.well-known/x 200
  local denied
  for denied in /composer.json /Procfile /.env /.git/config /vendor/autoload.php /vendor/bin/heroku-php-nginx \
    /.minipaas/php/start /public/.hidden; do
    check "PHP: $stack $server: $denied is denied" answers "$denied" 403
  done
  check "PHP: $stack $server: a missing script is not found" answers /nope.php 404
  check "PHP: $stack $server: no validators that outlive a release" bash -c \
    '! grep -qiE "^(etag|last-modified):" <<< "$1"' - "$(get /public/page.html --head)"
  get /log.php >/dev/null
  sleep 0.2
  check "PHP: $stack $server: access log" dyno_says '"GET /log.php HTTP/1.1"'
  check "PHP: $stack $server: the application's log" says "from the application"
  check "PHP: $stack $server: PHP's errors" says "PHP Warning:  from PHP"
  check "PHP: $stack $server: 512 MB are four processes" says "4 processes at a memory limit of 128M"
  check "PHP: $stack $server: stops by the signal" stops_with 143
}
for stack in $(optional_stacks) bookworm bullseye; do
  for server in apache2 nginx; do serve $stack $server; done
done

# --- options of the boot scripts, on what serve() built last
check "PHP: .htaccess works" boot bullseye heroku-php-apache2
check "PHP: ... its rule applies" body_says /nice "path=/rewritten"
cat > "$app/apache.conf.php" <<'CONF'
<?= "Header set X-From " . getenv("DOCUMENT_ROOT") ?>

CONF
printf 'php_value[memory_limit] = 32M\n' > "$app/fpm.conf"
printf 'location / { try_files $uri /index.php/front$uri; }\n' > "$app/nginx.conf"
check "PHP: document root, -C and -F" boot bullseye 'vendor/bin/heroku-php-apache2 -v -C apache.conf.php -F fpm.conf public/'
check "PHP: ... the document root is served" body_says /page.html page
check "PHP: ... the included configuration was run through PHP" bash -c 'grep -q "X-From: /app/public" <<< "$1"' - "$(get /page.html --head)"
check "PHP: ... the memory limit decides the concurrency" dyno_says "16 processes at a memory limit of 32M"
check "PHP: nginx with a location of its own" boot bullseye 'vendor/bin/heroku-php-nginx -C nginx.conf -l var/app.log'
check "PHP: ... it replaces the default one" body_says /any/where "path=/front/any/where"
docker exec "$container" bash -c 'echo a line in a file >> var/app.log'
sleep 0.3
check "PHP: ... and a log file is part of the output" dyno_says "a line in a file"
boot bullseye 'vendor/bin/heroku-php-apache2 -v' --env WEB_CONCURRENCY=3
check "PHP: WEB_CONCURRENCY is obeyed" dyno_says "3 processes"
boot_only bullseye 'vendor/bin/heroku-php-apache2 nowhere/'
check "PHP: a missing document root ends the dyno" equals "$(exit_code)" 1
check "PHP: ... with its name" dyno_says "'nowhere/'"
boot_only bullseye 'vendor/bin/heroku-php-nginx -C missing.conf'
check "PHP: a missing configuration ends the dyno" equals "$(exit_code)" 1
boot_only bullseye 'vendor/bin/heroku-php-apache2 one two'
check "PHP: two document roots are wrong usage" equals "$(exit_code)" 2
boot_only bullseye 'vendor/bin/heroku-php-nginx -t'
check "PHP: -t tests the configurations" equals "$(exit_code)" 0
echo '<?php sleep(1); echo "finished";' > "$app/slow.php"
finishes_requests() {
  boot bullseye "$1" || return
  get /slow.php > "$work/slow" &
  local request=$!
  sleep 0.4
  docker stop --time 60 "$container" >/dev/null
  wait "$request"
  equals "$(<"$work/slow")" finished
}
for server in apache2 nginx; do
  check "PHP: $server finishes a request before it stops" finishes_requests "vendor/bin/heroku-php-$server"
done
for victim in php-fpm httpd; do
  boot bullseye vendor/bin/heroku-php-apache2
  docker exec "$container" bash -c 'kill -KILL "$(ps -eo pid=,ppid=,args= | grep "$1" | grep -v grep | sort -n | head -1 | awk "{print \$1}")"' - \
    "$([[ $victim = php-fpm ]] && echo 'php-fpm: master' || echo 'httpd -f')"
  check "PHP: the dyno ends with $victim" equals "$(exit_code)" 70
  check "PHP: ... saying so" dyno_says "Process exited unexpectedly"
done
end

# --- compile
php_app '{"require":{"php":"*"'
check "PHP: invalid JSON fails the build" build_fails bookworm php
check "PHP: ... with the place" says "line 2"
php_app '{"require":{"php":"*","ext-nonesuch":"*"}}'
check "PHP: a missing extension fails the build" build_fails bookworm php
check "PHP: ... with its name" says "lacks what the application requires: ext-nonesuch"
check "PHP: ... and what there is" says "mbstring"
new_app; echo '<?php echo "plain";' > "$app/index.php"
check "PHP: no composer.json builds" build bookworm php
php_app '{"config":{"vendor-dir":"lib","bin-dir":"tools"},"autoload":{"psr-4":{"App\\":"src/"}},"scripts":{"compile":"echo compiled $TOKEN"}}'
mkdir "$app/src"; echo '<?php namespace App; class Greeter { const WORD = "autoloaded"; }' > "$app/src/Greeter.php"
echo '<?php require "lib/autoload.php"; echo App\Greeter::WORD;' > "$app/index.php"
config_var TOKEN 't0k3n'; config_var PATH /nowhere
check "PHP: vendor-dir, bin-dir, autoload and a compile script" build bookworm php
check "PHP: ... the script saw the config vars" says "compiled t0k3n"
check "PHP: ... the default type follows bin-dir" releases '  web: tools/heroku-php-apache2'
check "PHP: ... boots" boot bookworm heroku-php-apache2
check "PHP: ... the autoloader works" body_says / autoloaded
check "PHP: ... that vendor directory is denied" answers /lib/autoload.php 403
php_app '{"repositories":[{"type":"path","url":"packages/acme","options":{"symlink":false}},{"packagist":false}],"require":{"acme/word":"*"},"minimum-stability":"dev"}'
mkdir -p "$app/packages/acme"
echo '{"name":"acme/word","version":"1.0.0","autoload":{"files":["word.php"]}}' > "$app/packages/acme/composer.json"
echo '<?php function word() { return "from a package"; }' > "$app/packages/acme/word.php"
echo '<?php require "vendor/autoload.php"; echo word();' > "$app/index.php"
check "PHP: a package is installed" build bookworm php
check "PHP: ... with a warning about the missing lock file" says "there is no composer.lock"
boot bookworm heroku-php-nginx
check "PHP: ... and works" body_says / "from a package"
check "PHP: a built application is refused" build_fails bookworm php
end
