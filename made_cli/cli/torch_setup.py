"""Torch as a command wants it: threads and device."""

import torch

from made_cli.errors import Exit, UserError


def set_up(device: str, threads: int | None) -> torch.device:
    """Sets the number of threads, and finds the device.

    Args:
        device: "cpu", "cuda", "cuda:1" and so on; "auto" is a GPU where there is one.
        threads: of the processor; None for what torch takes by itself.

    Raises:
        UserError: there is no such device.
    """
    if threads is not None:
        torch.set_num_threads(threads)
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        found = torch.device(device)
        torch.empty(0, dtype=torch.float64, device=found)
    except (RuntimeError, AssertionError, TypeError) as error:
        reason = str(error).splitlines()[0]
        raise UserError(
            f"--device {device}: {reason}", hint="Use --device cpu, or leave it at auto.", code=Exit.USAGE
        ) from None
    return found
