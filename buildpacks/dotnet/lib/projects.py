"""Reads .NET solutions and projects as far as publishing them needs: frameworks, kinds and names."""
import os
import re
import xml.etree.ElementTree as ElementTree

PROJECTS = (".csproj", ".fsproj", ".vbproj")


class PlanError(Exception):
    """Something the user has to change; the message is shown to them."""


def tag(element):
    return element.tag.rsplit("}", 1)[-1] if isinstance(element.tag, str) else ""


def parse(path):
    try:
        return ElementTree.parse(path).getroot()
    except (ElementTree.ParseError, OSError) as error:
        raise PlanError(f"{os.path.basename(path)} cannot be read: {error}") from error


def properties(path, root_dir):
    """The properties a project sets, over those of the nearest Directory.Build.props above it."""
    values = {}
    for file in filter(None, (nearest(path, root_dir, "Directory.Build.props"), path)):
        for group in parse(file):
            if tag(group) == "PropertyGroup":
                values.update({tag(item): (item.text or "").strip() for item in group})
    return {name: expand(value, values) for name, value in values.items()}


def expand(value, values):
    return re.sub(r"\$\((\w+)\)", lambda match: values.get(match.group(1), match.group(0)), value)


def nearest(path, root_dir, name):
    directory = os.path.dirname(path)
    while True:
        candidate = os.path.join(directory, name)
        if os.path.isfile(candidate):
            return candidate
        if os.path.samefile(directory, root_dir):
            return None
        directory = os.path.dirname(directory)


def framework_version(framework, name):
    """(major, minor) of a target framework such as net10.0."""
    match = re.fullmatch(r"net(\d+)\.(\d+)", framework or "")
    if match and int(match.group(1)) >= 5:
        return int(match.group(1)), int(match.group(2))
    if not framework:
        raise PlanError(f"{name} has no TargetFramework. Set one in it or in a Directory.Build.props, "
                        "such as <TargetFramework>net10.0</TargetFramework>; several (TargetFrameworks) cannot be published.")
    raise PlanError(f"{name} targets '{framework}', which does not run here. Use a framework such as net10.0.")


def read_project(path, root_dir):
    values = properties(path, root_dir)
    name = os.path.basename(path)
    return {
        "directory": os.path.relpath(os.path.dirname(path), root_dir),
        "assembly": values.get("AssemblyName") or os.path.splitext(name)[0],
        "kind": kind(sdk_of(path), values.get("OutputType", "")),
        "framework": framework_version(values.get("TargetFramework"), name),
    }


def sdk_of(path):
    root = parse(path)
    names = [root.get("Sdk") or ""]
    names += [item.get("Name") or item.get("Sdk") or "" for item in root if tag(item) in ("Sdk", "Import")]
    return next((name.split("/")[0] for name in names if name), "")


def kind(sdk, output_type):
    if sdk in ("Microsoft.NET.Sdk.Web", "Microsoft.NET.Sdk.Razor"):
        return "web"
    if sdk == "Microsoft.NET.Sdk.Worker":
        return "worker"
    return "console" if output_type.lower() == "exe" else "library"


def read_source_file(path, root_dir):
    """A file-based application: its directives stand in the file's first lines."""
    with open(path, encoding="utf-8-sig") as file:
        text = file.read()
    values = dict(re.findall(r"^#:property\s+(\w+)\s*=\s*(.*?)\s*$", text, re.MULTILINE))
    sdk = re.search(r"^#:sdk\s+([\w.]+)", text, re.MULTILINE)
    return {
        "directory": os.path.relpath(os.path.dirname(path), root_dir),
        "assembly": values.get("AssemblyName") or os.path.splitext(os.path.basename(path))[0],
        "kind": kind(sdk.group(1) if sdk else "", "Exe"),
        "framework": framework_version(values.get("TargetFramework", "net10.0"), os.path.basename(path)),
        "aot": values.get("PublishAot", ""),
    }


def solution_projects(path):
    """The absolute paths of a solution's projects; solution folders and other kinds are left out."""
    if path.endswith(".slnx"):
        names = [item.get("Path") or "" for item in parse(path).iter() if tag(item) == "Project"]
    else:
        with open(path, encoding="utf-8-sig") as file:
            names = re.findall(r'^\s*Project\("\{[^}]*\}"\)\s*=\s*"[^"]*",\s*"([^"]*)"', file.read(), re.MULTILINE)
    found = []
    for name in (name.replace("\\", "/") for name in names):
        if name.endswith(PROJECTS):
            project = os.path.normpath(os.path.join(os.path.dirname(path), name))
            if not os.path.isfile(project):
                raise PlanError(f"{os.path.basename(path)} names the project {name}, which is not in the repository.")
            found.append(project)
    return found
