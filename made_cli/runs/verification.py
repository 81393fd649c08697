"""All of a run folder, checked: every byte that counts, and every value that it stands for.

Knows: what is read of a run by any command is read here, without torch; and which files are there that do not count.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from made_cli.runs.folder import Folder
from made_cli.runs.manifest import MANIFEST
from made_cli.runs.names import EVALUATIONS
from made_cli.runs.weights import stored


@dataclass(frozen=True)
class Verification:
    """What was found in a folder in which nothing is wrong.

    Attributes:
        format_version: of the record.
        files: names of the files that count.
        size: bytes of these.
        networks: how many have weights, of `planned`.
        planned: how many there are to be.
        goes_on: whether a training was interrupted, and can go on.
        combinations: saved with the run.
        others: names of files beside these, which nothing reads; the log of the evaluations is not among them.
    """

    format_version: int
    files: tuple[str, ...]
    size: int
    networks: int
    planned: int
    goes_on: bool
    combinations: tuple[str, ...]
    others: tuple[str, ...]


def verify(path: Path | str) -> Verification:
    """Checks a run folder.

    Raises:
        UserError: something is damaged, of another version, or no run folder; the message names it.
    """
    folder = Folder(path)
    record = folder.open()
    sizes = {name: folder.size(name) for name in folder.manifest.hashes}
    done = folder.networks_done()
    for index in range(done):
        folder.weights(record, index)
    folder.metrics()
    folder.trials()
    resuming, ensemble = folder.resume_state(dict[str, Any], stored), folder.ensemble(record)
    known = {MANIFEST, EVALUATIONS, *sizes}
    inside = (each for each in sorted(folder.path.rglob("*")) if not each.is_dir() or each.is_symlink())
    others = [name for each in inside if (name := each.relative_to(folder.path).as_posix()) not in known]
    return Verification(
        format_version=record.format_version,
        files=tuple(sizes),
        size=sum(sizes.values()),
        networks=done,
        planned=len(record.orderings),
        goes_on=resuming is not None,
        combinations=tuple(ensemble.combinations) if ensemble else (),
        others=tuple(others),
    )
