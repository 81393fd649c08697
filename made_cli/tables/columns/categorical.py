"""Labels: the codec of a binary or categorical column.

Knows: a code is an outcome. First come the outcomes seen in training, which the network learns: the labels, then
the bucket of rare labels if there are any, then the empty cell if there was one. After them come outcomes never
seen: the network cannot learn those, so each has a small fixed probability of its own. No label that turns up
at scoring time is ever certain, and none is impossible.
"""

import math
from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from made_cli.errors import Exit, UserError
from made_cli.tables.columns.label_numbers import compared, no_label, number_of, numbers_of, typed_number
from made_cli.tables.columns.label_reading import label_reader
from made_cli.tables.columns.label_times import LabelTimes, label_times
from made_cli.tables.columns.questions import Operator, empty_is_unknown
from made_cli.tables.columns.regions import Region, cells
from made_cli.tables.text.booleans import is_boolean, opposite
from made_cli.tables.text.cells import MISSING, TEXT, CellType, Empty
from made_cli.tables.text.marks import is_mark
from made_cli.tables.text.notation import PLAIN, Notation
from made_cli.tables.text.numbers import exact

UNSEEN = 1e-6
"""Probability of a label, or of an empty cell, where training had none; too small to cost the others anything."""


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
        marks: the texts that mean an empty cell, as blanks do; None where nothing but no text at all does.
        mark: how an empty cell is written.
        notation: of labels that are numbers.
    """

    name: str
    labels: tuple[str, ...]
    rare: dict[str, int]
    missing: bool
    rows: int
    dtype: CellType = TEXT
    marginal: bool = False
    marks: tuple[str, ...] | None = None
    mark: str = MISSING
    notation: Notation = PLAIN
    kind: Literal["categorical"] = "categorical"

    noun: ClassVar[str] = "label"
    """What a cell is, for a message."""
    is_numeric: ClassVar[bool] = False
    """Whether it counts among the columns of numbers."""
    resolution: ClassVar[None] = None
    unit: ClassVar[None] = None
    step: ClassVar[str] = ""
    """Labels have none of these."""
    cell_width: ClassVar[float] = 1.0
    """The width of a cell in the unit of the density: a probability."""

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
    def bucket(self) -> float:
        """The code that rare labels share, NaN where there are none."""
        return len(self.labels) if self.rare else math.nan

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
    def unseen_mass(self) -> float:
        """How probable an outcome never seen is; 0 for a constant column, on which no other conditional depends."""
        return sum(self.unseen) if self.seen > 1 else 0.0

    @property
    def outcomes(self) -> int:
        """How many outcomes there are, those never seen included; their codes are 0 and on."""
        return self.seen + len(self.unseen)

    @property
    def fits_byte(self) -> bool:
        """Whether every code fits a byte; NaN, the code of what is unknown, does not."""
        return not self.marginal and self.outcomes < 256

    def with_empty_unknown(self, count: int) -> "Categorical":
        """Returns the column with its empty cells, so many, unknown: no outcome, seen or not."""
        return replace(self, missing=False, marginal=True, rows=self.rows - count)

    def without_rare(self) -> "Categorical":
        """Returns the column with an outcome for each label."""
        return replace(self, labels=(*self.labels, *self.rare), rare={})

    @cached_property
    def _codes(self) -> tuple[dict[str, float], int]:
        """The code of every known text, and that of any other."""
        codes: dict[str, float] = {label: code for code, label in enumerate(self.labels)}
        codes[MISSING] = {"seen": self.seen - 1, "unseen": self.outcomes - 1, "unknown": math.nan}[self.empty]
        if self.opposite is not None:
            codes[self.opposite] = self.seen
        other = len(self.labels) if self.rare else self.outcomes - (self.empty == "unseen") - 1
        return codes | dict.fromkeys(self.rare, other), other

    @cached_property
    def _read(self) -> Callable[[str], float | None]:
        """Makes the function from a text to its code, None for a text that it does not know."""
        from made_cli.tables.text.cell_types import family  # with pandas, which a record is read without

        pair = (*self.labels, *([] if self.opposite is None else [self.opposite]))
        truths = pair if is_boolean(pair) and not self.rare else ()
        # One label alone may be no truth value: it is one however it is written, but not in another family's words.
        in_any_words = len(self.labels) == 2 or family(self.dtype) == "boolean"
        read = label_reader(self._codes[0], truths, self.notation, in_any_words=in_any_words)
        return lambda text: read(MISSING if self.is_empty(text) else text)

    def order(self, label: str) -> tuple[Fraction | float, str]:
        """Returns what labels are sorted by: numbers by size, then words."""
        number = typed_number(label, self.notation)
        return (math.inf if number is None else number, label)

    def literal(self, text: str) -> str:
        """Returns a number, or a timestamp, as programs write it as the column writes it."""
        return self._times.literal(text) if exact(text) is None else self.notation.spell(text)

    @cached_property
    def _times(self) -> LabelTimes:
        return label_times((*self.labels, *self.rare))

    def encode(self, texts: Iterable[str]) -> NDArray[np.float64]:
        """Returns the code of each text; NaN for an empty cell that is unknown.

        A number is the same label however it is written: 1.0 is 1, unless training had both, rare ones included. So is
        a truth value, in a column of nothing else.
        """
        read, (_, other) = self._read, self._codes
        return np.array([other if (code := read(text)) is None else code for text in texts], dtype=np.float64)

    def never_seen(self, texts: Iterable[str]) -> list[str]:
        """Returns those of the texts that training had none of."""
        read = self._read
        return [text for text in texts if (code := read(text)) is None or code >= self.seen]

    def is_empty(self, text: str) -> bool:
        """Says whether a cell of this text is empty."""
        return text == MISSING or (self.marks is not None and is_mark(text, self.marks))

    def code(self, text: str) -> float:
        """Returns the code of a cell that a person typed.

        Raises:
            UserError: training had no such label, or it is an empty cell, where these are unknown.
        """
        if self.is_empty(text) and self.empty == "unknown":
            raise empty_is_unknown(self.name)
        code = self._read(text)
        if code is None or not (code < self.seen or self.is_empty(text)):
            raise no_label(self.name, (*self.labels, *self.rare), self.notation, text)
        return code

    def as_written(self, text: str) -> str:
        """Returns the text of a known cell: where the column is text as it was typed, else the label that it is."""
        if self.dtype == TEXT or self.is_empty(text) or text in self.labels or text in self.rare:
            return text
        return next((label for label, own in self._codes[0].items() if own == self._read(text)), text)

    def cell(self, code: float) -> float:
        """Returns the number of the cell of a code, as regions count them."""
        return code

    def cells(self, codes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Returns (N,) the numbers of the cells of codes (N,)."""
        return codes

    def equal_to(self, text: str) -> Region:
        """Returns the outcomes that a typed label, or an empty text, equals: of a number, all spellings of it.

        Raises:
            UserError: as `code`, but for the known opposite of a constant label; or rare labels share its outcome.
        """
        if self.is_empty(text):
            return cells({int(self.code(text))})
        codes, value = self._codes[0], number_of(text, self.notation)
        if value is not None and self._numbers:
            equal = self._numbers.get(value, set())
        else:
            equal = {text} & codes.keys() or {label for label in codes if codes[label] == self._read(text)}
        if not equal:
            raise no_label(self.name, (*self.labels, *self.rare), self.notation, text)
        return self._outcomes_of(equal)

    def ordered(self, operator: Operator, text: str) -> Region:
        """Returns the outcomes whose labels are less, or more, than a typed number.

        Raises:
            UserError: the labels, or the text, are no numbers; it cannot be told of some labels; or only some of the
                rare labels, which share an outcome, are less or more.
        """
        return self._outcomes_of(compared(self.name, self._codes[0], self.notation, operator, text))

    @cached_property
    def _numbers(self) -> dict[Fraction, set[str]]:
        """The labels with an outcome that spell each number: rare ones and the opposite as well."""
        numbers: dict[Fraction, set[str]] = {}
        for label, number in numbers_of(self._codes[0], self.notation).items():
            numbers.setdefault(number, set()).add(label)
        return numbers

    def _outcomes_of(self, labels: Set[str]) -> Region:
        if 0 < len(labels & self.rare.keys()) < len(self.rare):
            raise UserError(
                f"{self.name}: {len(self.rare)} rare labels share one outcome, which cannot be told apart",
                hint="Ask about labels that more than one row has.",
                code=Exit.USAGE,
            )
        return cells({int(self._codes[0][label]) for label in labels})

    def central(self, values: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Returns (n,) the codes of the most probable labels, no empty cells; in a tie the first.

        Args:
            values: (n, M) codes of outcomes seen that a cell may have.
            weights: (n, M) how probable each is; the weights of equal codes add up.
        """
        rows = len(values)
        places = values.astype(np.int64) + self.seen * np.arange(rows)[:, np.newaxis]
        added = np.bincount(places.ravel(), weights.ravel(), minlength=rows * self.seen)
        present = self.present
        may_be = np.array([code in present for code in range(self.seen)])
        chances = np.where(may_be, added.reshape(rows, self.seen).astype(np.float64), -1.0)
        if self.rare:  # which of them it is, is not known: each has its share only
            chances[:, len(self.labels)] /= len(self.rare)
        return np.asarray(chances.argmax(axis=1), dtype=np.float64)

    def decode(self, codes: NDArray[np.float64], rng: np.random.Generator) -> list[str]:
        """Returns the label of each code; the bucket of rare labels is drawn by their counts in training."""
        texts = np.array([*self.labels, *([self.mark] * (self.seen - len(self.labels) + 1))], dtype=object)
        decoded = texts[np.where(np.isnan(codes), len(texts) - 1, codes).astype(np.int64)]
        if self.rare:
            bucket = codes == self.bucket
            counts = np.array(list(self.rare.values()), dtype=np.float64)
            decoded[bucket] = rng.choice(np.array(list(self.rare), dtype=object), bucket.sum(), p=counts / counts.sum())
        return list(decoded)
