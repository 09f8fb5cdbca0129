"""Prints the first stack whose Python is what an application asks for.

usage: stack.py BUILD_DIR      (environment: see the buildpacks' README)
The application asks with .python-version, runtime.txt or requires-python of pyproject.toml, in this order.
"""
import os
import re
import sys


def fail(*lines):
    sys.exit("\n".join(lines))


def read(*path):
    try:
        with open(os.path.join(*path), encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def offers():
    """{stack: (3, 11)} of the installed stacks that can install packages for Python."""
    directory, found = os.environ["MINIPAAS_STACKS_DIR"], {}
    for stack in os.environ["MINIPAAS_STACKS"].split():
        series = re.search(r"^python\s+(\d+)\.(\d+)", read(directory, stack, "provides"), re.MULTILINE)
        if series and re.search(r"^python3-pip\s*$", read(directory, stack, "packages.build"), re.MULTILINE):
            found[stack] = (int(series.group(1)), int(series.group(2)))
    return found


def asked(tree):
    """(file, text, list of conditions); a condition is (operator, numbers)."""
    for name, pattern in ((".python-version", r"(?:python-)?(\d+(?:\.\d+)*)"), ("runtime.txt", r"python-(\d+(?:\.\d+)*)")):
        lines = [line.strip() for line in read(tree, name).splitlines() if line.strip() and not line.strip().startswith("#")]
        if lines:
            match = re.fullmatch(pattern, lines[0])
            if not match:
                fail(f"ERROR: {name} says '{lines[0]}', which is not a version.",
                     "Write one such as " + ("3.11" if name[0] == "." else "python-3.11.2") + ", commit it and push again.")
            return name, match.group(1), [("==", numbers(match.group(1)))]
    match = re.search(r"^requires-python\s*=\s*[\"']([^\"']*)[\"']", read(tree, "pyproject.toml"), re.MULTILINE)
    if match:
        conditions = re.findall(r"(~=|===?|!=|<=|>=|<|>)\s*(\d+(?:\.\d+)*)", match.group(1))
        return "requires-python of pyproject.toml", match.group(1), [(operator, numbers(text)) for operator, text in conditions]
    return "", "", []


def numbers(text):
    return tuple(int(part) for part in text.split("."))[:2]


def meets(series, conditions):
    """Whether some release of a series such as 3.11 meets all; only major and minor number are compared."""
    compare = {
        "==": lambda wanted: series[:len(wanted)] == wanted, "===": lambda wanted: series[:len(wanted)] == wanted,
        "~=": lambda wanted: series[0] == wanted[0] and series >= wanted, "!=": lambda wanted: series != wanted or len(wanted) < 2,
        ">=": lambda wanted: series >= wanted, ">": lambda wanted: series >= wanted,
        "<=": lambda wanted: series[:len(wanted)] <= wanted, "<": lambda wanted: series < wanted,
    }
    return all(compare[operator](wanted) for operator, wanted in conditions)


def main(tree):
    stacks = offers()
    wanted = os.environ.get("MINIPAAS_STACK_WANTED", "")
    offer = "On offer: " + (", ".join(f"Python {a}.{b} (stack {stack})" for stack, (a, b) in stacks.items()) or "no Python") + "."
    if wanted and wanted not in stacks:
        fail(f"ERROR: this application is set to stack '{wanted}', which cannot install packages for Python.", offer)
    source, text, conditions = asked(tree)
    for stack, series in stacks.items():
        if wanted in ("", stack) and meets(series, conditions):
            print(stack)
            return
    where = f"stack '{wanted}', which this application is set to, has not" if wanted else "no stack has"
    if not stacks:
        fail("ERROR: none of the installed stacks can install packages for Python.", offer)
    fail(f"ERROR: {source} asks for Python {text}, which {where}.", offer,
         "Ask for another one, or ask the one who runs this platform for another stack.")


main(sys.argv[1])
