"""Combinations by name: of any members of a run, or those that were saved with it.

Knows: which members and which combination a name of `--combine` stands for, how `ensemble-eval --save` keeps what it
found, and the error where nothing is saved under a name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from made_cli.ensemble.combination import Bound, Combination, SavedEnsemble, SavedMember, equally_mixed
from made_cli.ensemble.members import Member
from made_cli.errors import Exit, UserError
from made_cli.runs.folder import Folder
from made_cli.runs.run import Run


@dataclass(frozen=True)
class Combined:
    """Members, and how they are combined."""

    members: list[Member]
    combination: Bound | Combination


def combined(run: Run, combine: str | Combined, permutations: int | None, seed: int) -> Combined:
    """Finds what a name of --combine stands for.

    Args:
        run: the run.
        combine: "mixture" for the equal mixture, "bound", or one that was saved; a value stands for itself.
        permutations: K; None for the usual number of the mixture, and all that were saved of the others.
        seed: draws the orderings of the mixture.

    Raises:
        UserError: nothing is saved under the name, or of another number of members.
    """
    if combine in ("mixture", "bound"):
        members = run.members(permutations, seed=seed)
        return Combined(members, Bound() if combine == "bound" else equally_mixed(len(members)))
    found = combine if isinstance(combine, Combined) else _saved(run, combine)
    if permutations not in (None, len(found.members)):
        what = combine if isinstance(combine, str) else found.combination.form
        raise UserError(
            f"{run.name}: the {what} was saved for {len(found.members)} permutations, not {permutations}",
            hint="Leave --permutations out, or save another with made ensemble-eval.",
            code=Exit.USAGE,
        )
    return found


def member_alone(run: Run, number: int, seed: int) -> Combined:
    """Returns the member of a number, counted from 1, by itself.

    Raises:
        UserError: the run has fewer.
    """
    return Combined(run.members(number, seed=seed)[-1:], equally_mixed(1))


def save(run: Run, members: Sequence[Member], combinations: Mapping[str, Combination]) -> None:
    """Keeps combinations of members in the folder of a run that has their networks, by their names.

    Raises:
        UserError: the run is in memory only.
    """
    if run.folder is None:
        raise UserError(
            "the run is in memory only, and has no folder to save in",
            hint="Use the combinations as they are, or train into a folder.",
            code=Exit.USAGE,
        )
    folder = Folder(run.folder)
    folder.open()
    numbers = {id(network): index for index, network in enumerate(run.networks)}  # in a run that joins others, its own
    saved = tuple(SavedMember(numbers[id(member.made)], member.ordering, member.origin) for member in members)
    folder.put_ensemble(SavedEnsemble(saved, dict(combinations)))
    folder.commit()


def _saved(run: Run, name: str) -> Combined:
    """Reads a combination from the folder of a run."""
    saved = None
    if run.folder is not None:
        folder = Folder(run.folder)
        saved = folder.ensemble(folder.open())
    found = None if saved is None else saved.combinations.get(name)
    if saved is None or found is None:
        learned = "" if name == "product" else " --fit-on VALID"
        raise UserError(
            f"{run.name}: no {name} is saved with this run",
            hint=f"Find it first: made ensemble-eval {run.name} DATA{learned} --save"
            if run.folder is not None
            else "A run in memory keeps none: evaluate() returns them, for combine=.",
            code=Exit.USAGE,
        )
    return Combined([run.member(m.network, m.ordering, m.origin) for m in saved.members], found)
