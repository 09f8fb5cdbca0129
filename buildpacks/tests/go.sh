# The Go buildpack.

module() { new_app; printf 'module shop\n\n%s\n' "$1" > "$app/go.mod"; }
chooses_for_go() { choose_stack go && equals "$(<"$work/out")" "$1"; }
refuses_go() { ! choose_stack go; }
program() { mkdir -p "$app/$1"; printf 'package main\n\nfunc main() { println("%s") }\n' "$2" > "$app/$1/main.go"; }

module 'go 1.18'
check "Go: 1.18 is built on bookworm" chooses_for_go bookworm
stacks_on_offer="bookworm trixie"
module 'go 1.22.1'
check "Go: 1.22 is built on trixie" chooses_for_go trixie
module 'go 1.99'
check "Go: a version nobody has is refused" refuses_go
check "Go: ... naming what is on offer" says "On offer: Go 1.19 (stack bookworm), Go 1.24 (stack trixie)"
stacks_on_offer=""

new_app go-hello
check "Go: the example is detected" detect go
if reaches_debian; then
  new_app go-hello
  check "Go: the example builds" online build bookworm go
  check "Go: its one program is web" releases '  web: bin/go-hello'
  kept=$cache; list_tree > "$work/first"
  check "Go: the example boots" boot bookworm bin/go-hello --env GREETING=Servus
  check "Go: the example answers" body_says / "Servus from go1.19"
  check "Go: stops gracefully" stops_with 0
  check "Go: ... having been told" dyno_says Stopping
  # Half a gigabyte is not fetched again; what was compiled is.
  new_app go-hello; rm -rf "$kept/go/compiled"; cache=$kept
  check "Go: the next build needs no network" build bookworm go
  same_tree() { list_tree > "$work/second"; diff "$work/first" "$work/second" > "$work/out"; }
  check "Go: ... and makes the same" same_tree
  module 'go 1.19'; cache=$kept; program . root; program cmd/import import; program cmd/other other
  check "Go: several programs build" build bookworm go
  check "Go: ... the one named like the module is web" releases '  web: bin/shop'
  boot_only bookworm import
  check "Go: ... all are on the PATH" equals "$(exit_code) $(docker logs "$container" 2>&1)" "0 import"
  module $'go 1.19\n// +heroku install ./cmd/import'; cache=$kept; program . root; program cmd/import import
  check "Go: a comment in go.mod says what to build" build bookworm go
  check "Go: ... and nothing else is" equals "$(ls "$app/bin")" import
  module $'go 1.19\nrequire example.org/word v1.0.0'; cache=$kept
  mkdir -p "$app/vendor/example.org/word"
  printf 'package word\n\nconst Word = "vendored"\n' > "$app/vendor/example.org/word/word.go"
  printf '# example.org/word v1.0.0\n## explicit\nexample.org/word\n' > "$app/vendor/modules.txt"
  printf 'package main\n\nimport "example.org/word"\n\nfunc main() { println(word.Word) }\n' > "$app/main.go"
  check "Go: vendored modules build without network" build bookworm go
  boot_only bookworm bin/shop
  check "Go: ... and are used" equals "$(exit_code) $(docker logs "$container" 2>&1)" "0 vendored"
  rm -rf "$app/vendor" "$app/bin"
  echo 'example.org/word v1.0.0 h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=' > "$app/go.sum"
  check "Go: without network, a module fails the build" build_fails bookworm go
  check "Go: ... saying what to do" says "go mod vendor"
  module 'go 1.19'; cache=$kept; printf 'package main\n\nfunc main() { nonsense }\n' > "$app/main.go"
  check "Go: an error of the compiler fails the build" build_fails bookworm go
  check "Go: ... at its place" says "main.go:3:15"
else
  skip "Go: Debian's archive is not reached from here; building is not tested"
fi
end
