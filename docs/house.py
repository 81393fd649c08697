"""The rooms of made_cli, as its syntax trees have them.

Knows: a room is a folder that holds modules, or a module that stands by itself; what each is for is the first line of
its docstring. Nothing of made_cli is imported, so that this runs in any Python.
"""

import ast
from collections.abc import Iterator, Sequence
from graphlib import TopologicalSorter
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent / "made_cli"
AT_THE_DOOR = {
    "__init__": "density",
    "estimator": "density",
    "comparing": "density",
    "joining": "density",
    "scorer": "density",
    "__main__": "cli",
}
"""The modules by which one enters the package, and the room that each leads to."""


def rooms() -> dict[str, list[str]]:
    """Returns the modules of each room by its path; a folder's own `__init__` is not among them."""
    found: dict[str, list[str]] = {}
    for path in _modules():
        if path.name != "__init__.py" or path.parent == PACKAGE:
            found.setdefault(_room(_parts(path)), []).append(path.stem)
    return found


def imports() -> dict[str, set[str]]:
    """Returns the other rooms that the modules of each room import: also for types only, also within a function."""
    found: dict[str, set[str]] = {room: set() for room in rooms()}
    for path in _modules():
        for name in _imported(path):
            if (room := _room(_parts(path))) != (other := _room(name)):
                found[room].add(other)
    return found


def arrows() -> list[tuple[str, str]]:
    """Returns the imports between rooms without those that others imply.

    Raises:
        graphlib.CycleError: imports go in a circle.
    """
    found, implied = imports(), dict[str, set[str]]()
    for room in TopologicalSorter(found).static_order():
        implied[room] = set[str]().union(*(found[other] | implied[other] for other in found[room]))
    return [(room, other) for room in found for other in sorted(found[room] - implied[room])]


def gist(room: str) -> str:
    """Returns what a room says that it is for."""
    module = PACKAGE / f"{room}.py"
    text = (module if module.exists() else PACKAGE / room / "__init__.py").read_text(encoding="utf-8")
    line = (ast.get_docstring(ast.parse(text)) or "").partition("\n")[0]
    name, colon, rest = line.partition(": ")
    return rest[:1].upper() + rest[1:] if colon and name.lower() == room.rpartition("/")[2] else line


def _modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def _parts(path: Path) -> tuple[str, ...]:
    return path.relative_to(PACKAGE).with_suffix("").parts


def _room(parts: Sequence[str]) -> str:
    """Returns the room of a module, or of what a module defines."""
    folders = [PACKAGE.joinpath(*parts[:length]).is_dir() for length in range(1, len(parts) + 1)]
    return AT_THE_DOOR.get(parts[0]) or "/".join(parts[: max(1, sum(folders))])


def _imported(path: Path) -> Iterator[Sequence[str]]:
    """Yields what a module imports from the package."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        yield from (name.split(".")[1:] for name in names if name.startswith(f"{PACKAGE.name}."))
