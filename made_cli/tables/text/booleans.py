"""Truth values as people write them.

Knows: every spelling of true and false, and which spellings go together. A label of any other column is left alone.
"""

from collections.abc import Collection, Mapping

from made_cli.tables.text.numbers import exact

_PAIRS = (
    # The opposite spellings, false first, each with the family that it belongs to.
    ("0", "1", "numbers"),
    ("0.0", "1.0", "numbers"),
    ("false", "true", "truth"),
    ("f", "t", "truth"),
    ("no", "yes", "consent"),
    ("n", "y", "consent"),
    ("off", "on", "switch"),
)
_CASES = (str.lower, str.upper, str.capitalize)
_MEANINGS = {
    case(text): (family, value) for *pair, family in _PAIRS for value, text in enumerate(pair) for case in _CASES
}


def meaning(text: str) -> tuple[str, bool] | None:
    """Returns the family of a spelling, and its truth value; None for any other text.

    >>> meaning("Yes"), meaning("1.00"), meaning("maybe")
    (('consent', True), ('numbers', True), None)
    """
    number = exact(text)
    family, value = _MEANINGS.get(text.strip() if number is None else str(number)) or ("", None)
    return None if value is None else (family, bool(value))


def truth(text: str) -> bool | None:
    """Returns the truth value of a spelling, of whatever family; None for any other text."""
    found = meaning(text)
    return None if found is None else found[1]


def opposite(label: str) -> str | None:
    """Returns the opposite of a spelling, in the same style.

    >>> opposite("No"), opposite("1.0"), opposite("t"), opposite("x")
    ('Yes', '0.0', 'f', None)
    """
    for false, true, _ in _PAIRS:
        for case in _CASES:
            if label in (case(false), case(true)):
                return case(true) if label == case(false) else case(false)
    return None


def is_boolean(labels: Collection[str]) -> bool:
    """Says whether labels are spellings of one family, or of one and numbers, and one of the two means both values.

    >>> is_boolean(["TRUE", "true", "False"]), is_boolean(["no", "true"]), is_boolean(["n", "N"])
    (True, False, False)
    >>> is_boolean(["TRUE", "1", "0"]), is_boolean(["no", "1"])
    (True, False)
    """
    return bool(_families(labels))


def _families(labels: Collection[str]) -> set[str]:
    """Returns the families that mean both truth values, of labels that mean nothing else; none where they do."""
    meanings = {meaning(label) for label in labels}
    families = {found[0] for found in meanings if found}
    if None in meanings or len(families - {"numbers"}) > 1:
        return set()
    return {family for family in families if {(family, False), (family, True)} <= meanings}


def merged(counts: Mapping[str, int]) -> dict[str, int]:
    """Gathers words for true and false, however they are written, under the commonest spelling of each.

    Args:
        counts: rows of each label.

    Returns:
        The same for a column of two outcomes, spelled in one family; the labels as they are where they are anything
        else, or all are numbers.

    >>> merged({"TRUE": 3, "true": 2, "False": 1}), merged({"1": 3, "1.0": 2, "0": 1})
    ({'False': 1, 'TRUE': 5}, {'1': 3, '1.0': 2, '0': 1})
    >>> merged({"TRUE": 1, "1": 3, "0": 4})
    {'0': 4, '1': 4}
    """
    meanings, whole = {label: meaning(label) or ("", False) for label in counts}, _families(counts)
    if not whole or all(family == "numbers" for family, _ in meanings.values()):
        return dict(counts)
    rows = {name: sum(count for label, count in counts.items() if meanings[label][0] == name) for name in whole}
    family = min(whole, key=lambda name: (-rows[name], name))
    commonest = sorted(counts, key=lambda label: (-counts[label], label))
    return {
        next(label for label in commonest if meanings[label] == (family, value)): sum(
            count for label, count in counts.items() if meanings[label][1] is value
        )
        for value in (False, True)
    }
