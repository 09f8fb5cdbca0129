# The sample app, deployed as a user deploys: a commit and `git push paas master`.

demo_app=php-hello
demo_author="MiniPaaS installer"

deploy_demo() {
  local token work status
  if ! curl -s -o /dev/null --max-time 10 "$(control_url)/platform"; then
    notice "paas.$domain does not lead to this machine yet, so the sample app was not deployed. Point *.$domain here and run ./install.sh again."
    return 0
  fi
  token=$(configured token "$config_home")
  status=$(api_status "$token" "apps/$demo_app")
  if [[ $status = 404 && -e $prefix/demo.deployed ]]; then
    echo "$demo_app was removed since it was first deployed; it stays removed"
    return 0
  fi
  work=$(as_user mktemp -d)
  if [[ $status = 404 ]]; then first_push "$work"; else next_push "$work"; fi
  rm -rf "$work"
  wait_for_demo
  touch "$prefix/demo.deployed" "$step_dir/demo.live"
}

first_push() {
  demo_git "$1" init --quiet --initial-branch=master
  commit_demo "$1"
  (cd "$1" && as_user "$bin_dir/paas" create "$demo_app")
  demo_git "$1" push paas master
}

# Only what the installer itself pushed last is replaced.
next_push() {
  demo_git "$1" -c "credential.$(control_url).helper=!$bin_dir/paas git:credentials" \
    clone --quiet --origin paas --config "credential.$(control_url).helper=!$bin_dir/paas git:credentials" \
    "$(control_url)/$demo_app.git" .
  if demo_git "$1" rev-parse --quiet --verify HEAD >/dev/null; then
    if [[ $(demo_git "$1" log -1 --format=%an) != "$demo_author" ]]; then
      echo "$demo_app was changed by its users and stays as it is"
      return 0
    fi
    demo_git "$1" rm -r --quiet .
  fi
  if commit_demo "$1"; then demo_git "$1" push paas HEAD:master; fi
}

# Fails when there is nothing new to commit.
commit_demo() {
  (cd "$source_dir/examples/$demo_app" && tar -cf - .) | as_user tar -xf - --no-same-owner -C "$1"
  demo_git "$1" add --all
  if demo_git "$1" diff --cached --quiet; then
    echo "$demo_app is up to date"
    return 1
  fi
  demo_git "$1" -c user.name="$demo_author" -c user.email="installer@paas.$domain" commit --quiet --message "The sample app of MiniPaaS"
}

demo_git() {
  local work=$1
  shift
  (cd "$work" && as_user env GIT_TERMINAL_PROMPT=0 git "$@")
}

demo_url() { printf 'http://%s.%s%s/' "$demo_app" "$domain" "$(port_suffix)"; }

wait_for_demo() {
  local tries code=000
  for ((tries = 0; tries < 150; tries++)); do
    code=$(curl -s -o /dev/null -w '%{http_code}' --max-time 10 "$(demo_url)" || true)
    if [[ $code = 200 ]]; then echo "$(demo_url) answers"; return 0; fi
    sleep 0.2
  done
  fail "$(demo_url) did not answer with 200 within 30 s (last status $code)."
}

print_next_steps() {
  local paas=paas
  if [[ $prefix != /opt/minipaas ]]; then paas=$bin_dir/paas; fi
  if [[ $config_home = "$prefix/etc" ]]; then paas="XDG_CONFIG_HOME=$config_home $paas"; fi
  say ""
  if [[ -e $step_dir/demo.live ]]; then say "The sample app is live: $(demo_url)"; fi
  say "The control plane:      $(control_url)"
  say ""
  say "Deploy an app of yours, in its git repository:"
  say "  $paas create myapp"
  say "  git push paas master"
  say "  curl http://myapp.$domain$(port_suffix)/"
}
