"""A report of a run, made.

Knows: the order of the steps, and what is said first.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version

from made_cli.errors import Exit, UserError
from made_cli.report import likeness_sections, row_sections, run_sections
from made_cli.report.inline import settings
from made_cli.report.likelihood import Likelihood, likelihood_of
from made_cli.report.likeness import likeness_of
from made_cli.report.material import Material, file_of, gathered
from made_cli.report.page import Page, Section
from made_cli.report.surprisals import surprisals_of
from made_cli.runs.folder import Folder
from made_cli.runs.run import Run
from made_cli.tables.files.table import Table

STEPS = ("drawing rows", "evaluating combinations", "scoring cells", "comparing columns", "drawing figures")
"""What takes time, in turn."""


@dataclass(frozen=True)
class ReportOptions:
    """What a report is to be.

    Attributes:
        rows: how many rows are drawn, and taken of the table at most.
        seed: draws both.
    """

    rows: int
    seed: int


def report(
    run: Run,
    table: Table | None,
    fit_on: Table | None,
    options: ReportOptions,
    on_progress: Callable[[int, str], None] = lambda done, what: None,
) -> str:
    """Makes the report of a run, as HTML.

    Args:
        run: loaded from a folder.
        table: rows to set beside the run's own; None for a report of the run alone.
        fit_on: other rows, to learn the weights of combinations on; None to learn none.
        options: how many rows.
        on_progress: told how many of `STEPS` are done, and what is done now.

    Raises:
        UserError: the rows do not fit the run, or it is in memory only.
    """
    if run.folder is None:
        raise UserError("no report of a run in memory only", hint="Fit it with out=FOLDER.", code=Exit.USAGE)
    on_progress(0, STEPS[0])
    material = gathered(run, table, options.rows, options.seed)
    on_progress(1, STEPS[1])
    found = None if table is None else likelihood_of(material, fit_on, lambda what: on_progress(1, what))
    on_progress(2, STEPS[2])
    surprisals = surprisals_of(material)
    on_progress(3, STEPS[3])
    likeness = likeness_of(material)
    on_progress(4, STEPS[4])
    folder = Folder(run.folder)
    record = folder.open()
    with settings():
        sections = [
            run_sections.trained(record, folder.metrics(), folder.networks_done()),
            run_sections.columns(record),
            run_sections.learning(folder.learning_curves(), record.training.objective),
            run_sections.saved(folder.ensemble(record))
            if table is None
            else row_sections.combinations(material, found),
            row_sections.surprising(material, surprisals),
            likeness_sections.alike(material, likeness),
            likeness_sections.depending(material, likeness),
            *([] if table is None else [row_sections.odd(material, surprisals)]),
            likeness_sections.pictures(material, likeness),
        ]
    return _page(material, found, [section for section in sections if section is not None]).html()


def _page(material: Material, found: Likelihood | None, sections: list[Section]) -> Page:
    data, kinds = material.run.record.data, material.kinds
    lead = [
        f"A probability density of {len(kinds):,} column{'s' * (len(kinds) != 1)}, learned from {data.train_rows:,}"
        f" rows of {file_of(data.source)}. Figures are in nats, of natural logarithms; densities of numbers are per"
        " unit of the column."
    ]
    if not material.run.converged:
        lead.append("Training had not converged when it ended: more of it would give a better density.")
    if found is not None:
        figures = {each.name: each.found for each in found.combinations if each.found is not None}
        told = [
            f"{name} {each.nll:.4f}{'' if each.se is None else f' ± {each.se:.4f}'}" for name, each in figures.items()
        ]
        lead.append(
            f"Negative log-likelihood a row (less is better; ± one standard error) on {found.rows:,} whole rows:"
            f" {'; '.join(told)}."
        )
    if material.real is not None and material.real.table.source == data.source:
        lead.append(
            "The rows that it is set beside have the name of the table that it was trained on. Where they are the same"
            " rows, figures flatter: name rows that it has not seen."
        )
    return Page(f"Density of {file_of(data.source)}", tuple(lead), tuple(sections), f"made {version('made-cli')}")
