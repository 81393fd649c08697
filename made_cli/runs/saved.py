"""A combination by its name: of any members of a run, or one that was saved with it.

Knows: which members a name of `--combine` stands for, and the error where nothing is saved under it.
"""

from dataclasses import dataclass

from made_cli.ensemble.combination import Bound, Combination, Mixture
from made_cli.ensemble.members import Member
from made_cli.errors import Exit, UserError
from made_cli.runs.folder import Folder
from made_cli.runs.record import Run


@dataclass(frozen=True)
class Combined:
    """Members, and how they are combined."""

    members: list[Member]
    combination: Bound | Combination


def combined(run: Run, name: str, permutations: int | None, seed: int) -> Combined:
    """Finds what a name of --combine stands for.

    Args:
        run: a run from a folder.
        name: "mixture" for the equal mixture, "bound", or one that was saved.
        permutations: K; None for the usual number of the mixture, and all that were saved of the others.
        seed: draws the orderings of the mixture.

    Raises:
        UserError: nothing is saved under the name, or of another number of members.
    """
    if name in ("mixture", "bound"):
        members = run.members(permutations, seed=seed)
        return Combined(members, Bound() if name == "bound" else Mixture((1 / len(members),) * len(members)))
    folder = Folder(run.name)
    folder.open()
    saved = folder.ensemble()
    found = None if saved is None else saved.combinations.get(name)
    if saved is None or found is None:
        learned = "" if name == "product" else " --fit-on VALID"
        raise UserError(
            f"{run.name}: no {name} is saved with this run",
            hint=f"Find it first: made ensemble-eval {run.name} DATA{learned} --save",
            code=Exit.USAGE,
        )
    if permutations not in (None, len(saved.members)):
        raise UserError(
            f"{run.name}: the {name} was saved for {len(saved.members)} permutations, not {permutations}",
            hint="Leave --permutations out, or save another with made ensemble-eval.",
            code=Exit.USAGE,
        )
    free = [trained is None for trained in run.record.orderings]
    members = [Member(run.name, m.network, run.networks[m.network], m.ordering, free[m.network]) for m in saved.members]
    return Combined(members, found)
