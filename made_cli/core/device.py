"""Where torch computes: a device by its name.

Knows: what a name stands for, and that a device that torch can name need not be there.
"""

import torch

from made_cli.errors import Exit, UserError


def find_device(name: str) -> torch.device:
    """Finds a device.

    Args:
        name: "cpu", "cuda", "cuda:1" and so on; "auto" is a GPU where there is one.

    Raises:
        UserError: there is no such device.

    >>> find_device("cpu").type
    'cpu'
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        found = torch.device(name)
        torch.empty(0, dtype=torch.float64, device=found)
    except (RuntimeError, AssertionError, TypeError) as error:
        reason = str(error).splitlines()[0]
        raise UserError(
            f"--device {name}: {reason}", hint="Use --device cpu, or leave it at auto.", code=Exit.USAGE
        ) from None
    return found
