"""`made report`: what a run learned, on one page.

Knows: where a page may be written.
"""

import logging
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from made_cli.cli.messages import Messages
from made_cli.cli.options import DATA_HELP, Machine, Reading, RunFolder, Seed
from made_cli.cli.output import Force, check_written
from made_cli.errors import Exit, UserError
from made_cli.report.needs import check_libraries

ENDINGS = (".html", ".htm")


def report(
    run: RunFolder,
    data: Annotated[
        list[str] | None,
        typer.Argument(metavar="[DATA]", help=f"Rows to set beside the run's own, not trained on. {DATA_HELP}"),
    ] = None,
    *,
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="FILE", help=".html; standard output by default.")
    ] = None,
    force: Force = False,
    fit_on: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Other rows, to learn the weights of a mixture and of a product on."),
    ] = None,
    rows: Annotated[
        int, typer.Option(min=100, metavar="N", help="Rows to draw, and to take of DATA at most: then at random.")
    ] = 5000,
    reading: Reading,
    seed: Seed = 0,
    machine: Machine,
    messages: Messages,
) -> None:
    """Show what a run learned, on one page to keep or to send: HTML that needs nothing beside it.

    What was trained on what, learning curves, the combinations by the number of members, surprisal by column, synthetic
    columns beside real ones, what depends on what, and the oddest rows with the cells that make them odd. Without DATA
    the page is of the run alone. It needs matplotlib and jinja2.

    Example: made report runs/digits sample_data/digits_test.csv -o report.html
    """
    if fit_on is not None and not data:
        raise typer.BadParameter("--fit-on: name the rows to evaluate on, too: RUN DATA")
    check_libraries()
    _check(output, [*(data or []), *([] if fit_on is None else [fit_on])], force=force)
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it would tell of its caches of fonts
    with messages.waiting():
        from made_cli.report.making import STEPS, ReportOptions
        from made_cli.report.making import report as make

    loaded = machine.load(run, messages)
    table = reading.table(data, messages) if data else None
    learning = None if fit_on is None else reading.table(fit_on, messages)
    with messages.progress("reporting", len(STEPS)) as bar:
        page = make(loaded, table, learning, ReportOptions(rows, seed), bar.update)
    _write(page, output)


def _check(output: str | None, inputs: Sequence[str], *, force: bool) -> None:
    """Refuses a file that cannot be written or would be lost, and a terminal, before the work."""
    if output is None:
        if sys.stdout.isatty():
            raise UserError("a report is HTML, not for a terminal", hint="Name a file: -o report.html", code=Exit.USAGE)
        return
    if not output.lower().endswith(ENDINGS):
        raise UserError(f"cannot write {output}: a report is HTML", hint="Name a file in .html.", code=Exit.OUTPUT)
    check_written(output, inputs, force=force)


def _write(page: str, output: str | None) -> None:
    from made_cli.atomic import write_bytes

    if output is None:
        sys.stdout.write(page)
        sys.stdout.flush()
        return
    write_bytes(output, page.encode())
