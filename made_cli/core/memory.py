"""What memory there is, and the refusal of what needs more.

Knows: physical memory, the limits of control groups (containers have them), and the memory of a GPU.
"""

import os
from pathlib import Path

import torch

from made_cli.errors import Exit, UserError

GROUPS = Path("/sys/fs/cgroup")


def too_large(needed: int, device: torch.device, what: str, hint: str) -> UserError | None:
    """Returns the refusal of what needs more memory than a device has, None where it does not.

    Args:
        needed: bytes.
        device: where they are needed.
        what: needs them.
        hint: what would make it smaller.

    >>> too_large(10**18, torch.device("cpu"), "this", "Use less.").code.name
    'USAGE'
    """
    available = memory_of(device)
    if available is None or needed <= available:
        return None
    return UserError(
        f"{what} needs about {in_words(needed)} of memory, and there are {in_words(available)}",
        hint=hint,
        code=Exit.USAGE,
    )


def in_words(count: int) -> str:
    """Returns a number of bytes in words.

    >>> in_words(10_400_000_000), in_words(81_000_000), in_words(3_456)
    ('10.4 GB', '81 MB', '3 kB')
    """
    if count >= 10**9:
        return f"{count / 1e9:,.1f} GB"
    return f"{count / 1e6:.0f} MB" if count >= 10**6 else f"{count / 1e3:.0f} kB"


def memory_of(device: torch.device) -> int | None:
    """Returns the bytes of memory of a device; on a processor those that this process may use. None if not known."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[1])
    try:
        physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return None
    return min([physical, *_group_limits(GROUPS)])


def _group_limits(root: Path) -> list[int]:
    """Returns the limits of memory that the control groups of this process have, in bytes."""
    try:
        lines = Path("/proc/self/cgroup").read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
    limits = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers not in ("", "memory") and "memory" not in controllers.split(","):
            continue
        folder, name = (root / "memory", "memory.limit_in_bytes") if controllers else (root, "memory.max")
        own = folder / path.lstrip("/")
        # In a container the path is often that outside of it; the limit then stands at the root.
        for place in {folder, own, *(each for each in own.parents if folder in each.parents)}:
            try:
                text = (place / name).read_text(encoding="ascii").strip()
            except (OSError, UnicodeDecodeError):
                continue
            if text.isdecimal():
                limits.append(int(text))
    return limits
