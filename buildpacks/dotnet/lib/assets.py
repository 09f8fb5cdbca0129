"""Gives static web assets the time that all files of a slug have, where their manifests hold the time of the build.

usage: assets.py BUILD_DIR [SECONDS_SINCE_1970]
"""
import os
import re
import sys
from email.utils import formatdate

MANIFEST = ".staticwebassets.endpoints.json"
LAST_MODIFIED = re.compile(r'("Name":\s*"Last-Modified",\s*"Value":\s*)"[^"]*"')


def manifests(tree):
    for directory, _, files in os.walk(tree):
        if directory.endswith("/bin/publish"):
            yield from (os.path.join(directory, name) for name in files if name.endswith(MANIFEST))


def main():
    # Without a time it is the oldest that every archive can hold.
    time = formatdate(int(sys.argv[2] or 315532800) if len(sys.argv) > 2 else 315532800, usegmt=True)
    for path in manifests(sys.argv[1]):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        with open(path, "w", encoding="utf-8") as file:
            file.write(LAST_MODIFIED.sub(rf'\g<1>"{time}"', text))


if __name__ == "__main__":
    main()
