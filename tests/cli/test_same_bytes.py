"""The same seed gives the same bytes, whatever the number of threads where nothing is learned."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.cli.program import BRIEF_EVALUATION, LEARN_FAST, made

TRAIN = ("--hidden", "24,24", "--epochs", "3", "--seed", "7", "--networks", "2")


@pytest.fixture(autouse=True)
def threads() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def runs(tables: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The same training, twice."""
    folder = tmp_path_factory.mktemp("runs")
    for name in ("one", "two"):
        assert made("train", tables / "t.csv", "--out", folder / name, *TRAIN, "--threads", "1").code == 0
    return [folder / "one", folder / "two"]


def test_two_trainings_of_one_seed_and_as_many_threads_have_the_same_weights(runs: list[Path]) -> None:
    files = sorted(path.relative_to(runs[0]) for path in (runs[0] / "networks").iterdir())
    assert len(files) == 2
    assert all((runs[0] / file).read_bytes() == (runs[1] / file).read_bytes() for file in files)


@pytest.mark.parametrize(
    "command",
    [
        ("score", "RUN", "DATA", "--per-column"),
        ("score", "RUN", "DATA", "--columns", "age,city", "--given", "flag"),
        ("sample", "RUN", "-n", "500", "--seed", "5"),
        ("sample", "RUN", "-n", "300", "--given", "city=Ulm", "--seed", "5"),
        ("ensemble-eval", "RUN", "DATA", "--json", "--seed", "5", *BRIEF_EVALUATION, *LEARN_FAST),
    ],
    ids=lambda command: " ".join(command[:3:2]),
)
def test_a_command_says_the_same_twice_by_one_thread_and_by_two(
    command: tuple[str, ...], runs: list[Path], tables: Path
) -> None:
    words = [{"RUN": runs[0], "DATA": tables / "t.csv"}.get(word, word) for word in command]
    said = [made(*words, "--threads", threads) for threads in ("1", "1", "2")]
    assert said[0].code == 0
    assert len(said[0].out) > 100
    assert [done.out for done in said[1:]] == [said[0].out] * 2
