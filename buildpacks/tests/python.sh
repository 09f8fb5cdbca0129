# The Python buildpack.

chooses_for_python() { choose_stack python && equals "$(<"$work/out")" "$1"; }
refuses_python() { ! choose_stack python; }
# A wheel is an archive with modules and a description of them.
wheel() { # wheel DIRECTORY NAME VERSION MODULE-TEXT [ENTRY-POINTS]
  mkdir -p "$1"
  python3 -B - "$@" <<'PYTHON'
import sys, zipfile
directory, name, version, text, *more = sys.argv[1:]
info = f"{name}-{version}.dist-info"
with zipfile.ZipFile(f"{directory}/{name}-{version}-py3-none-any.whl", "w") as archive:
    archive.writestr(zipfile.ZipInfo(f"{name}/__init__.py"), text)
    archive.writestr(zipfile.ZipInfo(f"{info}/METADATA"), f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    archive.writestr(zipfile.ZipInfo(f"{info}/WHEEL"), "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    if more:
        archive.writestr(zipfile.ZipInfo(f"{info}/entry_points.txt"), f"[console_scripts]\n{more[0]}\n")
    archive.writestr(zipfile.ZipInfo(f"{info}/RECORD"), "")
PYTHON
}

# --- which stack
asks() { new_app; touch "$app/requirements.txt"; echo "$2" > "$app/$1"; }
asks .python-version 3.11
check "Python: .python-version chooses the stack" chooses_for_python bookworm
asks runtime.txt python-3.11.4
check "Python: runtime.txt chooses the stack" chooses_for_python bookworm
asks pyproject.toml 'requires-python = ">=3.10,<4"'
check "Python: requires-python chooses the stack" chooses_for_python bookworm
asks .python-version 3.99
check "Python: a version nobody has is refused" refuses_python
check "Python: ... naming what is on offer" says "On offer: Python 3.11 (stack bookworm)"
asks .python-version eleven
check "Python: nonsense as a version is refused" refuses_python
asks pyproject.toml 'requires-python = "<3.5"'
check "Python: a range nobody is in is refused" refuses_python
check "Python: ... saying who asked" says "requires-python of pyproject.toml asks for Python <3.5"

# --- the example
new_app python-hello
check "Python: the example is detected" detect python
check "Python: the example builds without network" build bookworm python
check "Python: ... what reads PORT is web" releases '  web: python app.py'
check "Python: ... the same twice" builds_alike bookworm python python-hello
check "Python: the example boots" boot bookworm 'python app.py' --env GREETING=Servus
check "Python: the example answers" body_says / "Servus from Python 3.11"
check "Python: stops gracefully" stops_with 0
check "Python: a built application is refused" build_fails bookworm python

# --- packages
tool_app() {
  new_app
  wheel "$app/wheels" talk 1.5 $'def main():\n    print("from a wheel")\n' 'talk = talk:main'
  wheel "$app/wheels" talk 2.0 'def main(): print("from a newer wheel")' 'talk = talk:main'
}
tool_app; echo 'talk<2' > "$app/requirements.txt"; mkdir "$app/bin"
echo 'echo "before, with $TOKEN"' > "$app/bin/pre_compile"; printf '#!/bin/sh\ntalk\n' > "$app/bin/post_compile"; config_var TOKEN t0k3n
check "Python: wheels in the repository install without network" build bookworm python
check "Python: ... bin/pre_compile sees the config vars" says "before, with t0k3n"
check "Python: ... bin/post_compile sees the packages" says "from a wheel"
talks() { boot_only bookworm talk && equals "$(exit_code) $(docker logs "$container")" "0 $1"; }
check "Python: ... programs of packages work in the dyno" talks "from a wheel"
kept=$cache; tool_app; echo 'talk<2' > "$app/requirements.txt"; cache=$kept
check "Python: the next build uses what the last one installed" build bookworm python
check "Python: ... and says so" says "Nothing has changed since the last build"
check "Python: ... which works" talks "from a wheel"
tool_app; printf '[project]\nname = "x"\nversion = "1"\ndependencies = ["talk"]\n' > "$app/pyproject.toml"
printf '[[package]]\nname = "talk"\nversion = "1.5"\nsource = { registry = "x" }\n' > "$app/uv.lock"
check "Python: pyproject.toml with uv.lock" build bookworm python
check "Python: ... the locked version is installed" talks "from a wheel"
tool_app; printf '[tool.poetry.dependencies]\npython = "^3.9"\ntalk = "^2.0"\n' > "$app/pyproject.toml"
printf '[[package]]\nname = "talk"\nversion = "2.0"\n' > "$app/poetry.lock"
check "Python: pyproject.toml with poetry.lock" build bookworm python
check "Python: ... the locked version is installed" talks "from a newer wheel"
tool_app; echo '[packages]' > "$app/Pipfile"; echo '{"default":{"talk":{"version":"==1.5"}}}' > "$app/Pipfile.lock"
check "Python: Pipfile.lock" build bookworm python
check "Python: ... the locked version is installed" talks "from a wheel"

# A package in C, whose source is all there is of it.
source_package() { # source_package DIRECTORY
  local tree=$work/sum$number/sum-1.0
  mkdir -p "$1" "$tree"
  printf 'Metadata-Version: 1.0\nName: sum\nVersion: 1.0\n' > "$tree/PKG-INFO"
  echo 'from setuptools import setup, Extension; setup(name="sum", version="1.0", ext_modules=[Extension("sum", ["sum.c"])])' > "$tree/setup.py"
  cat > "$tree/sum.c" <<'C'
#include <Python.h>
static PyObject *add(PyObject *self, PyObject *numbers) {
  long a, b;
  return PyArg_ParseTuple(numbers, "ll", &a, &b) ? PyLong_FromLong(a + b) : NULL;
}
static PyMethodDef methods[] = {{"add", add, METH_VARARGS, ""}, {NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "sum", "", -1, methods};
PyMODINIT_FUNC PyInit_sum(void) { return PyModule_Create(&module); }
C
  tar --create --gzip --file "$1/sum-1.0.tar.gz" --directory "${tree%/*}" sum-1.0
}
in_c() { new_app; source_package "$app/vendor"; echo sum > "$app/requirements.txt"; echo 'import sum; print("in C:", sum.add(40, 2))' > "$app/app.py"; }
in_c; cp -a "$app" "$work/in-c"
check "Python: a package in C is compiled without network" build bookworm python
boot_only bookworm 'python app.py'
check "Python: ... and runs in the dyno" equals "$(exit_code) $(docker logs "$container")" "0 in C: 42"
list_tree > "$work/first"; new_app; cp -a "$work/in-c/." "$app/"
check "Python: ... compiled again" build bookworm python
same_packages() { list_tree > "$work/second"; diff "$work/first" "$work/second" > "$work/out"; }
check "Python: ... it is the same" same_packages

# --- a package index (PEP 503): a directory for each name
index=$work/index
wheel "$index/simple/talk" talk 1.5 'def main(): print("from an index")' 'talk = talk:main'
wheel "$index/simple/talk" talk 2.0 'def main(): print("from an index, newer")' 'talk = talk:main'
source_package "$index/simple/sum"
new_app; in_build_image bookworm procfile 'cp /usr/share/python-wheels/*.whl /tmp/build_0a1b2c3d/'
for name in setuptools wheel; do mkdir "$index/simple/$name"; cp "$app/$name"-*.whl "$index/simple/$name/"; done
serve "$index"
index_app() { new_app; config_var PIP_INDEX_URL "$served/simple/"; config_var PIP_TRUSTED_HOST "$(sed 's#http://\(.*\):.*#\1#' <<< "$served")"; }
index_app; printf 'talk==1.5\nsum\n' > "$app/requirements.txt"; echo 'import sum; print("in C:", sum.add(40, 2))' > "$app/app.py"
check "Python: requirements.txt is installed from an index" online build bookworm python
check "Python: ... in the version it says" talks "from an index"
boot_only bookworm 'python app.py'
check "Python: ... what the index has as a source is compiled" equals "$(exit_code) $(docker logs "$container")" "0 in C: 42"
index_app; printf '[project]\nname = "x"\nversion = "1"\ndependencies = ["talk>=1"]\n' > "$app/pyproject.toml"
check "Python: pyproject.toml is installed from an index" online build bookworm python
check "Python: ... in the newest version" talks "from an index, newer"

# --- what serves
serves_with() { build bookworm python && releases "  web: $1"; }
new_app; wheel "$app/wheels" gunicorn 1.0 ''; echo gunicorn > "$app/requirements.txt"; printf 'from x import Flask\napp = Flask(__name__)\n' > "$app/app.py"
check "Python: gunicorn serves a WSGI application" serves_with 'gunicorn app:app'
new_app; wheel "$app/wheels" uvicorn 1.0 ''; echo uvicorn > "$app/requirements.txt"; printf 'api = FastAPI()\n' > "$app/main.py"
check "Python: uvicorn serves an ASGI application" serves_with 'uvicorn main:api --host 0.0.0.0 --port $PORT'
django_app() {
  new_app; wheel "$app/wheels" django 1.0 ''; wheel "$app/wheels" gunicorn 1.0 ''; printf 'django\ngunicorn\n' > "$app/requirements.txt"
  mkdir "$app/shop"; touch "$app/shop/wsgi.py"
  printf 'import sys\nprint("manage", *sys.argv[1:])\nsys.exit("no settings" if "%s" in sys.argv else 0)\n' "${1:-none}" > "$app/manage.py"
}
django_app
check "Python: gunicorn serves Django" serves_with 'gunicorn shop.wsgi'
check "Python: ... static files are collected" says "       manage collectstatic --noinput"
check "Python: ... and nothing is migrated" does_not_say migrate
django_app --noinput
check "Python: a failing collectstatic fails the build" build_fails bookworm python
check "Python: ... saying how to do without" says "DISABLE_COLLECTSTATIC=1"
config_var DISABLE_COLLECTSTATIC 1; rm -r "$app/.minipaas"
check "Python: DISABLE_COLLECTSTATIC does without" build bookworm python

# --- what fails, clearly
new_app; echo 'nonesuch==1.0' > "$app/requirements.txt"
check "Python: without network, a package fails the build" build_fails bookworm python
check "Python: ... saying what to do" says "pip download --dest wheels"
new_app; echo '[project' > "$app/pyproject.toml"
check "Python: a broken pyproject.toml fails the build" build_fails bookworm python
check "Python: ... by name" says "pyproject.toml cannot be read"
new_app; touch "$app/Pipfile"
check "Python: a Pipfile alone fails the build" build_fails bookworm python
end
