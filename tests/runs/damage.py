"""Changes of what a run folder holds, and how they are refused.

Knows: the manifest and the formats, as somebody would who tampers with a folder.
"""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load, save

from made_cli.errors import Exit, UserError
from made_cli.runs.loading import load_run
from made_cli.runs.manifest import sealed

WEIGHTS = "networks/0.safetensors"


def refusal(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        load_run(path)
    assert caught.value.code == Exit.RUN_REFUSED
    assert "\n" not in str(caught.value) + caught.value.hint
    assert str(path) in str(caught.value)
    return str(caught.value)


def rewrite(path: Path, name: str, data: bytes) -> None:
    """Changes a file as somebody would who knows about the manifest."""
    (path / name).write_bytes(data)
    manifest = json.loads((path / "manifest.json").read_bytes())
    manifest["sha256"][name] = hashlib.sha256(data).hexdigest()
    (path / "manifest.json").write_bytes(sealed(manifest))


def change_weights(path: Path, change: Callable[[dict[str, torch.Tensor]], object]) -> None:
    weights = load((path / WEIGHTS).read_bytes())
    change(weights)
    rewrite(path, WEIGHTS, save(weights))


def change_record(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    record = json.loads((path / "run.json").read_bytes())
    change(record)
    rewrite(path, "run.json", json.dumps(record).encode())
