"""`made ensemble-eval --shard`: the figures of parts that are put together are those of one call, to the bit."""

from pathlib import Path

import pandas as pd
import pytest

from made_cli.errors import Exit
from tests.cli.program import BRIEF_EVALUATION, LEARN_FAST, error, evaluated, made

pytestmark = pytest.mark.usefixtures("few_rows")


@pytest.fixture(scope="module")
def valid(tables: Path, frame: pd.DataFrame) -> Path:
    """Rows to learn on."""
    frame.iloc[::-2].to_csv(tables / "valid.csv", index=False)
    return tables / "valid.csv"


def write_parts(run: Path, data: Path, count: int, names: str) -> list[str | Path]:
    """Writes so many parts; returns the options that name them."""
    options = list[str | Path]()
    for place in range(1, count + 1):
        file = names.format(place)
        done = made("ensemble-eval", run, data, *BRIEF_EVALUATION, "--shard", f"{place}/{count}", "--matrix", file)
        assert (done.code, done.out) == (0, "")
        assert f"{file} has part {place}/{count}, " in done.err
        options += ["--matrix", file]
    return options


def forbidden(*arguments: object) -> None:
    raise AssertionError("computed again")


def test_parts_give_the_figures_of_one_call(
    run: Path, tables: Path, valid: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learning = ("--fit-on", valid, *LEARN_FAST)
    whole = evaluated(run, tables / "t.csv", *learning)
    parts = write_parts(run, tables / "t.csv", 3, str(tmp_path / "t-{}.npz"))
    learned = write_parts(run, valid, 2, str(tmp_path / "v-{}.npz"))
    assert evaluated(run, tables / "t.csv", *learning, *parts) == whole
    monkeypatch.setattr("made_cli.inference.evaluation.score_rows", forbidden)
    assert evaluated(run, tables / "t.csv", *learning, *parts, *learned) == whole
    assert evaluated(run, tables / "t.csv", *learning, "--matrix", str(tmp_path / "*.npz")) == whole


def test_a_part_that_is_there_is_not_computed_again(
    run: Path, tables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = str(tmp_path / "{}.npz")
    write_parts(run, tables / "t.csv", 2, names)
    monkeypatch.setattr("made_cli.inference.evaluation.score_rows", forbidden)
    write_parts(run, tables / "t.csv", 2, names)
    ask = ("ensemble-eval", run, tables / "t.csv", *BRIEF_EVALUATION, "--shard", "1/2", "--matrix")
    error(made(*ask, tmp_path / "2.npz"), Exit.BAD_DATA, "2.npz is part 2/2 of these rows")


def test_parts_that_do_not_fit_are_refused_by_name(run: Path, tables: Path, valid: Path, tmp_path: Path) -> None:
    parts = write_parts(run, tables / "t.csv", 3, str(tmp_path / "t-{}.npz"))
    others = write_parts(run, valid, 2, str(tmp_path / "v-{}.npz"))
    ask = ("ensemble-eval", run, tables / "t.csv", *BRIEF_EVALUATION)
    error(made(*ask, *parts[:4]), Exit.BAD_DATA, "part 3/3 is in none", "--shard 3/3")
    error(made(*ask, *parts, *parts[:2]), Exit.BAD_DATA, "t-1.npz are both part 1/3")
    error(made(*ask, *parts, *others), Exit.BAD_DATA, "v-1.npz was made of other rows")
    error(made(*ask, *parts, "--permutations", "2"), Exit.BAD_DATA, "t-1.npz was made of other members")
    error(made(*ask, *parts, "--matrix", tmp_path / "t-9.npz"), Exit.BAD_DATA, "t-9.npz: no such file")
    error(made(*ask, "--matrix", str(tmp_path / "x-*.npz")), Exit.BAD_DATA, "no file fits")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "name the file that takes this part"),
        (("--matrix", "m.npy"), "name the file that takes this part"),
        (("--matrix", "a.npz", "--matrix", "b.npz"), "name the file that takes this part"),
        (("--matrix", "a.npz", "--save"), "--save is about all rows"),
        (("--matrix", "a.npz", "--json"), "--json is about all rows"),
        (("--matrix", "a.npz", "-o", "figures.json"), "--output is about all rows"),
        (("--matrix", "a.npz", "--fit-on", "valid.csv"), "--fit-on is about all rows"),
    ],
)
def test_a_part_takes_one_file_and_nothing_about_all_rows(
    options: tuple[str, ...], message: str, run: Path, tables: Path
) -> None:
    error(made("ensemble-eval", run, tables / "t.csv", "--shard", "1/2", *options), Exit.USAGE, message)


def test_several_files_are_parts(run: Path, tables: Path) -> None:
    several = ("--matrix", "a.npz", "--matrix", "b.csv")
    error(made("ensemble-eval", run, tables / "t.csv", *several), Exit.USAGE, "parts that --shard wrote")
