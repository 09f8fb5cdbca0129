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
  # A module proxy, as "go help goproxy" describes it, and what go.sum has to say of its one module.
  module_proxy() {
    python3 -B - "$1" <<'PYTHON'
import base64, hashlib, os, sys, zipfile
module, version, target = "example.org/word", "v1.0.0", sys.argv[1]
files = {"go.mod": f"module {module}\n\ngo 1.18\n", "word.go": 'package word\n\nconst Word = "from a proxy"\n'}
versions = os.path.join(target, module, "@v")
os.makedirs(versions)
for name, text in (("list", version + "\n"), (version + ".info", f'{{"Version":"{version}"}}'), (version + ".mod", files["go.mod"])):
    with open(os.path.join(versions, name), "w") as file:
        file.write(text)
with zipfile.ZipFile(os.path.join(versions, version + ".zip"), "w") as archive:
    for name, text in files.items():
        archive.writestr(f"{module}@{version}/{name}", text)
def sum_of(names):
    lines = "".join(f"{hashlib.sha256(files[name].encode()).hexdigest()}  {prefix}{name}\n" for prefix, name in sorted(names))
    return "h1:" + base64.b64encode(hashlib.sha256(lines.encode()).digest()).decode()
print(module, version, sum_of((f"{module}@{version}/", name) for name in files))
print(module, version + "/go.mod", sum_of([("", "go.mod")]))
PYTHON
  }
  cp "$app/main.go" "$work/main.go"; module_proxy "$work/proxy" > "$work/go.sum"; serve "$work/proxy"
  module $'go 1.19\nrequire example.org/word v1.0.0'; cache=$kept; cp "$work/main.go" "$work/go.sum" "$app/"; config_var GOPROXY "$served"
  check "Go: modules are downloaded from a proxy" online build bookworm go
  boot_only bookworm bin/shop
  check "Go: ... and are used" equals "$(exit_code) $(docker logs "$container" 2>&1)" "0 from a proxy"
  sed -i 's/h1:...../h1:AAAAA/' "$app/go.sum"; rm -rf "$app/bin" "$cache/go/modules"
  tampered() { ! online build bookworm go; }
  check "Go: what is not what go.sum says fails the build" tampered
  check "Go: ... as a security error" says "SECURITY ERROR"
  module 'go 1.19'; cache=$kept; printf 'package main\n\nfunc main() { nonsense }\n' > "$app/main.go"
  check "Go: an error of the compiler fails the build" build_fails bookworm go
  check "Go: ... at its place" says "main.go:3:15"
else
  skip "Go: Debian's archive is not reached from here; building is not tested"
fi
end
