"""Fixtures of the tests of made_cli.training."""

import pytest

from made_cli.training import network_trainer, schedule


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Evaluations and the phases of the schedule come ten times as soon."""
    monkeypatch.setattr(network_trainer, "EVALUATION_STEPS", 10)
    monkeypatch.setattr(schedule, "WARM_UP", 20)
    monkeypatch.setattr(schedule, "SHORTEST_DECAY", 10)
