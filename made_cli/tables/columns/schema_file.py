"""The schema of a table as JSON: as it is shown, and as a person gives it back, edited.

Knows: what JSON says of a column, what of it a person may change (the kind, or null to leave the column out; the texts
that mean an empty cell; the sign before decimals), and that all else is found. What is as it was found changes nothing.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from annotated_types import Len
from pydantic import ConfigDict, TypeAdapter, ValidationError

from made_cli.errors import Exit, UserError
from made_cli.tables.columns.edits import Edits
from made_cli.tables.columns.recognition import Finding
from made_cli.tables.text.notation import Point
from made_cli.tables.text.numbers import NumberFormat

Source = str | Path | Mapping[str, Any]
"""A file of JSON, or what it would hold."""
_HINT = "`made schema DATA --json` writes what may stand there; edit that."


def described(finding: Finding) -> dict[str, Any]:
    """Returns a finding about a column, as JSON holds it; where too many texts are distinct, how many are at least."""
    form, drawn = finding.form, finding.column.drawn
    return {
        "name": finding.column.name,
        "kind": form.described if form is not None else None,
        "distinct": max(len(finding.column.counted), drawn.more_than if drawn else 0),
        "missing": finding.column.all_missing,
        "resolution": form.resolution if form is not None else None,
        "unit": form.unit if form is not None else None,
        "decimal": form.notation.point if isinstance(form, NumberFormat) else None,
        "empty": _marks(finding),
        "why": finding.why,
    }


def schema_json(findings: Sequence[Finding], rows: int) -> dict[str, Any]:
    """Returns what was found out about the columns of a table, as JSON holds it."""
    return {"schema_version": 1, "rows": rows, "columns": [described(finding) for finding in findings]}


def _marks(finding: Finding) -> dict[str, int]:
    """Returns the marks that were taken for empty cells, blanks aside, with the rows of each."""
    return {text: rows for text, rows in finding.column.marks.items() if text.strip()}


@dataclass(frozen=True)
class _Said:
    """What is said of a column. None of what may be left out says nothing."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    name: str
    kind: Literal["binary", "constant", "categorical", "numeric", "time"] | None
    distinct: int | None = None
    missing: int | None = None
    resolution: float | None = None
    unit: str | None = None
    decimal: Point | None = None
    empty: Mapping[str, int] | Sequence[str] | None = None
    why: str | None = None


