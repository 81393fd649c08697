"""Distinct texts in bulk, with what is known of each beside them in arrays.

Knows: Arrow holds a million texts without an object for each, and its regular expressions answer for all of them at
once. To whoever asks about single texts they are a mapping, or a set, like any other.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Set
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

T = TypeVar("T")
_SPACE, _FOREIGN = ord(" "), 0x80
"""The greatest byte of a blank of ASCII, and the least of a sign beyond it."""
_AT_ONCE = 1024
"""Texts that become Python's strings at a time."""


class Numbered(Mapping[str, T]):
    """Distinct texts with a number of each, or several.

    Args:
        texts: (U,) strings of Arrow.
        numbers: arrays (U,); a text stands for its number, or, of several arrays, for a tuple of them.

    >>> counted = Numbered(pa.array(["b", "a"]), np.array([3, 1]))
    >>> counted["a"], len(counted), counted == {"b": 3, "a": 1}
    (1, 2, True)
    """

    def __init__(self, texts: pa.Array, *numbers: NDArray[Any]) -> None:
        self.texts, self.numbers = texts, numbers

    @cached_property
    def _by_text(self) -> dict[str, T]:
        columns: list[list[Any]] = [column.tolist() for column in self.numbers]
        values = columns[0] if len(columns) == 1 else zip(*columns, strict=True)
        return dict(zip(self.texts.to_pylist(), values, strict=True))

    def __getitem__(self, text: str) -> T:
        """Returns the number of a text, or its numbers."""
        return self._by_text[text]

    def __iter__(self) -> Iterator[str]:
        """Yields the texts."""
        return each(self.texts)

    def __len__(self) -> int:
        """Returns U."""
        return len(self.texts)

    def __repr__(self) -> str:
        """Shows the mapping."""
        return repr(self._by_text)

    def those(self, chosen: NDArray[np.bool_]) -> "Numbered[T]":
        """Returns some of the texts (U,), with their numbers."""
        if chosen.all():
            return self
        return Numbered(self.texts.filter(pa.array(chosen)), *(column[chosen] for column in self.numbers))


class Texts(Set[str]):
    """A set of texts.

    Args:
        texts: (U,) distinct strings of Arrow.
    """

    def __init__(self, texts: pa.Array) -> None:
        self.texts = texts

    @cached_property
    def _set(self) -> frozenset[str]:
        return frozenset(self.texts.to_pylist())

    def __contains__(self, text: object) -> bool:
        """Says whether a text is one of them."""
        return text in self._set

    def __iter__(self) -> Iterator[str]:
        """Yields the texts."""
        return each(self.texts)

    def __len__(self) -> int:
        """Returns U."""
        return len(self.texts)


def in_bulk(texts: Iterable[str]) -> pa.Array:
    """Returns texts as strings of Arrow."""
    if isinstance(texts, Texts | Numbered):
        return texts.texts
    return texts if isinstance(texts, pa.Array) else pa.array(list(texts), type=pa.large_string())


def numbered(numbers: Mapping[str, Any]) -> Numbered[Any]:
    """Returns a mapping from texts to numbers in bulk."""
    return (
        numbers
        if isinstance(numbers, Numbered)
        else Numbered(in_bulk(numbers), np.array(list(numbers.values()), dtype=None if numbers else np.float64))
    )


def each(texts: pa.Array) -> Iterator[str]:
    """Yields texts as Python's strings, a few of which exist at a time."""
    for start in range(0, len(texts), _AT_ONCE):
        yield from texts.slice(start, _AT_ONCE).to_pylist()


def matching(texts: pa.Array, regex: str) -> NDArray[np.bool_]:
    """Says (U,) in which texts a regular expression is found; RE2 writes it as `re` does, with the digits 0-9 alone."""
    return _array(pc.match_substring_regex(texts, regex))


def with_digits(texts: pa.Array, regex: str) -> NDArray[np.bool_]:
    """Says what `matching` does of a regular expression that takes no text without a digit."""
    return matching(texts, regex) if bytes_of(texts).have_digits else np.zeros(len(texts), dtype=np.bool_)


