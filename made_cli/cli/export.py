"""`made export`: the scoring function of one member as a file that other programs run.

Knows: which library writes it, and how a person gets it.
"""

from importlib.util import find_spec
from typing import Annotated

import typer

from made_cli.cli.messages import Messages
from made_cli.cli.options import Machine, RunFolder, Seed
from made_cli.cli.output import Force, check_written
from made_cli.errors import Exit, UserError

ENDING = ".onnx"


def export(
    run: RunFolder,
    *,
    output: Annotated[str, typer.Option("--output", "-o", metavar="FILE", help="The model to write, .onnx.")],
    member: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="K", help="Which member; `made ensemble-eval` has their numbers.", show_default="1"
        ),
    ] = None,
    ordering: Annotated[
        int | None, typer.Option(min=0, metavar="I", help="The same, counted from 0 as programs count: member I + 1.")
    ] = None,
    force: Force = False,
    seed: Seed = 0,
    messages: Messages,
) -> None:
    """Write the scoring function of one member as a model of ONNX, for programs without Python or torch.

    Its input is `codes` (N, D), a number a cell; what the codes of a column mean stands in the model, in JSON. Its
    output is `log_prob` (N,), nats, as `made score` has it under that member alone. It needs the package onnx.

    Example: made export runs/digits -o digits.onnx
    """
    if find_spec("onnx") is None:
        raise UserError("no export without onnx", hint="pip install 'made-cli[onnx]'", code=Exit.USAGE)
    if not output.lower().endswith(ENDING):
        raise UserError(f"cannot write {output}: a model is ONNX", hint=f"Name a file in {ENDING}.", code=Exit.OUTPUT)
    if member is not None and ordering is not None:
        raise typer.BadParameter("--member and --ordering: each says which member, so give one of them")
    check_written(output, [], force=force)
    from made_cli.atomic import write_bytes
    from made_cli.export.scoring import scoring_model

    member = member or (ordering or 0) + 1
    model = scoring_model(Machine(device="cpu").load(run, messages), member, seed)
    write_bytes(output, model.SerializeToString())
    messages.say(f"{output}: member {member} of {run}, {model.ByteSize():,} bytes")
