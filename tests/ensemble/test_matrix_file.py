"""The matrix of log-likelihoods on disk: what belongs to other members or rows is never read."""

from pathlib import Path

import numpy as np
import pytest
import torch

from made_cli.ensemble.matrix_file import fingerprint, read_scored, write_scored
from made_cli.ensemble.members import Member, score_rows
from made_cli.errors import Exit, UserError
from tests.core.small import BINARY, COLOURS, all_rows, drawn_made, orderings

KINDS = (BINARY, COLOURS)
MADE = drawn_made(KINDS)
MEMBERS = [Member("the run", 0, MADE, ordering) for ordering in orderings(2)[:2]]
ROWS = all_rows(KINDS).numpy()
KEY = fingerprint(MEMBERS, ROWS)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    written = tmp_path / "matrix"  # numpy would add .npz to the name
    write_scored(written, score_rows(MEMBERS, ROWS), KEY)
    return written


def test_what_was_written_is_read_back_bit_for_bit(path: Path) -> None:
    expected, found = score_rows(MEMBERS, ROWS), read_scored(path, KEY)
    assert np.array_equal(found.matrix, expected.matrix)
    assert np.array_equal(found.by_position, expected.by_position)


def test_the_fingerprint_is_of_rows_orderings_and_weights() -> None:
    other = drawn_made(KINDS)
    with torch.no_grad():
        next(other.parameters()).view(-1)[0] += 1e-9
    keys = {
        KEY,
        fingerprint(MEMBERS, ROWS[:-1]),
        fingerprint(MEMBERS, ROWS[::-1].copy()),
        fingerprint(MEMBERS[:1], ROWS),
        fingerprint(MEMBERS[::-1], ROWS),
        fingerprint([Member("the run", 0, other, member.ordering) for member in MEMBERS], ROWS),
    }
    assert len(keys) == 6
    assert fingerprint([Member("another name", 0, MADE, m.ordering) for m in MEMBERS], ROWS) == KEY


def test_a_matrix_of_other_members_or_rows_is_refused(path: Path) -> None:
    with pytest.raises(UserError, match="other members or other rows") as caught:
        read_scored(path, fingerprint(MEMBERS, ROWS[:-1]))
    assert caught.value.code == Exit.BAD_DATA
    assert "--matrix" in caught.value.hint


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "text", "one array", "no fingerprint"])
def test_a_damaged_or_foreign_file_is_refused(path: Path, damage: str) -> None:
    data = path.read_bytes()
    if damage == "one array":
        with path.open("wb") as file:
            np.save(file, np.zeros(3))
    elif damage == "no fingerprint":
        with path.open("wb") as file:
            np.savez(file, matrix=np.zeros((2, 2)), by_position=np.zeros(2))
    else:
        flipped = data[:200] + bytes([data[200] ^ 1]) + data[201:]
        path.write_bytes({"cut": data[:-100], "flipped": flipped, "empty": b"", "text": b"a,b\n1,2\n"}[damage])
    with pytest.raises(UserError, match="no matrix of log-likelihoods") as caught:
        read_scored(path, KEY)
    assert caught.value.code == Exit.BAD_DATA