def asked(texts: pa.Array, of_ascii: str, of_others: Callable[[str], object]) -> NDArray[np.bool_]:
    """Says (U,) which texts a regular expression is found in, or, of those beyond ASCII, what is true of."""
    found = matching(texts, of_ascii)
    others = ~are_ascii(texts)
    if others.any():
        found[others] = [bool(of_others(text)) for text in each(texts.filter(pa.array(others)))]
    return found


def holding(texts: pa.Array, part: str) -> NDArray[np.bool_]:
    """Says (U,) which texts hold another."""
    return _array(pc.match_substring(texts, part))


def among(texts: pa.Array, others: pa.Array | Collection[str]) -> NDArray[np.bool_]:
    """Says (U,) which texts are among others."""
    if not len(others):
        return np.zeros(len(texts), dtype=np.bool_)
    others = others.texts if isinstance(others, Texts | Numbered) else others
    wanted = others if isinstance(others, pa.Array) else pa.array(list(others), type=texts.type)
    return _array(pc.is_in(texts, value_set=wanted))


def marked(texts: pa.Array, marks: Collection[str]) -> NDArray[np.bool_]:
    """Says (U,) which texts mean an empty cell: nothing but blanks, or one of the marks (see `is_mark`)."""
    bare, wanted = stripped(texts), {*marks, ""}
    short = bytes_of(bare).lengths <= max(len(mark.encode()) for mark in wanted)
    found = np.zeros(len(texts), dtype=np.bool_)
    found[short] = among(bare.filter(pa.array(short)), wanted)
    return found


def stripped(texts: pa.Array) -> pa.Array:
    """Returns texts without the blanks around them, as `str.strip` does."""
    signs, starts, ends = bytes_of(texts)
    # Blanks are up to the space, or beyond ASCII: numbers, dates and the like have no such sign at all.
    if not len(signs) or (signs.min() > _SPACE and signs.max() < _FOREIGN):
        return texts
    some = ends > starts
    outer = signs[np.concatenate([starts[some], ends[some] - 1])]
    return texts if outer.min() > _SPACE and outer.max() < _FOREIGN else pc.utf8_trim_whitespace(texts)


def are_ascii(texts: pa.Array) -> NDArray[np.bool_]:
    """Says (U,) which texts are of ASCII alone."""
    signs = bytes_of(texts).signs
    if not len(signs) or signs.max() < _FOREIGN:
        return np.ones(len(texts), dtype=np.bool_)
    return _array(pc.string_is_ascii(texts))


class InBytes(NamedTuple):
    """The bytes of texts, as Arrow holds them.

    Attributes:
        signs: of all texts, one after the other.
        starts: (U,) where each text starts in them.
        ends: (U,) where it ends.
    """

    signs: NDArray[np.uint8]
    starts: NDArray[np.signedinteger]
    ends: NDArray[np.signedinteger]

    @property
    def lengths(self) -> NDArray[np.signedinteger]:
        """(U,) how many bytes each text has."""
        return self.ends - self.starts

    @property
    def have_digits(self) -> bool:
        """Whether there is a digit of ASCII in any text."""
        return bool((self.signs - np.uint8(ord("0")) < 10).any())  # what comes before 0 wraps around

    def have(self, sign: str) -> bool:
        """Says whether there is a sign of ASCII in any text."""
        return bool((self.signs == ord(sign)).any())


def bytes_of(texts: pa.Array) -> InBytes:
    """Returns the bytes of texts.

    >>> found = bytes_of(pa.array(["x10", "", "y"]))
    >>> bytes(found.signs), found.lengths.tolist(), found.have_digits, found.have(":")
    (b'x10y', [3, 0, 1], True, False)
    """
    _, places, signs = texts.buffers()
    if signs is None or not len(texts):
        nowhere = np.zeros(len(texts), np.int64)
        return InBytes(np.zeros(0, np.uint8), nowhere, nowhere)
    width = np.int64 if pa.types.is_large_string(texts.type) else np.int32
    ends: NDArray[Any] = np.frombuffer(places, width)[texts.offset : texts.offset + len(texts) + 1]
    within = np.frombuffer(signs, np.uint8)[ends[0] : ends[-1]]
    ends = ends - ends[0] if ends[0] else ends
    return InBytes(within, ends[:-1], ends[1:])


def _array(found: pa.BooleanArray) -> NDArray[np.bool_]:
    return np.array(found.to_numpy(zero_copy_only=False), dtype=np.bool_)
