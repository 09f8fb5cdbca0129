# The Node.js buildpack.

package() { echo "$1" > "$app/package.json"; }
node_app() { new_app; package "$1"; echo 'require("http").createServer((q, r) => r.end(process.version)).listen(process.env.PORT)' > "$app/server.js"; }
chooses_for_node() { choose_stack nodejs && equals "$(<"$work/out")" "$1"; }

# --- which stack
node_app '{"engines":{"node":"18.x"}}'
check "Node.js: 18.x is built on bookworm" chooses_for_node bookworm
stacks_on_offer="bullseye bookworm"
check "Node.js: a stack without npm is passed over" chooses_for_node bookworm
stack_wanted=bullseye
wants_npm() { ! choose_stack nodejs; }
check "Node.js: a stack without npm that the user set is refused" wants_npm
check "Node.js: ... naming those that have it" says "Stacks that have: bookworm"
stacks_on_offer="" stack_wanted=""

# --- the example, without network
new_app nodejs-hello
check "Node.js: the example is detected" detect nodejs
check "Node.js: the example builds without network" build bookworm nodejs
check "Node.js: ... on the stack's Node.js" says "of the stack"
check "Node.js: ... the script start is web" releases '  web: npm start'
check "Node.js: ... the same twice" builds_alike bookworm nodejs nodejs-hello
check "Node.js: the example boots" boot bookworm 'npm start' --env GREETING=Servus
check "Node.js: the example answers" body_says / "Servus from Node.js v18"
check "Node.js: stops gracefully" stops_with 0
check "Node.js: the signal reaches it" dyno_says Stopping
check "Node.js: a built application is refused" build_fails bookworm nodejs

# --- scripts in dynos
node_app '{"name":"scripts","version":"1.2.3","scripts":{
  "prestart":"echo before $npm_lifecycle_event","start":"node server.js",
  "show":"node -e \"console.log(process.argv.slice(1).join(), process.env.npm_package_version, process.env.NODE_ENV)\" --",
  "tool":"tool","posttool":"echo afterwards"}}'
mkdir -p "$app/node_modules/tool"
echo '{"name":"tool","version":"1.0.0","bin":"tool.js"}' > "$app/node_modules/tool/package.json"
printf '#!/usr/bin/env node\nconsole.log("from a tool", process.argv.slice(2).join("+"));\n' > "$app/node_modules/tool/tool.js"
jq '.dependencies.tool = "1.0.0"' "$app/package.json" > "$work/json" && cp "$work/json" "$app/package.json"
check "Node.js: committed node_modules build without network" build bookworm nodejs
check "Node.js: ... as they are" says "it is used as it is"
runs() { boot_only bookworm "$1" && equals "$(exit_code)" 0 && dyno_says "$2"; }
mkdir -p "$app/node_modules/.bin"; chmod +x "$app/node_modules/tool/tool.js"; ln -sf ../tool/tool.js "$app/node_modules/.bin/tool"
check "Node.js: npm run with arguments" runs 'npm run show -- a "b c"' "a,b c 1.2.3 production"
check "Node.js: yarn takes the script's name" runs 'yarn show x' "x 1.2.3"
check "Node.js: pnpm run --if-present" runs 'pnpm run --if-present nothing && echo fine' fine
check "Node.js: npx runs a program of node_modules" runs 'npx tool 1 2' "from a tool 1+2"
check "Node.js: a script finds the programs of node_modules" runs 'npm run tool' afterwards
boot_only bookworm 'npm install left-pad'
check "Node.js: npm install is refused in a dyno" equals "$(exit_code)" 1
boot bookworm 'npm start'
check "Node.js: the script before start ran" dyno_says "before prestart"
check "Node.js: WEB_CONCURRENCY follows the memory" runs 'echo $WEB_CONCURRENCY of $WEB_MEMORY' "1 of 512"
boot_only bookworm 'echo $WEB_CONCURRENCY processes' --env WEB_MEMORY=100
check "Node.js: ... and WEB_MEMORY" equals "$(exit_code) $(docker logs "$container")" "0 5 processes"

# --- what is to be compiled
# native_app PACKAGE.JSON: whose node_modules has the source of a program in C, and calls it.
native_app() {
  node_app "$1"
  mkdir -p "$app/node_modules/sum"
  echo '{"name":"sum","version":"1.0.0","gypfile":true,"scripts":{"install":"node-gyp rebuild"}}' > "$app/node_modules/sum/package.json"
  echo '{"targets":[{"target_name":"sum","sources":["sum.c"]}]}' > "$app/node_modules/sum/binding.gyp"
  cat > "$app/node_modules/sum/sum.c" <<'C'
#include <node_api.h>
static napi_value add(napi_env env, napi_callback_info info) {
  napi_value numbers[2], result;
  size_t count = 2;
  double a, b;
  napi_get_cb_info(env, info, &count, numbers, NULL, NULL);
  napi_get_value_double(env, numbers[0], &a);
  napi_get_value_double(env, numbers[1], &b);
  napi_create_double(env, a + b, &result);
  return result;
}
NAPI_MODULE_INIT() {
  napi_value function;
  napi_create_function(env, "add", NAPI_AUTO_LENGTH, add, NULL, &function);
  return function;
}
C
  echo 'console.log("in C:", require("sum/build/Release/sum.node")(40, 2), process.version)' > "$app/sum.js"
}
native_app '{"dependencies":{"sum":"1.0.0"}}'
check "Node.js: a module in C is compiled without network" build bookworm nodejs
check "Node.js: ... and runs in the dyno" runs 'node sum.js' "in C: 42 v18."
list_tree > "$work/first"
native_app '{"dependencies":{"sum":"1.0.0"}}'
check "Node.js: ... compiled again" build bookworm nodejs
same_modules() { list_tree > "$work/second"; diff "$work/first" "$work/second" > "$work/out"; }
check "Node.js: ... it is the same" same_modules

