"""A neural spline flow (zuko) on one standardised set: the peer of continuous.py, run under an interpreter of its own.

Knows: zuko and torch, nothing of `made`. Reads an .npz of float arrays train, valid, test (N, D) and widths (D), the
steps in which the columns were recorded; prints one JSON line.

    python -m venv peers && peers/bin/pip install numpy torch zuko
    peers/bin/python tests/benchmarks/continuous_nsf.py set.npz --settings large decayed small --seconds 720

Protocol: AdamW, learning rate 0.001, batches of 512, gradient norm clipped at 5. Every 50 steps the validation rows are
scored; the weights of the best score are kept. After 8 scores without a better one the rate is halved, after 20 the
setting stops ("patience": converged). The settings share --seconds of the processor equally, and what one leaves goes
to the next; a setting that comes to the end of its share has its rate brought down to zero over the share's last
quarter ("time"). The setting of the best validation score is chosen. Seed 0, one thread. With --cells, each training
row is moved at random within its recorded cell whenever it is used, and the density of a row is the mean over its
cell, estimated from 16 random points there (on average too low, if anything).
"""

import argparse
import json
import math
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

RATE, BATCH, CLIP = 1e-3, 512, 5.0
EVERY, HALVE_AFTER, STOP_AFTER = 50, 8, 20
LAST = 0.25
"""Share of a setting's time over which the rate goes to zero."""
POINTS = 16
"""Points in a cell at which its density is taken."""


@dataclass(frozen=True)
class Setting:
    """One flow: how many transforms, the units of each one's network, and AdamW's weight decay."""

    transforms: int
    hidden: tuple[int, ...]
    weight_decay: float


SETTINGS = {
    "large": Setting(5, (256, 256), 0.0),
    "decayed": Setting(5, (128, 128), 1.0),
    "small": Setting(3, (64, 64), 0.1),
}


def main() -> None:
    """Trains each setting, and prints the one that the validation rows choose, with all the others."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("arrays", type=Path, help=".npz of train, valid, test")
    parser.add_argument("--settings", nargs="+", choices=SETTINGS, default=list(SETTINGS))
    parser.add_argument("--cells", action="store_true", help="densities of recorded cells, not of points")
    parser.add_argument("--seconds", type=float, default=720.0, help="of the processor, for all settings together")
    options = parser.parse_args()
    torch.set_num_threads(1)
    with np.load(options.arrays) as arrays:
        rows = {part: torch.tensor(arrays[part], dtype=torch.float32) for part in ("train", "valid", "test", "widths")}
    if not options.cells:
        rows["widths"].zero_()
    end, found = time.process_time() + options.seconds, []
    for place, name in enumerate(options.settings):
        share = max(1.0, (end - time.process_time()) / (len(options.settings) - place))
        found.append({"what": name, **asdict(SETTINGS[name]), **fit(rows, SETTINGS[name], share)})
        sys.stderr.write(f"{found[-1]}\n")
    best = max(found, key=lambda one: one["valid"])
    seconds = sum(one["seconds"] for one in found)
    sys.stdout.write(json.dumps({**best, "seconds": seconds, "all": found}) + "\n")


def fit(rows: dict[str, torch.Tensor], setting: Setting, seconds: float) -> dict[str, Any]:
    """Trains one flow and returns its mean log-densities, nats a row, and how training went."""
    import zuko  # type: ignore[import-not-found]

    torch.manual_seed(0)
    train, start = rows["train"], time.process_time()
    flow = zuko.flows.NSF(train.shape[1], transforms=setting.transforms, hidden_features=setting.hidden)
    optimizer = torch.optim.AdamW(flow.parameters(), lr=RATE, weight_decay=setting.weight_decay)
    best, kept, since, steps, rate, stopped = -np.inf, flow.state_dict(), 0, 0, RATE, ""
    while not stopped:
        for mine in torch.split(torch.randperm(len(train)), BATCH):
            left = 1 - (time.process_time() - start) / seconds
            optimizer.param_groups[0]["lr"] = rate * min(1.0, max(left, 0.0) / LAST)
            optimizer.zero_grad()
            (-flow().log_prob(moved(train[mine], rows["widths"])).mean()).backward()
            torch.nn.utils.clip_grad_norm_(flow.parameters(), CLIP)
            optimizer.step()
            steps += 1
            if steps % EVERY and left > 0:
                continue
            score = float(densities(flow, rows["valid"], rows["widths"]).mean())
            since += 1
            if score > best:
                best, since = score, 0
                kept = {name: weight.clone() for name, weight in flow.state_dict().items()}
            if since and since % HALVE_AFTER == 0:
                rate /= 2
            stopped = "time" if left <= 0 else "patience" if since >= STOP_AFTER else ""
            if stopped:
                break
    flow.load_state_dict(kept)
    test = densities(flow, rows["test"], rows["widths"])
    return {
        "valid": best,
        "test": float(test.mean()),
        "se": float(test.std() / len(test) ** 0.5),
        "worst": float(test.min()),
        "epochs": round(steps / -(-len(train) // BATCH), 1),
        "steps": steps,
        "stopped": stopped,
        "seconds": round(time.process_time() - start, 1),
    }


def moved(rows: torch.Tensor, widths: torch.Tensor) -> torch.Tensor:
    """Returns a random point in the cell of each row."""
    return rows + (torch.rand_like(rows) - 0.5) * widths


@torch.no_grad()
def densities(flow: Any, rows: torch.Tensor, widths: torch.Tensor) -> torch.Tensor:  # noqa: ANN401 -- zuko has no types
    """Returns (N,) log-densities."""
    points = POINTS if widths.any() else 1
    found = [
        torch.stack([flow().log_prob(moved(part, widths)).double() for _ in range(points)]).logsumexp(dim=0)
        for part in torch.split(rows, 4096)
    ]
    return torch.cat(found) - math.log(points)


if __name__ == "__main__":
    main()
