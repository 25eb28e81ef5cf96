"""What is stored about a round comes back, or is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from hardware.counters import Counters
from lava_fed.ledger import Traffic, total
from lava_fed.record import Baseline, Baselines, RoundRecord

RECORD = RoundRecord(
    round=3,
    accuracy=0.75,
    device_accuracy={"device-0": 0.0, "device-1": 1.0},
    samples={"device-0": 9, "device-1": 1},
    traffic=(Traffic("device-0", 100, 20), Traffic("device-1", 100, 30)),
    counters=Counters({"input": 2**70}, {"input->a": 1}, {"a": 2}, {"a->b": 0}),
    clipped=4,
    weights_digest="0" * 64,
)


def stored(record: RoundRecord | Baseline) -> Any:
    return json.loads(json.dumps(record.to_json()))


def test_a_record_comes_back() -> None:
    assert RoundRecord.from_json(stored(RECORD)) == RECORD
    assert (RECORD.bytes_down, RECORD.bytes_up) == (200, 50)
    assert total(RECORD.traffic) == Traffic("all", 200, 50)


@pytest.mark.parametrize(
    "change",
    [
        lambda r: r.pop("round"),
        lambda r: r.update(surprise=1),
        lambda r: r.update(round="3"),
        lambda r: r.update(round=True),
        lambda r: r.update(round=10**400),
        lambda r: r.update(accuracy=1.5),
        lambda r: r.update(accuracy=float("nan")),
        lambda r: r.update(accuracy=None),
        lambda r: r.update(device_accuracy=[0.5]),
        lambda r: r["device_accuracy"].update({"device-0": "high"}),
        lambda r: r["samples"].update({"device-0": -1}),
        lambda r: r["traffic"][0].update(up=None),
        lambda r: r["traffic"][0].pop("down"),
        lambda r: r.update(counters=[]),
        lambda r: r["counters"].update(joules={}),
        lambda r: r["counters"]["spikes"].update(input=0.5),
        lambda r: r.update(clipped=-1),
    ],
)
def test_anything_else_is_refused(change: Callable[[Any], object]) -> None:
    value = stored(RECORD)
    change(value)
    with pytest.raises((KeyError, TypeError, ValueError, AttributeError)):
        RoundRecord.from_json(value)


def test_a_baseline_comes_back_or_is_refused() -> None:
    baseline = Baseline("device-0", 9, (0.5, 0.25))
    assert Baseline.from_json(stored(baseline)) == baseline
    for wrong in ({"accuracy": []}, {"accuracy": [2.0]}, {"accuracy": None}, {"samples": "9"}):
        with pytest.raises((TypeError, ValueError)):
            Baseline.from_json({**stored(baseline), **wrong})


def test_the_best_single_device_is_the_best_at_the_end() -> None:
    alone = (Baseline("a", 1, (0.9, 0.8, 0.2)), Baseline("b", 1, (0.1, 0.2, 0.3)))
    assert Baselines(alone, Baseline("pooled", 2, (0.5, 0.6, 0.7))).best_single.name == "b"
