#!/usr/bin/env python3
"""Checks the structure of the workspace: arrows between crates point down only, the engine's tree
holds nothing of a terminal, and no files of a crate import each other in a circle.

A file imports another when it names, in a `use` or in a path, something that the other defines;
a name that a module hands on is followed to the file that defines it. Tests are left out.

    .ci/structure.py            check
    .ci/structure.py --list     check, and print every import as `file -> file: names`
"""

import json
import re
import subprocess
import sys
from pathlib import Path

# Each crate and the crates of the workspace that it may use.
ARROWS = {
    "leaky-relu": set(),
    "leaky-burn": {"leaky-relu"},
    "leaky-candle": {"leaky-relu"},
    "leaky-onnx": {"leaky-burn", "leaky-relu"},
    "leaky-cure": {"leaky-onnx", "leaky-burn", "leaky-relu"},
    "leaky-report": {"leaky-cure", "leaky-onnx", "leaky-relu"},
    "leaky": {"leaky-report", "leaky-cure", "leaky-onnx", "leaky-relu"},
    "edge-network": {"leaky-relu"},
    "examples": {"edge-network", "leaky-cure", "leaky-onnx", "leaky-burn", "leaky-relu"},
    "leaky-playground": {"leaky-report", "leaky-cure", "leaky-onnx", "leaky-relu"},
    "leaky-python": {"leaky", "leaky-report", "leaky-cure", "leaky-onnx", "leaky-relu"},
}
# What must not stand anywhere beneath the engine.
NOT_BENEATH = {"leaky-cure": {"clap", "indicatif", "comfy-table", "plotters", "console", "ctrlc", "signal-hook"}}


def metadata():
    command = ["cargo", "metadata", "--format-version", "1", "--locked"]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def wrong_arrows(found):
    members = set(found["workspace_members"])
    packages = {package["id"]: package for package in found["packages"]}
    own = {packages[member]["name"] for member in members}
    for member in sorted(members):
        package = packages[member]
        name = package["name"]
        if name not in ARROWS:
            yield f"{name} is not among the crates that .ci/structure.py knows: say what it may use"
            continue
        for dependency in package["dependencies"]:
            to = dependency["name"]
            # Tests and examples may use what stands above.
            if dependency["kind"] != "dev" and to in own and to not in ARROWS[name]:
                yield f"{name} uses {to}, which it must not know"
    nodes = {node["id"]: node for node in found["resolve"]["nodes"]}
    names = {package["name"]: member for member in members for package in [packages[member]]}
    for name, forbidden in NOT_BENEATH.items():
        if name not in names:
            continue
        open_, seen = [names[name]], set()
        while open_:
            node = open_.pop()
            if node in seen:
                continue
            seen.add(node)
            for dependency in nodes[node]["deps"]:
                if any(kind["kind"] is None for kind in dependency["dep_kinds"]):
                    open_.append(dependency["pkg"])
        for node in sorted(packages[node]["name"] for node in seen):
            if node in forbidden:
                yield f"{name} has {node} beneath it"


def without_comments_strings_tests(text):
    """The code alone: comments, strings and test modules are blanked."""
    text = re.sub(r'r(#*)".*?"\1', '""', text, flags=re.S)
    text = re.sub(r'"(?:\\.|[^"\\])*"', '""', text, flags=re.S)
    text = re.sub(r"//[^\n]*", "", text)
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    text = re.sub(r"pub\(in [^)]*\)", "pub", text)
    while start := re.search(r"#\[cfg\((?:test|all\(test[^]]*)\)\]\s*(?:pub(?:\([^)]*\))?\s+)?mod \w+ \{", text):
        depth, end = 1, start.end()
        while depth and end < len(text):
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            end += 1
        text = text[: start.start()] + text[end:]
    return re.sub(
        r"#\[cfg\((?:test|all\(test[^]]*)\)\]\s*(?:pub(?:\([^)]*\))?\s+)?(?:mod|use) [^;{]*;", "", text
    )


def use_trees(text):
    """Each path that a `use` names, as (segments, name it gets, whether it is handed on)."""

    def leaves(prefix, tree):
        tree = tree.strip()
        if tree.endswith("}"):
            head, inner = tree.split("{", 1)
            prefix = prefix + [part for part in head.strip().split("::") if part]
            depth, start, inner = 0, 0, inner[:-1]
            for place, char in enumerate(inner + ","):
                depth += {"{": 1, "}": -1}.get(char, 0)
                if char == "," and depth == 0:
                    if inner[start:place].strip():
                        yield from leaves(prefix, inner[start:place])
                    start = place + 1
            return
        path, _, alias = tree.partition(" as ")
        segments = prefix + [part.strip() for part in path.split("::") if part.strip()]
        if segments[-1:] == ["self"]:
            segments.pop()
        yield segments, alias.strip() or segments[-1]

    for found in re.finditer(r"(?m)^\s*(pub(?:\([^)]*\))?\s+)?use\s+([^;]+);", text):
        for segments, name in leaves([], " ".join(found[2].split())):
            yield segments, name, bool(found[1])


