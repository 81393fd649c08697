"""Where a new run may be made: in a place that is free, or over a run.

Knows: by what a run is told from other folders, even a damaged one, and what a process that was killed before its first
save leaves, which is in nobody's way.
"""

import os
from collections.abc import Set
from pathlib import Path

from made_cli.atomic import TEMPORARY
from made_cli.errors import Exit, UserError
from made_cli.runs.manifest import MANIFEST, Manifest
from made_cli.runs.names import ENSEMBLE, EVALUATIONS, INNER, METRICS, RECORD, TRAIN_ROWS, TRIALS, VALID_ROWS


def check_free(path: Path, *, force: bool) -> None:
    """Refuses a path that is taken, before any work is lost.

    Args:
        path: the folder to be.
        force: whether it may hold a run.

    Raises:
        UserError: it holds a run and `force` is not set, or anything else.
    """
    if not os.path.lexists(path) or (path.is_dir() and _holds_only_litter(path)):
        return
    named = _named(path)
    is_run = RECORD in named or (path.is_dir() and _holds_only_a_run(path))
    if not (is_run and force):
        what = "already holds a run" if is_run else "is in the way: it is not a run folder"
        hint = f"Name another folder, add --force to replace it{_how_to_go_on(named)}."
        raise UserError(
            f"{path} {what}", hint=hint if is_run else "Name another folder with --out.", code=Exit.RUN_REFUSED
        )


def _named(path: Path) -> Set[str]:
    """Returns the files that the manifest names, none where it cannot be read: other programs have manifests, too."""
    found = Manifest(path)
    try:
        found.open()
    except UserError:
        return set()
    return found.hashes.keys()


def _how_to_go_on(names: Set[str]) -> str:
    """Returns the way to train the run further, for a hint; nothing where its manifest is lost."""
    if not names:
        return ""
    ended = METRICS in names and not any(name.startswith("resume/") for name in names)
    return ", or train it further with --resume --time-limit 5m" if ended else ", or go on with --resume"


def _holds_only_litter(path: Path) -> bool:
    """Says whether nothing is there but what a process left that was killed before its first save."""
    inner = [each for name in INNER if (each := path / name).is_dir() and not each.is_symlink()]
    found = (each for folder in (path, *inner) for each in folder.iterdir())
    known = {*inner, path / TRAIN_ROWS, path / VALID_ROWS}
    return all(each.match(TEMPORARY) or each in known for each in found)


def _holds_only_a_run(path: Path) -> bool:
    """Says whether all that is there is a run's, if with a manifest that cannot be read, or none."""
    names = {entry.name for entry in path.iterdir() if not entry.match(TEMPORARY)}
    return RECORD in names and names <= {MANIFEST, RECORD, TRIALS, METRICS, EVALUATIONS, ENSEMBLE, *INNER}
