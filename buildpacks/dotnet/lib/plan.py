"""Decides what to publish and how.

usage: plan.py BUILD_DIR DOTNET_ROOT OUT_DIR
Writes OUT_DIR/settings (shell assignments) and OUT_DIR/projects (JSON). Errors go to stderr, with exit code 1.
"""
import json
import os
import platform
import shlex
import sys

import sdk
from projects import PROJECTS, PlanError, read_project, read_source_file, solution_projects

SOLUTIONS = (".sln", ".slnx")
RUNTIMES = {"x86_64": "linux-x64", "aarch64": "linux-arm64"}


def settings_file(tree):
    """The section of project.toml that configures .NET builds."""
    path = os.path.join(tree, "project.toml")
    if not os.path.isfile(path):
        return {}
    import tomllib  # Python 3.11, and only needed here
    try:
        with open(path, "rb") as file:
            section = tomllib.load(file)
    except tomllib.TOMLDecodeError as error:
        raise PlanError(f"project.toml is not valid TOML: {error}") from error
    for name in ("com", "heroku", "buildpacks", "dotnet"):
        section = section.get(name, {})
    return section


def choose_target(tree, solution_file):
    """The one file to publish: a solution, else a project, else a source file."""
    if solution_file:
        if "/" in solution_file or not solution_file.endswith(SOLUTIONS):
            raise PlanError(f"SOLUTION_FILE is '{solution_file}'; it has to be the name of a .sln or .slnx file at the root.")
        if not os.path.isfile(os.path.join(tree, solution_file)):
            raise PlanError(f"SOLUTION_FILE is '{solution_file}', and there is no such file at the root of the repository.")
        return solution_file
    names = sorted(name for name in os.listdir(tree) if os.path.isfile(os.path.join(tree, name)))
    for endings, what in ((SOLUTIONS, "solution"), (PROJECTS, "project"), ((".cs",), "source")):
        found = [name for name in names if name.endswith(endings)]
        if len(found) > 1:
            advice = ("Set the config var SOLUTION_FILE to the one to publish." if what == "solution"
                      else "Add a solution file that names them, or move the others into directories.")
            raise PlanError(f"there are {len(found)} {what} files at the root: {', '.join(found)}.\n{advice}")
        if found:
            return found[0]
    raise PlanError("there is no solution, project or C# file at the root of the repository.")


def plan(tree, dotnet_root):
    configured = settings_file(tree)
    msbuild = configured.get("msbuild", {})
    target = choose_target(tree, os.environ.get("SOLUTION_FILE") or configured.get("solution_file"))
    path = os.path.join(tree, target)
    file_based = target.endswith(".cs")
    if file_based:
        projects = [read_source_file(path, tree)]
    else:
        members = solution_projects(path) if target.endswith(SOLUTIONS) else [path]
        projects = [read_project(member, tree) for member in members]
    if not projects:
        raise PlanError(f"{target} names no project that can be published.")
    framework = max(project["framework"] for project in projects)
    chosen = sdk.choose(tree, dotnet_root, framework)
    return projects, {
        "target": target, "sdk": chosen, "file_based": "yes" if file_based else "no",
        "file_aot": projects[0].get("aot", ""), "runtime": RUNTIMES.get(platform.machine(), "linux-x64"),
        "configuration": os.environ.get("BUILD_CONFIGURATION") or msbuild.get("configuration") or "Release",
        "verbosity": os.environ.get("MSBUILD_VERBOSITY_LEVEL") or msbuild.get("verbosity") or "",
        "description": f"{target} for net{framework[0]}.{framework[1]}, with SDK {chosen}",
    }


def main():
    tree, dotnet_root, out = sys.argv[1:4]
    try:
        projects, settings = plan(tree, dotnet_root)
    except PlanError as error:
        sys.exit(str(error))
    with open(os.path.join(out, "settings"), "w", encoding="utf-8") as file:
        file.writelines(f"{name}={shlex.quote(value)}\n" for name, value in settings.items())
    with open(os.path.join(out, "projects"), "w", encoding="utf-8") as file:
        json.dump(projects, file)


if __name__ == "__main__":
    main()
