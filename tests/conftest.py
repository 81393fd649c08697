"""What every test may rely on: the same environment on every machine.

Knows: the variables that rich, typer, torch and `made` itself read. They are set when this file is imported, because
typer and torch read theirs when *they* are imported.
"""

import os
from pathlib import Path

import hypothesis
import pytest

# Read by rich (console.py) and typer (rich_utils.py, core.py, main.py), or by convention elsewhere.
_SHAPES_OUTPUT = (
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "COLORTERM",
    "DATABRICKS_RUNTIME_VERSION",
    "FORCE_COLOR",
    "GITHUB_ACTIONS",
    "JUPYTER_COLUMNS",
    "JUPYTER_LINES",
    "NO_COLOR",
    "PY_COLORS",
    "TERMINAL_WIDTH",
    "TTY_COMPATIBLE",
    "TTY_INTERACTIVE",
    "TYPER_STANDARD_TRACEBACK",
    "TYPER_USE_RICH",
    "_TYPER_FORCE_DISABLE_TERMINAL",
    "_TYPER_STANDARD_TRACEBACK",
)
_MOST_THREADS = 2


def _steady_environment() -> None:
    """Takes away what a person's shell may force on the output, and bounds torch's threads."""
    for name in list(os.environ):
        if name in _SHAPES_OUTPUT or name.startswith("MADE_"):
            del os.environ[name]
    os.environ.update(COLUMNS="100", LINES="40", TERM="xterm")
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    most = 1 if "PYTEST_XDIST_WORKER" in os.environ else _MOST_THREADS  # workers share the cores among them
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        asked = os.environ.get(name, "")
        os.environ[name] = asked if asked.isdecimal() and 0 < int(asked) <= most else str(most)


_steady_environment()

# How long an example takes says more about the neighbours than about the code. Whatever profile is in force keeps the
# rest of its settings: hypothesis chooses one of its own under CI.
hypothesis.settings.register_profile("made", parent=hypothesis.settings(), deadline=None)
hypothesis.settings.load_profile("made")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds `--data`: pytest takes options only from the outermost conftest.py when it collects everything."""
    parser.addoption("--data", type=Path, default=None, metavar="PATH", help="data folder for tests/benchmarks")


@pytest.fixture(scope="session")
def data(request: pytest.FixtureRequest) -> Path:
    """The folder that `--data` names; without the option, a test that asks for it is skipped."""
    path: Path | None = request.config.getoption("--data")
    if path is None:
        pytest.skip("needs --data PATH: make bench DATA=PATH")
    if not path.exists():
        pytest.fail(f"--data {path}: there is no such path", pytrace=False)
    return path
