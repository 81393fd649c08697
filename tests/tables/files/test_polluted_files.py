"""However a file went wrong, it is read right, refused or told: once in each way; `make trust` does so many times."""

import numpy as np
import pytest

from tests.trust.pollution import POLLUTIONS
from tests.trust.reading import outcome
from tests.trust.tables import clean_tables


@pytest.mark.parametrize("what", POLLUTIONS)
def test_a_polluted_file_is_never_silently_different(what: str) -> None:
    tables = list(clean_tables(7))[: 1 if what == "a cell of 10 MB" else None]
    found = [outcome(POLLUTIONS[what](clean, np.random.default_rng(7))) for clean in tables]
    assert set(found) <= {"right", "told", "refused"}
    assert what != "untouched" or set(found) == {"right"}
