"""The names of the files of a run folder.

Knows: `run.json` the record · `trials.json` what a search for settings tried · `networks/0.safetensors` … the weights ·
`metrics.json` the result · `ensemble.json` saved combinations · `resume/` what a restart needs. `manifest.json` names
those of them that count. `metrics.jsonl`, a line an evaluation, is a log that it does not name.
"""

import re

RECORD = "run.json"
METRICS = "metrics.json"
EVALUATIONS = "metrics.jsonl"
ENSEMBLE = "ensemble.json"
TRIALS = "trials.json"
TRAIN_ROWS, VALID_ROWS = "rows/train.npy", "rows/valid.npy"
INNER = ("networks", "resume", "rows")
MAY_COUNT = (RECORD, METRICS, ENSEMBLE, TRIALS, "networks/*.safetensors", "resume/*.safetensors", "resume/*.json")
"""The names of all files that count in some run folder."""


def network_file(index: int) -> str:
    """Returns the name of the weights of a network."""
    return f"networks/{index}.safetensors"


def may_count(name: str) -> bool:
    """Says whether a run folder may have a file of this name that counts.

    >>> may_count("networks/12.safetensors"), may_count("networks/../12.safetensors"), may_count("ensembla.json")
    (True, False, False)
    """
    numbered = re.fullmatch(r"networks/\d+\.safetensors|resume/\d+\.(safetensors|json)", name)
    return name in MAY_COUNT or numbered is not None
