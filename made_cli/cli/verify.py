"""`made verify`: whether a run folder is whole.

Knows: how it is said that nothing was found wrong; what is wrong is an error, as of any other command.
"""

from dataclasses import asdict

from made_cli.cli.messages import show_json, show_lines
from made_cli.cli.options import Json, RunFolder


def verify(run: RunFolder, *, json: Json = False) -> None:
    """Check a run folder: every byte against its hash, and all weights, orderings and figures against each other.

    Exit code 0: all is as it was written. 4: it is not, and the message names the file.

    Example: made verify runs/digits
    """
    from made_cli.runs.verification import verify as check

    found = check(run)
    if json:
        show_json({"schema_version": 1, "run": run, "whole": True, **asdict(found)})
        return
    parts = [f"{len(found.files)} files of {found.size:,} bytes", f"{found.networks} of {found.planned} networks"]
    parts += ["a training to go on with"] * found.goes_on
    parts += [f"combinations {', '.join(found.combinations)}"] if found.combinations else []
    others = f"{', '.join(found.others[:5])}{' …' * (len(found.others) > 5)}"
    show_lines(
        f"{run} is whole: {'; '.join(parts)}; format version {found.format_version}",
        *[f"not read, for the manifest does not name it: {others}"] * bool(others),
    )
