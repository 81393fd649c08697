"""What README.md and other pages show to be typed, so that what is printed there is what works; and a session, run.

Knows: what stands in a block right after a comment: a session (`<!-- session -->`, in `sh`), commands that are listed
with an explanation each (`<!-- commands -->`), Python (`<!-- python -->`; `<!-- spark -->` and the like for one that
stands by itself). How a shell runs the session: each command
in a shell of its own, in the given folder, with this interpreter's `made` on PATH.

    python tests/readme.py [FOLDER [PAGE]]     FOLDER holds PAGE; by default README.md, of the repository
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TextIO

ROOT = Path(__file__).resolve().parent.parent
_SIGPIPE = 128 + 13  # what bash reports when `| head` has seen enough: no failure
_MADE_BY_THE_LAST_SESSION = ".session"


def commands(text: str) -> list[str]:
    r"""The session's commands in turn; a line that ends in a backslash goes on in the next, comments are left out.

    >>> commands("<!-- session -->\n```sh\n# first\nmade train x.csv \\\n  --out runs/x\nmade info runs/x\n```\n")
    ['made train x.csv \\\n  --out runs/x', 'made info runs/x']
    >>> commands("```sh\nmade --help\n```\n")
    []
    """
    found: list[str] = []
    for block in blocks(text, "session", "sh"):
        lines = re.split(r"(?<!\\)\n", block)
        found += [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
    return found


def listed(text: str) -> list[str]:
    r"""The commands of lists, each on a line with its explanation, which begins after two spaces or more.

    >>> listed("<!-- commands -->\n```\nmade info runs/x   what it holds\nmade query runs/x 'a < 3'  how likely\n```\n")
    ['made info runs/x', "made query runs/x 'a < 3'"]
    """
    lines = [line for block in blocks(text, "commands") for line in block.splitlines() if line.strip()]
    return [re.split(r" {2,}", line)[0] for line in lines]


def python(text: str) -> str:
    r"""The Python code, blocks one after the other.

    >>> python("<!-- python -->\n```python\nx = 1\n```\n\n<!-- python -->\n```python\nprint(x)\n```\n")
    'x = 1\nprint(x)\n'
    """
    return "".join(blocks(text, "python", "python"))


def recipe(name: str) -> str:
    """The Python code of the block of docs/scale.md for an engine."""
    (code,) = blocks((ROOT / "docs" / "scale.md").read_text(encoding="utf-8"), name, "python")
    return code


def blocks(text: str, comment: str, language: str = "") -> list[str]:
    """Returns what stands in the blocks right after the comments."""
    pattern = rf"^<!-- {comment} -->[ \t]*\n\s*^```{language}[ \t]*\n(.*?)^```[ \t]*$"
    return re.findall(pattern, text, re.DOTALL | re.MULTILINE)


def run(folder: Path, page: str = "README.md") -> int:
    """Runs the session of a page in `folder`, each command echoed first; stops at the first that fails.

    Returns:
        The exit code of the command that failed, or 0; 1 when the page has no session.
    """
    file = folder / page
    session = commands(file.read_text(encoding="utf-8")) if file.is_file() else []
    if not session:
        _say(f"{file}: no ```sh block after a line <!-- session -->", sys.stderr)
        return 1
    runs = folder / "runs"
    _forget_last_session(runs)
    before = _entries(runs)
    environment = os.environ | {"PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))}
    try:
        for command in session:
            _say(f"$ {command}", sys.stdout)
            shell = ["bash", "-o", "pipefail", "-c", command]
            code = subprocess.run(shell, cwd=folder, env=environment, stdin=subprocess.DEVNULL, check=False).returncode
            if code not in (0, _SIGPIPE):
                _say(f"{page}: exit code {code} from: {command}", sys.stderr)
                return code if code > 0 else 128 - code
    finally:
        if made := sorted(_entries(runs) - before):
            (runs / _MADE_BY_THE_LAST_SESSION).write_text("".join(f"{name}\n" for name in made), encoding="utf-8")
    return 0


def _forget_last_session(runs: Path) -> None:
    """Removes what the last session left under `runs`, and nothing that anybody else put there."""
    ledger = runs / _MADE_BY_THE_LAST_SESSION
    if not ledger.is_file():
        return
    for name in ledger.read_text(encoding="utf-8").splitlines():
        left = runs / name
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left)
        else:
            left.unlink(missing_ok=True)
    ledger.unlink()


def _entries(runs: Path) -> set[str]:
    return {path.name for path in runs.iterdir()} if runs.is_dir() else set()


def _say(line: str, stream: TextIO) -> None:
    stream.write(line + "\n")
    stream.flush()  # before the command's own output


if __name__ == "__main__":
    sys.exit(run(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT, *sys.argv[2:]))