# --- what fails, clearly
node_app '{"engines":'
check "Node.js: invalid JSON fails the build" build_fails bookworm nodejs
check "Node.js: ... by name" says "package.json is not a JSON object"
node_app '{"engines":{"node":"eighteen"}}'
check "Node.js: nonsense as a version fails the build" build_fails bookworm nodejs
check "Node.js: ... with examples" says "Examples: 22.x"
node_app '{}'; touch "$app/yarn.lock" "$app/package-lock.json"
check "Node.js: two lock files fail the build" build_fails bookworm nodejs
check "Node.js: ... naming both" says "package-lock.json yarn.lock"
node_app '{"engines":{"node":"22.x"}}'
check "Node.js: without network, another Node.js fails the build" build_fails bookworm nodejs
check "Node.js: ... saying what cannot be reached" says "which cannot be reached"
new_app nodejs-packages
check "Node.js: without network, packages fail the build" build_fails bookworm nodejs
check "Node.js: ... saying what to do" says "or the repository has to contain node_modules"
node_app '{"scripts":{"build":"echo building; exit 3"}}'
check "Node.js: a failing build script fails the build" build_fails bookworm nodejs
check "Node.js: ... by name" says 'the script "build" of package.json failed'
node_app '{"scripts":{"build":"echo wrong","heroku-prebuild":"echo first $TOKEN","heroku-postbuild":"echo instead"}}'
config_var TOKEN 't0k3n'; config_var PATH /nowhere
check "Node.js: heroku-postbuild goes before build" build bookworm nodejs
check "Node.js: ... and is run" says "       instead"
check "Node.js: ... scripts see the config vars" says "first t0k3n"
check "Node.js: server.js is web without a script" releases '  web: npm start'
check "Node.js: ... and starts" boot bookworm 'npm start'

# --- with npm's registry
if reaches_npm; then
  new_app nodejs-packages
  check "Node.js: packages are installed" online build bookworm nodejs
  check "Node.js: ... the development dependency is gone" equals "$(ls "$app/node_modules")" mustache
  check "Node.js: ... after the build script used it" grep -q 'new Date' "$app/dist/client.js"
  check "Node.js: ... the same twice" online builds_alike bookworm nodejs nodejs-packages
  check "Node.js: ... boots" boot bookworm 'npm start'
  check "Node.js: ... answers" body_says / "<p>Hello from web.1</p>"
  kept=$cache
  new_app nodejs-packages; cache=$kept
  check "Node.js: the next build needs no network" build bookworm nodejs
  check "Node.js: ... and says why" says "Nothing has changed since the last build"
  check "Node.js: ... and has the same packages" equals "$(ls "$app/node_modules")" mustache
  new_app nodejs-packages; config_var NPM_CONFIG_PRODUCTION false
  check "Node.js: NPM_CONFIG_PRODUCTION=false keeps development dependencies" online build bookworm nodejs
  check "Node.js: ... in the slug" equals "$(ls "$app/node_modules" | xargs)" "mustache uglify-js"

  node_app '{"engines":{"node":"22.12.x"}}'
  check "Node.js: another Node.js is fetched" online build bookworm nodejs
  boot bookworm 'npm start'
  check "Node.js: ... and runs the application" body_says / "v22.12."
  kept=$cache
  node_app '{"engines":{"node":"22.12.0"}}'; cache=$kept
  check "Node.js: ... and is kept for the next build" build bookworm nodejs
  native_app '{"engines":{"node":"22.12.0"},"dependencies":{"sum":"1.0.0"}}'; cache=$kept
  check "Node.js: a module in C is compiled for it without network" build bookworm nodejs
  check "Node.js: ... and runs in the dyno" runs 'node sum.js' "in C: 42 v22.12."
  check "Node.js: ... without its headers in the slug" equals "$(find "$app/.minipaas/node" -name '*.h*')" ""
  for manager in yarn pnpm; do
    new_app nodejs-packages
    rm "$app/package-lock.json"
    if [[ $manager = pnpm ]]; then cp "$here/tests/nodejs/pnpm-lock.yaml" "$app/"; else
      jq '.packageManager = "yarn@1.22.22"' "$app/package.json" > "$work/json" && cp "$work/json" "$app/package.json"
    fi
    check "Node.js: $manager installs" online build bookworm nodejs
    check "Node.js: ... and removes what is for development" equals "$(ls "$app/node_modules")" mustache
    check "Node.js: ... $manager start is web" releases "  web: $manager start"
    boot bookworm "$manager start"
    check "Node.js: ... and answers" body_says / "<p>Hello from web.1</p>"
  done
else
  skip "Node.js: npm's registry is not reached from here; installing is not tested"
fi
end
