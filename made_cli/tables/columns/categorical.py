"""Labels: the codec of a binary or categorical column.

Knows: a code is an outcome. First come the outcomes seen in training, which the network learns: the labels, then
the bucket of rare labels if there are any, then the empty cell if there was one. After them come outcomes never
seen: the network cannot learn those, so each has a small fixed probability of its own. No label that turns up
at scoring time is ever certain, and none is impossible.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from made_cli.tables.columns.regions import Region, cells
from made_cli.tables.text.booleans import is_boolean, meaning, merged, opposite, truth
from made_cli.tables.text.column import MISSING, Column, Empty
from made_cli.tables.text.numbers import canonical

UNSEEN = 1e-6
"""Probability of a label, or of an empty cell, where training had none; too small to cost the others anything."""
RARE = 2
"""A label in fewer rows than this goes to the bucket of rare labels."""


@dataclass(frozen=True)
class Categorical:
    """A column of labels.

    Attributes:
        name: the user's label of the column.
        labels: the labels with an outcome of their own, sorted; an outcome's code is its place here.
        rare: labels that share one bucket, with their counts: what is written when the bucket is drawn.
        missing: whether training had empty cells.
        rows: rows in training; where empty cells are unknown, the others.
        dtype: what the cells were before they became text.
        marginal: whether an empty cell is unknown, its code NaN, and no outcome.
    """

    name: str
    labels: tuple[str, ...]
    rare: dict[str, int]
    missing: bool
    rows: int
    dtype: str = "text"
    marginal: bool = False
    kind: Literal["categorical"] = "categorical"

    @property
    def described(self) -> str:
        """What people read: "binary" for two labels and no bucket, "constant" for a single outcome."""
        if self.seen == 1:
            return "constant"
        return "binary" if len(self.labels) == 2 and not self.rare else "categorical"

    @property
    def seen(self) -> int:
        """S, how many outcomes the network models; their codes are 0..S−1."""
        return len(self.labels) + bool(self.rare) + self.missing

    @property
    def present(self) -> Region:
        """All outcomes seen in training but the empty cell."""
        return cells(set(range(len(self.labels) + bool(self.rare)))) or cells(set(range(self.seen)))

    @property
    def empty(self) -> Empty:
        """What an empty cell is."""
        return "unknown" if self.marginal else "seen" if self.missing else "unseen"

    @property
    def opposite(self) -> str | None:
        """The label that a constant column lacks, where it is known: "1" for "0", "yes" for "no"."""
        return opposite(self.labels[0]) if len(self.labels) == 1 and not self.rare else None

    @property
    def unseen(self) -> tuple[float, ...]:
        """The fixed probabilities of the outcomes never seen; the first of them has code S."""
        probabilities = [1 / (self.rows + 2)] if self.opposite is not None else []
        probabilities += [UNSEEN] * ((not self.rare) + (self.empty == "unseen"))
        return tuple(probabilities)

    @property
    def _codes(self) -> tuple[dict[str, float], int]:
        """The code of every known text, and that of any other."""
        codes: dict[str, float] = {label: code for code, label in enumerate(self.labels)}
        last = len(self.labels)
        other = last
        if self.rare:
            last += 1
        if self.missing:
            codes[MISSING] = last
            last += 1
        if self.opposite is not None:
            codes[self.opposite] = last
            last += 1
        if not self.rare:
            other, last = last, last + 1
        codes.setdefault(MISSING, math.nan if self.marginal else last)
        return codes | dict.fromkeys(self.rare, other), other

    def _reader(self) -> Callable[[str], float | None]:
        """Makes the function from a text to its code, None for a text that it does not know."""
        codes, _ = self._codes
        # Backwards: where one number is written in two ways, the label comes before the bucket.
        known = reversed(codes.items())
        numbers = {number: code for text, code in known if (number := canonical(text)) is not None}
        pair = (*self.labels, *([] if self.opposite is None else [self.opposite]))
        if len(pair) != 2 or self.rare or not is_boolean(pair):
            return lambda text: codes.get(text, numbers.get(canonical(text) or text))
        # One label alone may be no truth value: it is one however it is written, but not in another family's words.
        means: Callable[[str], object] = truth if len(self.labels) == 2 or self.dtype == "boolean" else meaning
        values = {means(label): codes[label] for label in pair}
        return lambda text: codes.get(text, numbers.get(canonical(text) or text, values.get(means(text))))

    def encode(self, texts: Iterable[str]) -> NDArray[np.float64]:
        """Returns the code of each text; NaN for an empty cell that is unknown.

        A number is the same label however it is written: 1.0 is 1, unless training had both, rare ones included. So is
        a truth value, in a column of nothing else.
        """
        read, (_, other) = self._reader(), self._codes
        return np.array([other if (code := read(text)) is None else code for text in texts], dtype=np.float64)

    def never_seen(self, texts: Iterable[str]) -> list[str]:
        """Returns those of the texts that training had none of."""
        read = self._reader()
        return [text for text in texts if (code := read(text)) is None or code >= self.seen]

    def is_empty(self, text: str) -> bool:
        """Says whether a cell of this text is empty."""
        return text == MISSING

    def decode(self, codes: NDArray[np.float64], rng: np.random.Generator) -> list[str]:
        """Returns the label of each code; the bucket of rare labels is drawn by their counts in training."""
        texts = np.array([*self.labels, *([MISSING] * (self.seen - len(self.labels) + 1))], dtype=object)
        decoded = texts[np.where(np.isnan(codes), len(texts) - 1, codes).astype(np.int64)]
        if self.rare:
            bucket = codes == len(self.labels)
            counts = np.array(list(self.rare.values()), dtype=np.float64)
            decoded[bucket] = rng.choice(np.array(list(self.rare), dtype=object), bucket.sum(), p=counts / counts.sum())
        return list(decoded)


def categorical(column: Column, *, most: int) -> Categorical:
    """Infers the codec of a column of labels.

    Args:
        column: the distinct texts.
        most: how many labels may have an outcome of their own; the rarest beyond that share the bucket.

    Returns:
        The codec. Where no label would be left, or there are only two, none is rare.
    """
    counted = merged(column.counted)
    kept = [label for label, count in counted.items() if count >= RARE or len(counted) <= 2] or list(counted)
    kept = sorted(sorted(kept, key=lambda label: (-counted[label], label))[:most], key=_order)
    return Categorical(
        name=column.name,
        labels=tuple(kept),
        rare={label: count for label, count in sorted(counted.items()) if label not in set(kept)},
        missing=column.missing > 0,
        rows=column.rows,
        dtype=column.dtype,
    )


def _order(label: str) -> tuple[float, str]:
    number = canonical(label)
    return (float("inf") if number is None else float(number), label)
