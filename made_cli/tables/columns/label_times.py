"""Labels as timestamps: the label that a moment has, however it is written.

Knows: labels are timestamps where all are written by one pattern and no two are one moment; eight digits are numbers.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from made_cli.tables.text.moments import Moment, moment, moment_of_iso
from made_cli.tables.text.numbers import parse
from made_cli.tables.text.patterns import Pattern, pattern


@dataclass(frozen=True)
class LabelTimes:
    """Labels that are timestamps.

    Attributes:
        form: how they are written; None where they are no timestamps.
        labels: by what they say.
    """

    form: Pattern | None
    labels: Mapping[Moment, str]

    def literal(self, text: str) -> str:
        """Returns a timestamp as programs write it as the labels write it; other texts as they are."""
        found = moment_of_iso(text) if self.labels else None
        return text if found is None else self.labels.get(found, text)


def label_times(labels: Collection[str]) -> LabelTimes:
    """Finds out whether labels are timestamps.

    >>> label_times(["31.01.2020", "01.02.2020"]).literal("2020-02-01 00:00:00"), label_times(["2020"]).form
    ('01.02.2020', None)
    """
    from made_cli.tables.text.timestamp_reading import read_timestamps  # with Arrow, which a record is read without

    reading = None if any(parse(label) is not None for label in labels) else read_timestamps(labels)
    form = pattern(reading.pattern) if reading and not reading.unparsed else None
    if form is None or not form.ticks:
        return LabelTimes(None, {})
    found = {said: label for label in labels if (said := moment(label, form)) is not None}
    return LabelTimes(form, found) if len(found) == len(labels) else LabelTimes(None, {})
