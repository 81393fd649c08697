"""What the fork server does once, so that no process of `tests.trust.children` has to: imports, a run of each command.

Knows: by one thread, for the threads of a process do not survive a fork.
"""

import contextlib
import io
import os
import sys
import tempfile
import threading

import torch

from made_cli.cli import app

LINES = "one,city,size\n" + "".join(f"{n % 2},{'Ulm' if n % 3 else ''},{n * 0.37:.2f}\n" for n in range(40))
RUN = ("run", "t.csv", "-q")
COMMANDS = (
    ("train", "t.csv", "--out", "run", "--hidden", "4", "--epochs", "1", "-q"),
    ("info", "run", "--json"),
    ("verify", "run"),
    ("score", *RUN),
    ("impute", *RUN),
    ("sample", "run", "-n", "2", "-q"),
    ("query", "run", "size > 0", "--samples", "10", "-q"),
    ("ensemble-eval", *RUN, "--permutations", "1,2", "--samples", "10"),
)


def warm_up() -> None:
    """Runs the commands on a small table, and waits for the threads that answered signals."""
    torch.set_num_threads(1)
    here, old = os.getcwd(), sys.argv
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        with open("t.csv", "w", encoding="utf-8") as file:
            file.write(LINES)
        for arguments in COMMANDS:
            sys.argv = ["made", *arguments]
            streams = [io.TextIOWrapper(io.BytesIO()) for _ in range(2)]
            outputs = contextlib.redirect_stdout(streams[0]), contextlib.redirect_stderr(streams[1])
            with outputs[0], outputs[1], contextlib.suppress(SystemExit):
                app.main()
        os.chdir(here)
    sys.argv = old
    for thread in threading.enumerate():
        if thread.name == "signals":
            thread.join()


warm_up()
