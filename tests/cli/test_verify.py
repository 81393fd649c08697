"""`made verify`: exit code 0 and a line, or 4 and what is wrong."""

import shutil
from pathlib import Path

from made_cli.errors import Exit
from tests.cli.program import error, made, strict_json


def test_a_whole_run_is_0_and_a_line(run: Path) -> None:
    done = made("verify", run)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"{run} is whole: ")
    assert len(done.out.splitlines()) == 1
    found = strict_json(made("verify", run, "--json").out)
    assert found["whole"]
    assert "networks/0.safetensors" in found["files"]


def test_a_damaged_run_is_4(run: Path, tmp_path: Path) -> None:
    damaged = Path(shutil.copytree(run, tmp_path / "run"))
    data = bytearray((damaged / "metrics.json").read_bytes())
    data[-5] ^= 1
    (damaged / "metrics.json").write_bytes(data)
    error(made("verify", damaged), Exit.RUN_REFUSED, "metrics.json is damaged")
    error(made("verify", damaged, "--json"), Exit.RUN_REFUSED, "metrics.json is damaged")


def test_a_name_that_would_repaint_the_screen_is_spelled_out(run: Path, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("one\x1b[2J,two\n" + "".join(f"{n % 2},{n % 3}\n" for n in range(40)))
    done = made("schema", tmp_path / "t.csv")
    assert done.code == 0
    assert "\x1b" not in done.out + done.err
    assert "one\\x1b[2J" in done.out
    assert "\x1b" not in made("verify", tmp_path / "no\x1b[2Jthing").err
