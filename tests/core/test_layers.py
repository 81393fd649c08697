"""Imports point down, and what is slow to import is not imported for `made --help`."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import made_cli

ROOT = Path(made_cli.__file__).parent
LAYERS = ("errors", "config", "tables", "fidelity", "core", "ensemble", "training", "answers", "report", "cli")
SLOW = (
    *("torch", "pandas", "pyarrow", "pydantic", "numpy", "sklearn"),
    *(f"made_cli.{part}" for part in ("answers", "fidelity", "core", "ensemble", "training", "report")),
    *(f"made_cli.tables.{part}" for part in ("files", "schema", "infer")),
)
MODULES = {path.relative_to(ROOT).as_posix(): path for path in sorted(ROOT.rglob("*.py"))}


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
            yield from imports([child for child in inside if isinstance(child, ast.stmt | ast.ExceptHandler)])  # type: ignore[misc]


def imported_by(module: str, *, at_run_time: bool = False) -> list[str]:
    return list(imports(ast.parse(MODULES[module].read_text()).body, at_run_time=at_run_time))


def layer(name: str) -> int | None:
    """Returns the height of what is imported, None for what is not of this package."""
    parts = name.split(".")
    return LAYERS.index(parts[1]) if parts[0] == "made_cli" and len(parts) > 1 and parts[1] in LAYERS else None


def stands_in(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


@pytest.mark.parametrize("module", [name for name in MODULES if layer(f"made_cli.{name[:-3].replace('/', '.')}")])
def test_imports_point_down(module: str) -> None:
    own = layer(f"made_cli.{module[:-3].replace('/', '.')}")
    assert own is not None
    heights = {name: layer(name) for name in imported_by(module)}
    assert not [name for name, height in heights.items() if height is not None and height > own]


@pytest.mark.parametrize(
    ("package", "stranger"),
    [
        *[("core", "pandas"), ("core", "pyarrow"), ("tables", "torch"), ("config", "torch"), ("fidelity", "torch")],
        *[(package, "made_cli.fidelity") for package in ("core", "ensemble", "training")],
    ],
)
def test_a_package_keeps_to_what_it_knows(package: str, stranger: str) -> None:
    modules = [name for name in MODULES if name.startswith((f"{package}/", f"{package}."))]
    assert modules
    assert not [name for name in modules for each in imported_by(name) if stands_in(each, (stranger,))]


def test_commands_import_nothing_slow_before_they_run() -> None:
    # A module of cli/ may import torch if it is itself imported by a command that runs, and by nothing before.
    waiting, reached = ["cli/app.py"], set[str]()
    while waiting:
        module = waiting.pop()
        reached.add(module)
        names = imported_by(module, at_run_time=True)
        assert not [name for name in names if stands_in(name, SLOW)], module
        paths = {path for name in names for path in (f"{name.removeprefix('made_cli.').replace('.', '/')}.py",)}
        paths |= {f"{name.removeprefix('made_cli.').rpartition('.')[0].replace('.', '/')}.py" for name in names}
        waiting += [path for path in paths if path in MODULES and path not in reached]
    assert {"cli/app.py", "cli/train.py", "cli/score.py", "cli/sample.py", "config.py", "errors.py"} <= reached
