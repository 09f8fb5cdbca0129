"""Makes requirements.txt from pyproject.toml or Pipfile.lock, and constraints.txt from the lock file beside it.

usage: requirements.py BUILD_DIR DIRECTORY      prints what the requirements were read from
What is locked is installed in the locked version: a constraint says which version, not that it is installed.
"""
import json
import os
import sys

try:
    import tomllib
except ImportError:  # Python before 3.11
    from pip._vendor import tomli as tomllib


def load(path, decode):
    try:
        with open(path, "rb") as file:
            return decode(file)
    except FileNotFoundError:
        return {}
    except (ValueError, UnicodeDecodeError) as error:
        sys.exit(f"{os.path.basename(path)} cannot be read: {error}")


def table(value):
    return value if isinstance(value, dict) else {}


def of_pipfile(tree):
    lock = load(os.path.join(tree, "Pipfile.lock"), json.load)
    lines = []
    for name, entry in sorted(table(lock.get("default")).items()):
        extras = "[" + ",".join(entry["extras"]) + "]" if entry.get("extras") else ""
        marker = f" ; {entry['markers']}" if entry.get("markers") else ""
        lines.append(f"{name}{extras}{entry.get('version', '')}{marker}")
    return lines


def of_pyproject(project):
    """The dependencies of the standard section, else the names in Poetry's own, whose versions the lock file has."""
    if "project" in project:
        return list(table(project["project"]).get("dependencies") or [])
    lines = []
    for name, wish in table(table(table(project.get("tool")).get("poetry")).get("dependencies")).items():
        if name == "python" or table(wish).get("optional"):
            continue
        extras = "[" + ",".join(table(wish).get("extras") or []) + "]" if table(wish).get("extras") else ""
        version = wish if isinstance(wish, str) else table(wish).get("version", "")
        exact = version if version[:1] in "=<>!" else ""
        lines.append(f"{name}{extras}{exact}")
    return lines


def locked(tree):
    """Lines "name==version" of uv.lock or poetry.lock; a name that is locked more than once is left to pip."""
    versions = {}
    for file in ("uv.lock", "poetry.lock"):
        for package in load(os.path.join(tree, file), tomllib.load).get("package") or []:
            if "version" in package and not {"editable", "virtual", "directory"} & set(table(package.get("source"))):
                versions.setdefault(package["name"], set()).add(package["version"])
    return [f"{name}=={next(iter(found))}" for name, found in sorted(versions.items()) if len(found) == 1]


def main(tree, target):
    project = load(os.path.join(tree, "pyproject.toml"), tomllib.load)
    pipfile = os.path.exists(os.path.join(tree, "Pipfile.lock")) and "project" not in project
    for name, lines in (("requirements.txt", of_pipfile(tree) if pipfile else of_pyproject(project)), ("constraints.txt", locked(tree))):
        with open(os.path.join(target, name), "w", encoding="utf-8") as file:
            file.writelines(line + "\n" for line in lines)
    print("Pipfile.lock" if pipfile else "pyproject.toml")


main(*sys.argv[1:])
