# The Ruby buildpack.

gemfile() { new_app; echo "$1" > "$app/Gemfile"; }
chooses_for_ruby() { choose_stack ruby && equals "$(<"$work/out")" "$1"; }
refuses_ruby() { ! choose_stack ruby; }

gemfile 'ruby "~> 3.1.0"'
check "Ruby: ~> 3.1.0 is built on bookworm" chooses_for_ruby bookworm
stacks_on_offer="bookworm trixie"
gemfile 'ruby ">= 3.2", "< 4.0"'
check "Ruby: >= 3.2, < 4.0 is built on trixie" chooses_for_ruby trixie
gemfile ''; echo ruby-3.3.1 > "$app/.ruby-version"
check "Ruby: .ruby-version chooses the stack" chooses_for_ruby trixie
stacks_on_offer=""
gemfile 'ruby "9.9"'
check "Ruby: a version nobody has is refused" refuses_ruby
check "Ruby: ... naming what is on offer" says "On offer: Ruby 3.1 (stack bookworm)."
gemfile 'ruby "three"'
check "Ruby: nonsense as a version is refused" refuses_ruby

new_app ruby-hello
check "Ruby: the example is detected" detect ruby
check "Ruby: the example builds without network" build bookworm ruby
check "Ruby: ... what reads PORT is web" releases '  web: ruby app.rb'
check "Ruby: ... the same twice" builds_alike bookworm ruby ruby-hello
check "Ruby: the example boots" boot bookworm 'ruby app.rb' --env GREETING=Servus
check "Ruby: the example answers" body_says / "Servus from Ruby 3.1"
check "Ruby: stops gracefully" stops_with 0
check "Ruby: a built application is refused" build_fails bookworm ruby

# gems NAME...: an application whose repository contains these gems, each with a program of its name.
gems() {
  new_app
  mkdir -p "$app/vendor/cache"
  { echo 'source "https://gems.example"'; printf 'gem "%s"\n' "$@"; } > "$app/Gemfile"
  { printf 'GEM\n  remote: https://gems.example/\n  specs:\n'; printf '    %s (1.2.3)\n' "$@"; printf '\nPLATFORMS\n  ruby\n\nDEPENDENCIES\n'
    printf '  %s\n' "$@"; printf '\nBUNDLED WITH\n   9.9.9\n'; } > "$app/Gemfile.lock"
  in_build_image bookworm procfile "cd /tmp/build_0a1b2c3d/vendor/cache && for name in $*; do
    mkdir -p /tmp/\$name/exe && cd /tmp/\$name && printf '#!/usr/bin/env ruby\nputs \"from gem %s, %%s\" %% ARGV.join(%%q(+))\n' \$name > exe/\$name &&
    echo \"Gem::Specification.new { |s| s.name = '\$name'; s.version = '1.2.3'; s.summary = s.author = 'test'; s.files = s.executables = ['\$name']; s.files = ['exe/\$name']; s.bindir = 'exe' }\" > spec &&
    gem build spec --quiet --output /tmp/build_0a1b2c3d/vendor/cache/\$name-1.2.3.gem || exit; done"
}
runs_ruby() { boot_only bookworm "$1" && equals "$(exit_code) $(docker logs "$container" 2>&1)" "0 $2"; }
check "Ruby: gems are made to test with" gems talk rake
touch "$app/Rakefile"
check "Ruby: gems in vendor/cache install without network" build bookworm ruby
check "Ruby: bundle exec runs a gem's program in the dyno" runs_ruby 'bundle exec talk a b' "from gem talk, a+b"
check "Ruby: ... which is on the PATH as well" runs_ruby 'talk c' "from gem talk, c"
check "Ruby: rake is a process type" releases '  rake: bundle exec rake'
list_tree > "$work/first"; kept=$cache; cp -a "$app" "$work/again"
(cd "$work/again" && rm -rf .minipaas .profile.d vendor/bundle); number=$((number + 1)); app=$work/again cache=$work/cache$number; mkdir "$cache"
check "Ruby: ... the same twice" build bookworm ruby
same_gems() { list_tree > "$work/second"; diff "$work/first" "$work/second" > "$work/out"; }
check "Ruby: ... file by file" same_gems
rm -rf "$app"/{.minipaas,.profile.d,vendor/bundle}; cache=$kept
check "Ruby: the next build uses what the last one installed" build bookworm ruby
check "Ruby: ... and says so" says "Nothing has changed since the last build"

# A gem in C, whose source is all there is of it.
gem_in_c() {
  gems talk sum && echo 'require "sum"; puts "in C: #{Sum.add(40, 2)}"' > "$app/sum.rb" &&
  in_build_image bookworm procfile 'mkdir -p /tmp/sum/ext && cd /tmp/sum && cat > ext/sum.c <<C
#include <ruby.h>
static VALUE add(VALUE self, VALUE a, VALUE b) { return INT2NUM(NUM2INT(a) + NUM2INT(b)); }
void Init_sum(void) { rb_define_singleton_method(rb_define_module("Sum"), "add", add, 2); }
C
    echo "require %q(mkmf); create_makefile(%q(sum))" > ext/extconf.rb &&
    echo "Gem::Specification.new { |s| s.name = %q(sum); s.version = %q(1.2.3); s.summary = s.author = %q(test); s.files = Dir[%q(ext/*)]; s.extensions = [%q(ext/extconf.rb)] }" > spec &&
    gem build spec --quiet --output /tmp/build_0a1b2c3d/vendor/cache/sum-1.2.3.gem'
}
check "Ruby: a gem in C is made to test with" gem_in_c
cp -a "$app" "$work/in-c"
check "Ruby: ... is compiled without network" build bookworm ruby
check "Ruby: ... and runs in the dyno" runs_ruby 'bundle exec ruby sum.rb' "in C: 42"
list_tree > "$work/first"; new_app; cp -a "$work/in-c/." "$app/"
check "Ruby: ... compiled again" build bookworm ruby
check "Ruby: ... it is the same" same_gems

# --- a gem index: static files
gems talk; mkdir -p "$work/index/gems"
mv "$app/vendor/cache"/*.gem "$work/index/gems/"; rm -r "$app/vendor"
make_index() { mkdir -p "$app/index" && cp -r "$work/index/gems" "$app/index/" && in_build_image bookworm procfile 'gem generate_index --directory /tmp/build_0a1b2c3d/index' && cp -r "$app/index/." "$work/index/"; }
check "Ruby: an index is made to test with" make_index
rm -r "$app/index"; serve "$work/index"; config_var BUNDLE_MIRROR__ALL "$served"
check "Ruby: gems are installed from an index" online build bookworm ruby
check "Ruby: ... and run in the dyno" runs_ruby 'talk d' "from gem talk, d"
new_app; printf 'source "%s"\ngem "talk"\n' "$served" > "$app/Gemfile"
check "Ruby: ... without a lock file too" online build bookworm ruby
check "Ruby: ... with a warning" says "there is no Gemfile.lock"
gems rack puma; touch "$app/config.ru"
check "Ruby: config.ru and puma" build bookworm ruby
check "Ruby: ... puma serves" releases '  web: bundle exec puma --port ${PORT:-5000}'
gems rack; touch "$app/config.ru"
check "Ruby: config.ru alone" build bookworm ruby
check "Ruby: ... rackup serves" releases '  web: bundle exec rackup config.ru --host 0.0.0.0 --port ${PORT:-5000}'
gems talk; rm -r "$app/vendor"
check "Ruby: without network, a gem fails the build" build_fails bookworm ruby
check "Ruby: ... saying what to do" says "bundle cache --all-platforms"
end
