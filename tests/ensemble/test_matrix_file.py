"""The matrix of log-likelihoods on disk: what was written is read back, and what belongs to others is known."""

from pathlib import Path

import numpy as np
import pytest
import torch

from made_cli.core.made import Made
from made_cli.ensemble.matrix_file import Part, members_fingerprint, read_part, rows_fingerprint, write_part
from made_cli.ensemble.members import Member, score_rows
from made_cli.ensemble.shard import WHOLE, Shard
from made_cli.errors import Exit, UserError
from tests.core.small import BINARY, COLOURS, all_rows, drawn_made, orderings

KINDS = (BINARY, COLOURS)
MADE = drawn_made(KINDS)
MEMBERS = [Member("the run", 0, MADE, ordering) for ordering in orderings(2)[:2]]
ROWS = all_rows(KINDS).numpy()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    written = tmp_path / "matrix"  # numpy would add .npz to the name
    keys = members_fingerprint(MEMBERS), rows_fingerprint(ROWS)
    write_part(Part(written, *keys, WHOLE, score_rows(MEMBERS, ROWS)))
    return written


def test_what_was_written_is_read_back_bit_for_bit(path: Path) -> None:
    expected, found = score_rows(MEMBERS, ROWS), read_part(path)
    assert np.array_equal(found.scored.matrix, expected.matrix)
    assert np.array_equal(found.scored.by_position, expected.by_position)
    assert (found.shard, found.members, found.rows) == (
        Shard(1, 1),
        members_fingerprint(MEMBERS),
        rows_fingerprint(ROWS),
    )


def test_the_fingerprint_of_members_is_of_orderings_and_weights() -> None:
    other = drawn_made(KINDS)
    with torch.no_grad():
        next(other.parameters()).view(-1)[0] += 1e-9
    keys = {
        members_fingerprint(members)
        for members in (
            MEMBERS,
            MEMBERS[:1],
            MEMBERS[::-1],
            [Member("the run", 0, other, member.ordering) for member in MEMBERS],
        )
    }
    assert len(keys) == 4
    assert members_fingerprint([Member("another name", 0, MADE, m.ordering) for m in MEMBERS]) in keys


def test_the_fingerprint_says_which_network_of_several_runs_each_ordering_is_of() -> None:
    other = drawn_made(KINDS)
    first, second = orderings(2)[:2]

    def key(*networks: Made) -> str:
        ordered = zip(networks, (first, first, second, second), strict=True)
        return members_fingerprint([Member("a run", 0, network, ordering) for network, ordering in ordered])

    assert key(MADE, other, MADE, other) != key(MADE, other, other, MADE)


def test_the_fingerprint_of_rows_is_of_their_cells_and_their_order() -> None:
    assert len({rows_fingerprint(rows) for rows in (ROWS, ROWS[:-1], ROWS[::-1].copy())}) == 3
    assert rows_fingerprint(ROWS.copy()) == rows_fingerprint(ROWS)


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "text", "one array", "no fingerprint", "no part"])
def test_a_damaged_or_foreign_file_is_refused(path: Path, damage: str) -> None:
    data = path.read_bytes()
    arrays = np.zeros((2, 2)), np.zeros(2, dtype=np.int64), np.array(["a", "b"])
    if damage == "one array":
        with path.open("wb") as file:
            np.save(file, arrays[0])
    elif damage == "no fingerprint":
        with path.open("wb") as file:
            np.savez(file, matrix=arrays[0], units=arrays[1], shard=np.array([1, 1]))
    elif damage == "no part":
        with path.open("wb") as file:
            np.savez(file, matrix=arrays[0], units=arrays[1], fingerprints=arrays[2], shard=np.array(1))
    else:
        flipped = data[:200] + bytes([data[200] ^ 1]) + data[201:]
        path.write_bytes({"cut": data[:-100], "flipped": flipped, "empty": b"", "text": b"a,b\n1,2\n"}[damage])
    with pytest.raises(UserError, match="no matrix of log-likelihoods") as caught:
        read_part(path)
    assert caught.value.code == Exit.BAD_DATA


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"part-2\.npz: no such file"):
        read_part(tmp_path / "part-2.npz")