class Module:
    def __init__(self, path, file, parent):
        self.path, self.file, self.parent = path, file, parent
        self.children, self.handed_on, self.uses = {}, {}, []


def modules(root):
    """The tree of modules that stand in files of their own."""

    def read(file, folder, path, parent):
        module = Module(path, file, parent)
        text = file.read_text()
        if "@generated" in text[:400]:
            # The modules within it are its own affair.
            return module
        text = without_comments_strings_tests(text)
        for name in re.findall(r"(?m)^\s*(?:pub(?:\([^)]*\))?\s+)?mod (\w+);", text):
            for place in (folder / f"{name}.rs", folder / name / "mod.rs"):
                if place.exists():
                    module.children[name] = read(place, folder / name, [*path, name], module)
        for segments, name, handed_on in use_trees(text):
            module.uses.append(segments)
            if handed_on:
                module.handed_on[name] = segments
        body = re.sub(r"(?ms)^\s*(?:pub(?:\([^)]*\))?\s+)?use\s+[^;]+;", "", text)
        for found in re.findall(r"\b(?:crate|super)(?:::\w+)+", body):
            module.uses.append(found.split("::"))
        for found in re.findall(r"(?<![\w:])[a-z_]\w*(?:::\w+)+", body):
            if found.split("::")[0] in module.children:
                module.uses.append(["self", *found.split("::")])
        return module

    return read(root, root.parent, [], None)


def resolve(root, module, segments, depth=0):
    """The module that defines what a path names; none where it lies outside of the crate."""
    if not segments or depth > 20:
        return None
    first, rest = segments[0], segments[1:]
    if first == "crate":
        at = root
    elif first == "self":
        at = module
    elif first == "super":
        at = module.parent
        while rest[:1] == ["super"]:
            at, rest = at.parent if at else None, rest[1:]
    elif first in module.children:
        at, rest = module, segments
    elif depth == 0 and first in module.handed_on and module.handed_on[first] != segments:
        return resolve(root, module, module.handed_on[first] + rest, depth + 1)
    else:
        return None
    while at is not None and rest:
        if rest[0] in at.children:
            at, rest = at.children[rest[0]], rest[1:]
        elif rest[0] in at.handed_on:
            return resolve(root, at, at.handed_on[rest[0]] + rest[1:], depth + 1) or at
        else:
            break
    return at


def imports(root):
    """For each file, the files it imports and the names it takes from them."""
    found, open_ = {}, [root]
    while open_:
        module = open_.pop()
        open_.extend(module.children.values())
        edges = found.setdefault(module.file, {})
        for segments in module.uses:
            to = resolve(root, module, segments)
            if to is not None and to.file != module.file:
                edges.setdefault(to.file, set()).add(segments[-1])
    return found


def circles(edges):
    """Groups of files that reach each other (Tarjan 1972)."""
    index, low, stack, on_stack, groups = {}, {}, [], set(), []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        on_stack.add(node)
        for to in edges.get(node, ()):
            if to not in index:
                visit(to)
                low[node] = min(low[node], low[to])
            elif to in on_stack:
                low[node] = min(low[node], index[to])
        if low[node] == index[node]:
            group = []
            while not group or group[-1] != node:
                group.append(stack.pop())
                on_stack.discard(group[-1])
            if len(group) > 1:
                groups.append(sorted(group))

    sys.setrecursionlimit(10_000)
    for node in list(edges):
        if node not in index:
            visit(node)
    return groups


def main():
    found = metadata()
    top = Path(found["workspace_root"])
    wrong = list(wrong_arrows(found))
    files = 0
    for package in found["packages"]:
        if package["source"] is not None:
            continue
        libraries = [t for t in package["targets"] if {"lib", "cdylib", "rlib"} & set(t["kind"])]
        for target in libraries:
            edges = imports(modules(Path(target["src_path"])))
            files += len(edges)
            for file, to in sorted(edges.items()) if "--list" in sys.argv else ():
                for other, names in sorted(to.items()):
                    print(f"{file.relative_to(top)} -> {other.relative_to(top)}: {', '.join(sorted(names))}")
            for group in circles(edges):
                ties = [
                    f"\n    {a.relative_to(top)} -> {b.relative_to(top)}: {', '.join(sorted(edges[a][b]))}"
                    for a in group
                    for b in group
                    if b in edges[a]
                ]
                wrong.append(f"{len(group)} files import each other in a circle:{''.join(ties)}")
    for line in wrong:
        print(f"FAILED {line}")
    if not files:
        sys.exit("FAILED no source file was found")
    if not wrong:
        print(f"ok     arrows point down, and none of {files} files stands in a circle of imports")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
