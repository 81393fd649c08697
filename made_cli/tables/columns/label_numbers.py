"""Labels as numbers: one spelling of each number, and which labels are more or less than a number.

Knows: that a number is the same label however it is written; that labels such as 85+ or 10-19 take part in comparisons
which their range decides; and which comparisons are refused, with the labels that they cannot be decided for.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from made_cli.errors import Exit, UserError
from made_cli.tables.columns.questions import Operator
from made_cli.tables.text.intervals import is_range, meaning
from made_cli.tables.text.nearest import meant
from made_cli.tables.text.notation import Notation
from made_cli.tables.text.numbers import decimals_of, exact

_VERSION = re.compile(r"[0-9]+(?:\.[0-9]+){2,}")
"""A label beside which 1.10 is no spelling of 1.1."""
_SHOWN = 5
_LISTED = 12


def number_of(label: str, notation: Notation) -> Fraction | None:
    """Returns the number that a label spells, None if it spells none."""
    plain = notation.plain(label)
    return None if plain is None else exact(plain)


def typed_number(text: str, notation: Notation) -> Fraction | None:
    """Returns the number that a text spells as labels are written or as programs write it, None if it spells none."""
    found = number_of(text, notation)
    return exact(text) if found is None else found


def numbers_of(labels: Iterable[str], notation: Notation) -> dict[str, Fraction]:
    """Returns the labels that are numbers, with these."""
    return {label: number for label in labels if (number := number_of(label, notation)) is not None}


def one_spelling(counts: Mapping[str, int], notation: Notation) -> dict[str, int]:
    """Gathers the spellings of each number under one, with as many decimals as most cells have; none among versions.

    >>> (
    ...     one_spelling({"3": 2, "3.0": 3, "x": 1}, Notation()),
    ...     one_spelling({"1.1": 1, "1.10": 1, "1.1.2": 1}, Notation()),
    ... )
    ({'3.0': 5, 'x': 1}, {'1.1': 1, '1.10': 1, '1.1.2': 1})
    """
    numbers = numbers_of(counts, notation)
    if len(set(numbers.values())) == len(numbers) or any(_VERSION.fullmatch(label.strip()) for label in counts):
        return dict(counts)
    commonest: dict[Fraction, str] = {}
    decimals, rows = {label: decimals_of(notation.plain(label) or label) for label in numbers}, Counter[int]()
    for label, places in decimals.items():
        rows[places] += counts[label]
    for label in sorted(numbers, key=lambda label: (-rows[decimals[label]], -counts[label], len(label), label)):
        commonest.setdefault(numbers[label], label)
    gathered: dict[str, int] = {}
    for label, count in counts.items():
        spelling = commonest[numbers[label]] if label in numbers else label
        gathered[spelling] = gathered.get(spelling, 0) + count
    return gathered


def compared(name: str, labels: Iterable[str], notation: Notation, operator: Operator, text: str) -> set[str]:
    """Returns the labels that are less, or more, than a typed number; words without a digit are neither.

    Args:
        name: of the column.
        labels: all that it has.
        notation: of their numbers.
        operator: less or more.
        text: the number.

    Raises:
        UserError: no label is a number, or the text is none; or it cannot be told of some labels.
    """
    ranges = {label: meaning(label, notation) for label in labels if any(map(str.isdigit, label))}
    value = typed_number(text, notation)
    if value is None or not any(ranges.values()):
        raise UserError(
            f"{name} holds labels, which are not more or less than {text!r}",
            hint="Ask for labels by == or in.",
            code=Exit.USAGE,
        )
    decided = {label: found and found.decides(operator, value) for label, found in ranges.items()}
    undecided = [label for label, found in decided.items() if found is None]
    if undecided:
        shown = ", ".join(map(repr, undecided[:_SHOWN])) + " …" * (len(undecided) > _SHOWN)
        raise UserError(
            f"{name} {operator} {text}: it cannot be told of the label{'s' * (len(undecided) > 1)} {shown}",
            hint="Compare with a number that no label has on both sides, or ask for labels by == or in.",
            code=Exit.USAGE,
        )
    return {label for label, found in decided.items() if found}


def no_label(name: str, labels: Sequence[str], notation: Notation, text: str) -> UserError:
    """Returns the error that training had no such label; where ranges have the number, it names these.

    >>> print(no_label("age", ["84", "85+"], Notation(), "87"))
    age: training had no label '87' of its own; '85+' stands for it among other numbers
    """
    value = typed_number(text, notation)
    ranges = [label for label in labels if value is not None and is_range(label) and _has(label, notation, value)]
    if ranges:
        which = f"{', '.join(map(repr, ranges[:_SHOWN]))} {'stands' if len(ranges) == 1 else 'stand'}"
        reason = f"{name}: training had no label {text!r} of its own; {which} for it among other numbers"
        return UserError(reason, hint=f"Ask for == {ranges[0]!r}: the table tells no more.", code=Exit.USAGE)
    listed = f"{', '.join(map(repr, labels[:_LISTED]))}{' …' * (len(labels) > _LISTED)}"
    hint = f"{meant(text, labels)}Its labels are {listed}."
    return UserError(f"{name}: training had no label {text!r}", hint=hint, code=Exit.USAGE)


def _has(label: str, notation: Notation, value: Fraction) -> bool:
    """Says whether a number is one of those that a label means."""
    found = meaning(label, notation)
    return found is not None and found.decides(">=", value) is not False and found.decides("<=", value) is not False
