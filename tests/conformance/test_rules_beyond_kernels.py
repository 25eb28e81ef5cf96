"""Rules that the emulator's kernels cannot run are refused as it loads them."""

from __future__ import annotations

import pytest

from hardware.emulator.engine import EmulatorBackend
from hardware.errors import BackendError
from tests.programs import Case
from tests.rule_programs import EVERY_RULE


@pytest.mark.parametrize("case", EVERY_RULE, ids=lambda case: case.name)
def test_it_is_refused_in_a_sentence_that_names_the_connection(case: Case) -> None:
    with pytest.raises(BackendError, match=r"connection \w+->\w+ learns by a rule with .+, which its"):
        EmulatorBackend().load(case.program)
