"""Three attackers of ten: plain averages fall to them, robust rules lose less than five points."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.byzantine import ATTACKS, DEVICES, RULES
from compile.pipeline import compile_model
from lava_fed.config import parse
from lava_fed.coordinator.rounds import federate

ROUNDS = 15
LOSS = 0.05
Learn = Callable[[str, str], float]


@pytest.fixture(scope="module")
def learn(tmp_path_factory: pytest.TempPathFactory) -> Learn:
    """Let ten devices learn digits with whole networks on chip, while some attack; return the accuracy."""
    folder = tmp_path_factory.mktemp("byzantine")
    program = compile_model(Path("63-64-10"), learn="direct_feedback", options={"threshold": "400"})
    program.save(folder / "network.h5")

    def learned(rule: str, attack: str) -> float:
        document: dict[str, Any] = {
            "program": {"path": "network.h5"},
            "data": {"name": "digits", "steps": 16},
            "devices": {"count": DEVICES, "partition": "dirichlet", "alpha": 10.0},
            "rounds": {"count": ROUNDS},
            "aggregate": dict(RULES[rule]),
            "judge": {"every": ROUNDS, "devices": False},
            "run": {"seed": 1, "workers": 1, "baselines": False},
        }
        if ATTACKS[attack]:
            document["attack"] = dict(ATTACKS[attack])
        return federate(parse(document, folder, "this test"), folder / f"{rule} {attack}").accuracy

    return learned


@pytest.fixture(scope="module")
def quiet(learn: Learn) -> float:
    """Accuracy of the plain average where nobody attacks."""
    return learn("fedavg", "none")


def test_the_plain_average_collapses(learn: Learn, quiet: float) -> None:
    assert quiet > 0.9
    assert learn("fedavg", "sign_flip") < quiet - 0.5


@pytest.mark.parametrize("rule", ["median", "trimmed_mean", "krum", "multi_krum", "bulyan", "geometric_median"])
def test_robust_rules_lose_less_than_five_points(learn: Learn, quiet: float, rule: str) -> None:
    assert learn(rule, "sign_flip") > quiet - LOSS
