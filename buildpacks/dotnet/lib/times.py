"""Carries file times over from one checkout to the next, for files whose content is the same.

usage: times.py restore|save TREE FILE
FILE holds {path: [sha256, mtime in nanoseconds]} of the last build.
"""
import hashlib
import json
import os
import sys


def sources(tree):
    """Yields (relative path, absolute path) of the regular files that a build reads."""
    for directory, names, files in os.walk(tree):
        names[:] = [name for name in names if name not in (".git", "node_modules", ".minipaas") and
                    not (name == "publish" and os.path.basename(directory) == "bin")]
        for name in files:
            path = os.path.join(directory, name)
            if os.path.isfile(path) and not os.path.islink(path):
                yield os.path.relpath(path, tree), path


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def load(file):
    try:
        with open(file, encoding="utf-8") as stream:
            return json.load(stream)
    except (OSError, ValueError):
        return {}


def restore(tree, file):
    last = load(file)
    for name, path in sources(tree):
        sha, mtime = last.get(name, (None, None))
        if sha is not None and sha == digest(path):
            os.utime(path, ns=(mtime, mtime))
        else:
            # Newer than anything the last build made, whatever time the checkout gave it.
            os.utime(path)


def save(tree, file):
    now = {name: [digest(path), os.stat(path).st_mtime_ns] for name, path in sources(tree)}
    with open(file + ".new", "w", encoding="utf-8") as stream:
        json.dump(now, stream)
    os.replace(file + ".new", file)


if __name__ == "__main__":
    {"restore": restore, "save": save}[sys.argv[1]](sys.argv[2], sys.argv[3])
