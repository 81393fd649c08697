"""`made ensemble-eval`: the bound and the equal mixture, for any number of permutations."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from made_cli.cli.console import People, show_json, show_table
from made_cli.cli.options import (
    Data,
    Delimiter,
    Device,
    Encoding,
    Json,
    NoHeader,
    Quiet,
    RunFolder,
    Seed,
    Threads,
    counts,
)

if TYPE_CHECKING:
    from made_cli.ensemble.members import Matrix, Member
    from made_cli.ensemble.mixture import Comparison, Estimate


def ensemble_eval(
    run: RunFolder,
    data: Data,
    permutations: Annotated[
        str | None,
        typer.Option(metavar="K,K,…", help="Numbers of members to compare.", show_default="1, 2, 4 … all, or 8"),
    ] = None,
    no_header: NoHeader = False,
    delimiter: Delimiter = None,
    encoding: Encoding = "utf-8",
    seed: Seed = 0,
    threads: Threads = None,
    device: Device = "auto",
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Compare the ways to combine the orderings, on rows that were not trained on.

    The bound is what training maximises: the mean over members of the log-likelihood. The equal mixture averages
    probabilities instead; it is a density, and never worse. Figures are negative log-likelihoods, nats a row.

    Example: made ensemble-eval runs/digits sample_data/digits_test.csv --permutations 1,2,4,8,16,32
    """
    from made_cli.errors import Exit, UserError
    from made_cli.tables.files import read_table

    asked = counts(permutations) if permutations is not None else None
    from made_cli.cli.torch_setup import set_up
    from made_cli.ensemble.members import log_likelihoods
    from made_cli.ensemble.mixture import compare
    from made_cli.training.checkpoint import load_run

    people = People(quiet=quiet)
    loaded = load_run(run, set_up(device, threads))
    members = loaded.members(max(asked) if asked else None, seed=seed)
    table = read_table(data, header=not no_header, delimiter=delimiter, encoding=encoding)
    if table.frame.empty:
        raise UserError(f"{table.source}: no rows", hint="There is nothing to average over.", code=Exit.BAD_DATA)
    codes = loaded.record.schema.encode(table)
    with people.progress("scoring", len(members)) as bar:
        matrix = log_likelihoods(members, codes, done=bar.advance)
    curve = compare(matrix, asked or _doubling(len(members)))
    if json:
        show_json(_as_json(run, codes.shape, curve, matrix, members))
        return
    rows = [
        [str(point.permutations), _figure(point.bound), _figure(point.mixture), f"{point.gap:.4f}"] for point in curve
    ]
    title = f"{table.source}: {len(codes):,} rows, negative log-likelihood in nats ± standard error"
    show_table(title, ("permutations", "bound", "equal mixture", "gap"), rows, left=0)
    nll = -matrix.mean(axis=0)
    people.say(
        f"The {len(members)} members by themselves: best {nll.min():.4f}, median {sorted(nll)[len(nll) // 2]:.4f}, "
        f"worst {nll.max():.4f}."
    )


def _doubling(most: int) -> list[int]:
    """Returns 1, 2, 4 and so on up to `most`, and `most`.

    >>> _doubling(6)
    [1, 2, 4, 6]
    """
    return sorted({*(2**power for power in range(most.bit_length()) if 2**power <= most), most})


def _figure(estimate: "Estimate") -> str:
    return f"{estimate.nll:.4f}" + ("" if estimate.se is None else f" ± {estimate.se:.4f}")


def _as_json(
    run: str, shape: tuple[int, ...], curve: "list[Comparison]", matrix: "Matrix", members: "list[Member]"
) -> dict[str, Any]:
    last = curve[-1]
    return {
        "schema_version": 1,
        "rows": shape[0],
        "columns": shape[1],
        "permutations": last.permutations,
        "unit": "nats",
        "bound": asdict(last.bound),
        "mixture": asdict(last.mixture),
        "gap": last.gap,
        "curve": [
            {
                "permutations": point.permutations,
                "bound": point.bound.nll,
                "mixture": point.mixture.nll,
                "gap": point.gap,
            }
            for point in curve
        ],
        "members": [
            {"run": run, "network": member.network, "ordering": list(member.ordering.columns), "nll": float(nll)}
            for member, nll in zip(members, -matrix.mean(axis=0), strict=True)
        ],
    }
