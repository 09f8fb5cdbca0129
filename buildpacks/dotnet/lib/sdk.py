"""Which of the installed SDKs may build an application."""
import json
import os
import re

from projects import PlanError

# What each rollForward of global.json keeps equal: (major, minor, feature band, patch).
ROLL_FORWARD = {"disable": 4, "patch": 3, "latestpatch": 3, "feature": 2, "latestfeature": 2,
                "minor": 1, "latestminor": 1, "major": 0, "latestmajor": 0}


def version(text):
    """(major, minor, feature band, patch) of a version such as 10.0.401."""
    match = re.match(r"(\d+)\.(\d+)\.(\d+)", text)
    if not match:
        return None
    major, minor, patch = (int(part) for part in match.groups())
    return major, minor, patch // 100, patch % 100


def installed(dotnet_root):
    directory = os.path.join(dotnet_root, "sdk")
    names = [name for name in os.listdir(directory) if version(name)] if os.path.isdir(directory) else []
    return sorted(names, key=version)


def choose(tree, dotnet_root, framework):
    """The name of the SDK that dotnet will use, or a PlanError that says what there is."""
    names = installed(dotnet_root)
    offer = "On offer: " + (", ".join(f"SDK {name}" for name in names) or "no SDK") + "."
    wanted, roll_forward = pinned(tree)
    if wanted:
        keep = ROLL_FORWARD.get(roll_forward.lower())
        if version(wanted) is None or keep is None:
            raise PlanError(f"global.json has no valid sdk.version or sdk.rollForward ('{wanted}', '{roll_forward}').")
        least = version(wanted)
        names = [name for name in names if version(name)[:keep] == least[:keep] and version(name) >= least]
        if not names:
            raise PlanError(f"global.json wants SDK {wanted} (rollForward {roll_forward}), and no installed SDK satisfies that.\n"
                            f"{offer}\nRemove global.json, or set \"rollForward\": \"latestMajor\" in its \"sdk\" section.")
    names = [name for name in names if version(name)[:2] >= framework]
    if not names:
        raise PlanError(f"this application targets net{framework[0]}.{framework[1]}, and no installed SDK knows it.\n{offer}\n"
                        "Target an older framework, or ask the one who runs this platform for a newer SDK.")
    return names[-1]


def pinned(tree):
    path = os.path.join(tree, "global.json")
    if not os.path.isfile(path):
        return None, ""
    with open(path, encoding="utf-8-sig") as file:
        text = re.sub(r'("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/', lambda match: match.group(1) or "", file.read(), flags=re.DOTALL)
    try:
        sdk = json.loads(re.sub(r",(\s*[}\]])", r"\1", text)).get("sdk") or {}
        return sdk.get("version"), sdk.get("rollForward") or "latestPatch"
    except (ValueError, AttributeError) as error:
        raise PlanError(f"global.json is not valid JSON: {error}") from error
