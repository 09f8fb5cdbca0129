"""Prints the process types of what was published, and says in the slug what it needs to run.

usage: describe.py BUILD_DIR PROJECTS_JSON
"""
import json
import os
import re
import shlex
import sys


def executables(tree, projects):
    """The projects whose executable is there, with its directory."""
    for project in projects:
        directory = os.path.normpath(os.path.join(project["directory"], "bin/publish"))
        if os.path.isfile(os.path.join(tree, directory, project["assembly"])) and project["kind"] != "library":
            yield dict(project, published=directory)


def process_types(programs):
    webs = [program for program in programs if program["kind"] == "web"]
    for program in programs:
        name = re.sub(r"[^a-z0-9]+", "-", program["assembly"].lower()).strip("-")[:63]
        if len(webs) == 1 and program is webs[0]:
            name = "web"
        arguments = " --urls http://*:$PORT" if program["kind"] == "web" else ""
        yield f"{name}: cd {shlex.quote(program['published'])}; ./{shlex.quote(program['assembly'])}{arguments}"


def needs_runtime(tree, programs):
    """Whether any program was published without a runtime of its own."""
    for program in programs:
        path = os.path.join(tree, program["published"], program["assembly"] + ".runtimeconfig.json")
        if not os.path.isfile(path):
            return True
        with open(path, encoding="utf-8-sig") as file:
            if "includedFrameworks" not in json.load(file).get("runtimeOptions", {}):
                return True
    return not programs


def main():
    tree, file = sys.argv[1:3]
    with open(file, encoding="utf-8") as stream:
        programs = list(executables(tree, json.load(stream)))
    for line in process_types(programs):
        print(line)
    if needs_runtime(tree, programs):
        with open(os.path.join(tree, ".minipaas", "mounts"), "w", encoding="utf-8") as mounts:
            mounts.write("dotnet\n")


if __name__ == "__main__":
    main()
