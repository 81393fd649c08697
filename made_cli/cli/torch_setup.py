"""Torch as a command wants it: threads and device."""

import torch

from made_cli.core.device import find_device


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
    return find_device(device)
