"""Rows of a run: drawn whole from any combination of its members, or given some cells from their equal mixture.

Knows: given the known cells of a row, the equal mixture of members is a mixture again, whose weights are in proportion
to what each member gives to these cells. Members take the evidence first; see `made_cli.inference.conditionals`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from made_cli.core.sampler import sample
from made_cli.ensemble.combination import equally_mixed
from made_cli.ensemble.members import Member, row_batches
from made_cli.ensemble.mixture import Matrix
from made_cli.ensemble.sampling import MixtureSample, ProductSample, Rejection, sample_combination
from made_cli.errors import Exit, UserError
from made_cli.inference.blocks import blocks_of
from made_cli.inference.conditionals import PartScorer, Question, evidence_roles, posterior, supporting
from made_cli.runs.run import Run
from made_cli.runs.saved import Combined
from made_cli.tables.columns.schema import Codes
from made_cli.tables.events.evidence import Evidence
from made_cli.tables.text.typed_columns import TypedTable, joined, part_of

DRAWN_AGAIN = 20
"""Times that a row is drawn again, at most."""


class Drawn(NamedTuple):
    """Rows that were drawn.

    Attributes:
        table: with the labels, formats and types of the training table.
        rejection: how the rejection went that a product takes, None for a mixture.
    """

    table: TypedTable
    rejection: Rejection | None = None


def together(blocks: Iterable[Drawn]) -> Drawn:
    """Returns blocks of rows, one at least, as one."""
    tables, rejections = zip(*blocks, strict=True)
    return Drawn(joined(tables), Rejection.of(rejections))


def sample_rows(
    run: Run,
    found: Combined,
    rows: int,
    seed: int,
    on_progress: Callable[[int], None] = lambda count: None,
    *,
    wanted: slice | None = None,
) -> Iterator[Drawn]:
    """Draws whole rows, a block at a time.

    Args:
        run: the run.
        found: members of it, and their combination.
        rows: N.
        seed: of all that is drawn.
        on_progress: told now and then how many rows are drawn.
        wanted: which of the N rows to yield; None for all. Only blocks of rows that have some of these are drawn.

    Raises:
        UserError: the combination cannot be drawn from.
    """
    count = 0
    for block in blocks_of(rows, wanted):
        rng = block.generator(seed)
        drawn = _whole_rows(found, block.size, rng, _beyond(count, on_progress))
        table = part_of(run.record.schema.decode(drawn.codes, rng), block.wanted)
        yield Drawn(table, Rejection(block.size, drawn.tried) if isinstance(drawn, ProductSample) else None)
        count += block.size


def sample_rows_given(
    run: Run,
    found: Combined,
    known: Evidence,
    seed: int,
    on_progress: Callable[[int], None] = lambda count: None,
    *,
    wanted: slice | None = None,
) -> Iterator[Drawn]:
    """Draws the other columns of rows some columns of which are known, a block at a time.

    Args:
        run: the run.
        found: members of it, and their equal mixture.
        known: the known cells of each row.
        seed: of all that is drawn.
        on_progress: told now and then how many rows are drawn.
        wanted: as in `sample_rows`.

    Raises:
        UserError: another combination, or no member has an ordering for it.
    """
    if found.combination != equally_mixed(len(found.members)):
        raise UserError(
            f"{run.name}: rows given some cells are drawn from the equal mixture, no other combination",
            hint="Use --combine mixture.",
            code=Exit.USAGE,
        )
    members, count = supporting(found.members, evidence_roles(known.columns, known.width)), 0
    for block in blocks_of(known.rows, wanted):
        rng, part = block.generator(seed), known.part(block.rows)
        codes = _rows_given(members, part, rng, _beyond(count, on_progress))
        yield Drawn(part_of(part.written_into(run.record.schema.decode(codes, rng)), block.wanted))
        count += block.size


def _whole_rows(
    found: Combined, rows: int, rng: np.random.Generator, on_progress: Callable[[int], None]
) -> MixtureSample | ProductSample:
    draw = partial(sample_combination, found.members, found.combination, rng=rng)
    drawn = draw(rows=rows, on_progress=on_progress)
    _draw_again(drawn.codes, found.members, lambda again: draw(rows=len(again)).codes)
    return drawn


def _rows_given(
    members: Sequence[Member], known: Evidence, rng: np.random.Generator, on_progress: Callable[[int], None]
) -> NDArray[np.float64]:
    draw, given = partial(draw_given, members, evidence=known.columns, rng=rng), known.codes
    codes = draw(given, on_progress=on_progress)
    _draw_again(codes, members, lambda again: draw(given[again]))
    return codes


def _beyond(count: int, on_progress: Callable[[int], None]) -> Callable[[int], None]:
    """Returns what is told of rows that come after so many."""
    return lambda more: on_progress(count + more)


def draw_given(
    members: Sequence[Member],
    codes: NDArray[np.float64],
    evidence: Sequence[int],
    rng: np.random.Generator,
    on_progress: Callable[[int], None] = lambda count: None,
) -> NDArray[np.float64]:
    """Draws all other columns of each row from their joint distribution given some columns, the same for all rows.

    Args:
        members: K of them, `supporting` to have these columns first.
        codes: (N, D) of which only the evidence matters.
        evidence: the indices of the known columns.
        rng: draws.
        on_progress: told now and then how many rows are drawn.

    Returns:
        (N, D) codes.
    """
    picked = pick(log_evidence(members, codes, evidence), rng)
    drawn, count = np.empty(codes.shape), 0
    for index, member in enumerate(Question(evidence=tuple(evidence)).ordered(members)):
        for batch in row_batches(np.flatnonzero(picked == index), member.made):
            uniforms = torch.from_numpy(rng.random((len(batch), codes.shape[1])))
            known = torch.from_numpy(codes[batch][:, list(member.ordering.columns[: len(evidence)])])
            drawn[batch] = sample(member.made, member.ordering, uniforms, known).cpu().numpy()
            count += len(batch)
            on_progress(count)
    return drawn


def _draw_again(codes: Codes, members: Sequence[Member], draw: Callable[[NDArray[np.int64]], Codes]) -> None:
    """Draws rows (N, D) again that break what the training of no member ever broke, some times at most.

    They are few: what is drawn of a column keeps to what is known, but may leave nothing that a later one could be.
    Of rows whose known cells break a rule, or leave nothing that keeps it, the last draw stays.
    """
    rules = {id(member.made.rules): member.made.rules for member in members}.values()
    for _ in range(DRAWN_AGAIN):
        again = np.flatnonzero(np.logical_and.reduce([each.breaks(codes) for each in rules]))
        if not len(again):
            return
        codes[again] = draw(again)


def log_evidence(members: Sequence[Member], codes: NDArray[np.float64], evidence: Sequence[int]) -> Matrix:
    """Returns (N, K) the log-likelihoods of the known columns of rows, nats; each distinct row is scored once.

    Args:
        members: K of them, `supporting` to have these columns first.
        codes: (N, D) of which only the evidence matters.
        evidence: the indices of the known columns.
    """
    cells = codes[:, list(evidence)]
    cells = np.where(np.isnan(cells), np.inf, cells)  # an empty cell is equal to another one
    _, first, place = np.unique(cells, axis=0, return_index=True, return_inverse=True)
    roles = np.tile(evidence_roles(evidence, codes.shape[1]), (len(first), 1))
    return PartScorer(members).score(codes[first], roles, with_terms=False).evidence[place.ravel()]


def pick(log_weights: Matrix, rng: np.random.Generator) -> NDArray[np.int64]:
    """Picks a member for each row (N,) in proportion to its weights (N, K)."""
    ends = posterior(log_weights).cumsum(axis=1)
    picked = (rng.random((len(ends), 1)) * ends[:, -1:] >= ends).sum(axis=1)
    return np.asarray(np.minimum(picked, log_weights.shape[1] - 1))
