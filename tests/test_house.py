"""The house: rooms whose imports point down, without circles; what is slow to import waits for a command to run."""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import made_cli
from made_cli.cli.commands import NAMES

ROOT = Path(made_cli.__file__).parent
TESTS = Path(__file__).parent

_GROUND = ("errors", "config", "atomic")
_TABLES = (*_GROUND, "tables.text", "tables.files", "tables.columns", "tables.relations", "tables.events")
_RUNS = (*_TABLES, "core", "ensemble", "runs")
MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "errors": (),
    "config": ("errors",),
    "atomic": ("errors",),
    "tables": (),
    "tables.text": _GROUND,
    "tables.files": (*_GROUND, "tables.text"),
    "tables.columns": (*_GROUND, "tables.text", "tables.files"),
    "tables.relations": (*_GROUND, "tables.text", "tables.files", "tables.columns"),
    "tables.events": (*_GROUND, "tables.text", "tables.files", "tables.columns", "tables.relations"),
    "fidelity": _TABLES,
    "core": _TABLES,
    "ensemble": (*_TABLES, "core"),
    "runs": (*_TABLES, "core", "ensemble"),
    "inference": _RUNS,
    "training": _RUNS,
    "density": (*_RUNS, "inference", "report"),
    "comparing": (*_GROUND, "fidelity", "tables.files"),
    "report": (*_RUNS, "inference", "fidelity"),
    "export": _RUNS,
    "estimator": (*_GROUND, "density", "training", "core", "tables.files"),
    "scorer": (*_GROUND, "core", "runs", "density", "tables.files"),
    "joining": (*_GROUND, "runs", "density"),
    "__init__": (*_TABLES, "core", "runs", "training", "density", "comparing", "estimator", "joining", "scorer"),
    "cli": (*_RUNS, "inference", "training", "density", "fidelity", "report", "export"),
    "__main__": ("cli",),
}
"""Rooms, and the other rooms that the modules of each may import: all of them below it."""
FOREIGN = {
    "core": ("pandas", "pyarrow"),
    "tables": ("torch",),
    "fidelity": ("torch",),
    "report": ("torch", "pandas"),
    "export": ("pandas", "onnxruntime"),
    "config": ("torch", "pandas", "numpy"),
    "errors": ("torch", "pandas", "numpy"),
    "cli": ("safetensors",),
}
"""Libraries that are none of a room's business."""
SLOW = ("torch", "pandas", "pyarrow", "pydantic", "numpy", "sklearn", "matplotlib", "jinja2", "onnx")


def name_of(path: Path) -> str:
    """The name of a module within the package: "core.made"; a room's own `__init__` has the room's name."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


MODULES = {name_of(path): path for path in sorted(ROOT.rglob("*.py"))}


def imports(nodes: list[ast.stmt], *, at_run_time: bool = False) -> Iterator[str]:
    """Yields the full names of what is imported; with `at_run_time` only that which importing the module imports."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif not (at_run_time and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)):
            skipped = at_run_time and isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
            inside = node.orelse if isinstance(node, ast.If) and skipped else list(ast.iter_child_nodes(node))
            children = [child for child in inside if isinstance(child, ast.stmt | ast.ExceptHandler)]
            yield from imports(children, at_run_time=at_run_time)  # type: ignore[arg-type]


def imported_by(module: str, *, at_run_time: bool = False) -> list[str]:
    return list(imports(ast.parse(MODULES[module].read_text()).body, at_run_time=at_run_time))


def own_imports(module: str, *, at_run_time: bool = False) -> set[str]:
    """The modules of this package that a module imports anywhere: also for types only, also within a function."""
    found = set()
    for full in imported_by(module, at_run_time=at_run_time):
        name = full.removeprefix("made_cli.")
        if full == name:
            continue
        found.add(name if name in MODULES else name.rpartition(".")[0] or "__init__")
    assert found <= MODULES.keys(), found - MODULES.keys()
    return found


def room_of(module: str) -> str:
    """The innermost room that a module stands in."""
    return max((room for room in MAY_IMPORT if stands_in(module, room)), key=len)


def stands_in(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def test_every_module_stands_in_a_room() -> None:
    assert {room_of(module) for module in MODULES} == MAY_IMPORT.keys()


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_down(module: str) -> None:
    room = room_of(module)
    rooms = {room_of(other) for other in own_imports(module)} - {room}
    assert rooms <= set(MAY_IMPORT[room])


def test_rooms_stand_one_above_the_other() -> None:
    # If what each may import makes a circle, so may the modules.
    list(TopologicalSorter(MAY_IMPORT).static_order())


def test_no_imports_go_in_a_circle() -> None:
    list(TopologicalSorter({module: own_imports(module) for module in MODULES}).static_order())


@pytest.mark.parametrize("room", FOREIGN)
def test_a_room_keeps_to_what_it_knows(room: str) -> None:
    modules = [module for module in MODULES if stands_in(module, room)]
    assert modules
    assert not [module for module in modules for name in imported_by(module) if stands_in(name, *FOREIGN[room])]


def test_no_command_imports_another() -> None:
    commands = {path.stem for path in (ROOT / "cli").glob("*.py") if f"def {path.stem}(" in path.read_text()}
    assert commands == {name.replace("-", "_") for name in NAMES}
    for module in MODULES:
        if stands_in(module, "cli"):
            assert not own_imports(module) & {f"cli.{command}" for command in commands}


def test_commands_import_nothing_slow_before_they_run() -> None:
    # A module of cli/ may import torch if it is itself imported by a command that runs, and by nothing before.
    # Commands are imported by their names.
    waiting, reached = ["cli.app", *(f"cli.{name.replace('-', '_')}" for name in NAMES)], set[str]()
    while waiting:
        module = waiting.pop()
        reached.add(module)
        names = imported_by(module, at_run_time=True)
        assert not [name for name in names if stands_in(name, *SLOW)], module
        waiting += own_imports(module, at_run_time=True) - reached
    assert {"cli.app", "cli.train", "cli.score", "cli.sample", "config", "errors"} <= reached


def test_the_folders_of_the_tests_mirror_the_package() -> None:
    folders = {path.parent.relative_to(TESTS) for path in TESTS.rglob("test_*.py")} - {Path(), Path("benchmarks")}
    assert not [folder for folder in folders if not (ROOT / folder).is_dir()]
