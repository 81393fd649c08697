"""A browser without a window, for tests of pages: Chromium, driven over a pipe.

Knows: the DevTools protocol, as far as it takes to open a page in some width and in light or dark, to ask it for what a
reader would see, and to hear what it complains of. https://chromedevtools.github.io/devtools-protocol/
"""

import base64
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "chrome")
OPTIONS = ("--headless", "--no-sandbox", "--remote-debugging-pipe", "--disable-gpu", "--hide-scrollbars")
END = b"\0"
"""Ends each message of the pipe."""
ABOVE = 10
"""The first number of the pipes here: 3 and 4 are the browser's own names for them."""
COMPLAINTS = ("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown")


def found() -> str | None:
    """Returns the browser's program; None where there is none."""
    return next((path for path in map(shutil.which, PROGRAMS) if path), None)


@dataclass
class Browser:
    """A page that is open.

    Attributes:
        commands, answers: ends of the pipes.
        complaints: what the console shows, in turn.
        asked: the addresses that were asked for, in turn.
    """

    commands: int
    answers: Iterator[dict[str, Any]]
    complaints: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    session: str | None = None
    last: int = 0

    def command(self, method: str, **parameters: object) -> dict[str, Any]:
        """Gives a command; returns its result."""
        self.last += 1
        message = {"id": self.last, "method": method, "params": parameters}
        if self.session is not None:
            message["sessionId"] = self.session
        os.write(self.commands, json.dumps(message).encode() + END)
        for answer in self._heard():
            if answer.get("id") == self.last:
                assert "error" not in answer, answer
                return dict(answer["result"])
        raise AssertionError(f"the browser ended before it answered {method}")

    def wait_for(self, event: str) -> None:
        """Waits until something has happened."""
        assert any(answer.get("method") == event for answer in self._heard()), event

    def open(self, page: Path, width: int, scheme: str) -> None:
        """Opens a page in a window of a width in pixels, in a "light" or "dark" colour scheme."""
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self.command("Emulation.setDeviceMetricsOverride", **size)
        self.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.command("Page.navigate", url=page.as_uri())
        self.wait_for("Page.loadEventFired")

    def value(self, expression: str) -> Any:  # noqa: ANN401 (anything that JSON holds)
        """Returns what an expression of JavaScript has for a value on the page."""
        done = self.command("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in done, done
        return done["result"].get("value")

    def picture(self, file: Path) -> None:
        """Takes a picture of the whole page."""
        done = self.command("Page.captureScreenshot", captureBeyondViewport=True)
        file.write_bytes(base64.b64decode(done["data"]))

    def _heard(self) -> Iterator[dict[str, Any]]:
        for answer in self.answers:
            if answer.get("method") in COMPLAINTS:
                self.complaints.append(answer["params"])
            elif answer.get("method") == "Network.requestWillBeSent":
                self.asked.append(answer["params"]["request"]["url"])
            yield answer


@contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    """Starts a browser, with a page that is empty; `folder` takes what it writes for itself."""
    program = found()
    assert program is not None
    theirs_in, commands = _pipe()
    answers, theirs_out = _pipe()
    options = [*OPTIONS, f"--user-data-dir={folder}", "about:blank"]
    ends = [(os.POSIX_SPAWN_DUP2, theirs_in, 3), (os.POSIX_SPAWN_DUP2, theirs_out, 4)]
    with Path(os.devnull).open("wb") as nowhere:
        ends += [(os.POSIX_SPAWN_DUP2, nowhere.fileno(), number) for number in (1, 2)]
        process = os.posix_spawn(program, [program, *options], os.environ, file_actions=ends)
    os.close(theirs_in)
    os.close(theirs_out)
    started = Browser(commands, _messages(answers))
    try:
        (page, *_) = started.command("Target.getTargets")["targetInfos"]
        attached = started.command("Target.attachToTarget", targetId=page["targetId"], flatten=True)
        started.session = attached["sessionId"]
        for part in ("Page", "Runtime", "Log", "Network"):
            started.command(f"{part}.enable")
        yield started
        started.session = None
        started.command("Browser.close")
    finally:
        os.close(commands)  # which ends the browser
        os.waitpid(process, 0)
        os.close(answers)


def _pipe() -> tuple[int, int]:
    ends = os.pipe()
    high = tuple(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, ABOVE) for end in ends)
    for end in ends:
        os.close(end)
    return high[0], high[1]


def _messages(pipe: int) -> Iterator[dict[str, Any]]:
    rest = b""
    while data := os.read(pipe, 1 << 16):
        *whole, rest = (rest + data).split(END)
        yield from map(json.loads, whole)
