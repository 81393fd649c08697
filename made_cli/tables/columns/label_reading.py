"""What a text is among labels, however it is written.

Knows: a number, a truth value and blanks are one label however they are written, unless training had several spellings;
then each text is its own.
"""

from collections.abc import Callable, Collection, Mapping

from made_cli.tables.columns.label_numbers import typed_number
from made_cli.tables.text.booleans import meaning, truth
from made_cli.tables.text.notation import PLAIN, Notation
from made_cli.tables.text.spacing import spaced


def label_reader(
    codes: Mapping[str, float], truths: Collection[str] = (), notation: Notation = PLAIN, *, in_any_words: bool = False
) -> Callable[[str], float | None]:
    """Makes the function from a text to its code, None for a text that is no label.

    Args:
        codes: of every known text; where one number is written in two ways, the first goes before.
        truths: the labels of a column of truth values.
        notation: of labels that are numbers.
        in_any_words: whether a truth value may be written in the words of another family.

    >>> read = label_reader({"no": 0, "yes": 1, "2.0": 2}, ["no", "yes"])
    >>> read("yes"), read("YES"), read("2"), read("true"), read("ja")
    (1, 1, 2, None, None)
    """
    known = [*codes.items()][::-1]
    numbers = {number: code for text, code in known if (number := typed_number(text, notation)) is not None}
    alike = {spaced(text): code for text, code in known}
    means: Callable[[str], object] = truth if in_any_words else meaning
    values = {means(label): codes[label] for label in truths}

    def read(text: str) -> float | None:
        if text in codes:
            return codes[text]
        number = typed_number(text, notation)
        code = None if number is None else numbers.get(number)
        code = values.get(means(text)) if code is None else code
        return alike.get(spaced(text)) if code is None else code

    return read