@dataclass(frozen=True)
class _Contents:
    """What the JSON holds; its relations are found anew, or stated by `--relation`."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    columns: Annotated[tuple[_Said, ...], Len(1)]
    schema_version: Literal[1] = 1
    rows: int | None = None
    relations: Sequence[Any] = ()


class GivenSchema:
    """A schema that a person gives.

    Args:
        source: the file, or what it would hold.

    Raises:
        UserError: it cannot be read, or says what no schema can say; the message names the place.
    """

    def __init__(self, source: Source) -> None:
        self.name = "the schema" if isinstance(source, Mapping) else str(source)
        contents = source if isinstance(source, Mapping) else self._read(source)
        try:
            self.columns = TypeAdapter(_Contents).validate_python(contents).columns
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = [part for part in first["loc"] if part not in _UNIONS]
            raise self._refused(_shown(place), f"{first['msg'][:1].lower()}{first['msg'][1:]}") from None

    def edits(self, findings: Sequence[Finding], usual: Collection[str], source: str) -> Edits:
        """Returns what is said otherwise than it was found.

        Args:
            findings: about each column of the table.
            usual: the usual marks of empty cells.
            source: the name of the table in messages.

        Raises:
            UserError: a column is in one of the two only, or what can only be found is said otherwise.
        """
        self._check_names([finding.column.name for finding in findings], source)
        by_name = {finding.column.name: finding for finding in findings}
        kinds: dict[str, str] = {}
        marks: dict[str, tuple[str, ...]] = {}
        decimals: dict[str, Point] = {}
        for place, said in enumerate(self.columns):
            finding = by_name[said.name]
            found, wanted = described(finding), _kind(said.kind)
            if said.empty is not None and {*said.empty} != {*found["empty"]}:
                present = {text.strip() for text in (*finding.column.texts, *found["empty"])}
                listed = [text.strip() for text in said.empty]
                marks[said.name] = (*(text for text in usual if text not in (*present, *listed)), *listed)
            if said.decimal not in (None, found["decimal"]):
                decimals[said.name] = said.decimal
            edited = wanted != _kind(found["kind"]) or said.name in (*marks, *decimals)
            if edited and wanted is not None:
                kinds[said.name] = wanted
            elif not edited:
                self._check_found(place, said, found)
        drop = {said.name for said in self.columns if said.kind is None and by_name[said.name].form is not None}
        return Edits(kinds, frozenset(drop), marks, decimals)

    def check(self, findings: Sequence[Finding]) -> None:
        """Refuses a sign before decimals that the numbers of a column do not have.

        Args:
            findings: what was found with the edits.

        Raises:
            UserError: there is one.
        """
        by_name = {finding.column.name: described(finding) for finding in findings}
        for place, said in enumerate(self.columns):
            found = by_name[said.name]["decimal"]
            if found is not None and said.decimal not in (None, found):
                problem = f"{said.decimal!r}, but the numbers of column {said.name!r} have {found!r}"
                raise self._refused(f"columns[{place}].decimal", problem)

    def _check_names(self, names: Sequence[str], source: str) -> None:
        own = [said.name for said in self.columns]
        twice = next((place for place, name in enumerate(own) if name in own[:place]), None)
        if twice is not None:
            raise self._refused(f"columns[{twice}].name", f"a second column {own[twice]!r}")
        for place, name in enumerate(own):
            if name not in names:
                raise UserError(
                    f"{self.name}: columns[{place}]: {source} has no column {name!r}",
                    hint=f"The columns are {', '.join(map(repr, names[:20]))}{' …' * (len(names) > 20)}.",
                    code=Exit.SCHEMA_MISMATCH,
                )
        if missing := [name for name in names if name not in own]:
            raise UserError(
                f"{self.name}: no column {missing[0]!r}, which {source} has",
                hint='Add it; with "kind": null it is left out.',
                code=Exit.SCHEMA_MISMATCH,
            )

    def _check_found(self, place: int, said: _Said, found: Mapping[str, Any]) -> None:
        """Refuses what can only be found where it is said otherwise."""
        for key in ("resolution", "unit"):
            value = getattr(said, key)
            if value not in (None, found[key]):
                raise UserError(
                    f"{self.name}: columns[{place}].{key}: {value}, but the cells of {said.name!r} have {found[key]}",
                    hint=f"Leave {key} out: it is found, not chosen.",
                    code=Exit.SCHEMA_MISMATCH,
                )

    def _read(self, path: str | Path) -> Any:  # noqa: ANN401 (whatever is there)
        try:
            return json.loads(Path(path).read_text(encoding="utf-8"))
        except OSError as error:
            raise self._refused("", f"cannot be read: {error.strerror or error}") from None
        except UnicodeDecodeError:
            raise self._refused("", "not JSON: it is no UTF-8") from None
        except json.JSONDecodeError as error:
            raise self._refused(f"line {error.lineno}", f"not JSON: {error.msg.lower()}") from None

    def _refused(self, place: str, problem: str) -> UserError:
        told = ": ".join(filter(None, (self.name, place, problem)))
        return UserError(told, hint=_HINT, code=Exit.USAGE)


_UNIONS = ("mapping[str,int]", "sequence[str]", "dict[str,int]", "Mapping", "Sequence")
"""What pydantic adds to a place for a value of several types."""


def _kind(described: str | None) -> str | None:
    """Returns the kind that a person may declare of one that is shown."""
    return "categorical" if described in ("binary", "constant") else described


def _shown(place: Sequence[str | int]) -> str:
    """Returns a place in JSON as people write it.

    >>> _shown(["columns", 2, "kind"])
    'columns[2].kind'
    """
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).removeprefix(".")
