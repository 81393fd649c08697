"""The memory that a process may use."""

from pathlib import Path

import pytest
import torch

from made_cli.core import memory
from made_cli.core.memory import memory_of, too_large

CPU = torch.device("cpu")


def test_a_limit_of_a_control_group_counts_where_it_is_below_physical_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "GROUPS", tmp_path)
    physical = memory_of(CPU)
    assert physical is not None
    assert physical > 2**27
    for folder, name in ((tmp_path, "memory.max"), (tmp_path / "memory", "memory.limit_in_bytes")):
        folder.mkdir(exist_ok=True)
        (folder / name).write_text("max\n")
    assert memory_of(CPU) == physical
    (tmp_path / "memory.max").write_text(f"{2**27}\n")
    (tmp_path / "memory" / "memory.limit_in_bytes").write_text(f"{2**26}\n")
    assert memory_of(CPU) in (2**26, 2**27)  # whichever version of control groups the machine has


def test_what_needs_more_memory_than_there_is_names_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "memory_of", lambda device: 2 * 10**9)
    assert too_large(2 * 10**9, CPU, "this", "Use less.") is None
    refusal = too_large(12_300_000_000, CPU, "this", "Use less.")
    assert str(refusal) == "this needs about 12.3 GB of memory, and there are 2.0 GB"
