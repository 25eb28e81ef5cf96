"""Records of rounds come back from JSON as they were, and nothing else does."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from hardware.counters import Counters
from lava_fed.runs.baseline import Baseline, Baselines
from lava_fed.runs.record import DeviceRecord, Fate, RoundRecord

EVENTS = Counters({"input": 3}, {"a->b": 4}, {"b": 5}, {"a->b": 2**70})
DEVICES = (
    DeviceRecord("a", Fate.ANSWERED, "", 100, 20, 7, 0.5, 2, EVENTS, 3.25),
    DeviceRecord("b", Fate.REFUSED, "its checksum does not match", 100, 30),
    DeviceRecord("c", Fate.SILENT, down=90),
    DeviceRecord("d", Fate.ANSWERED, "", 10, 2, 9, 0.25, 0, EVENTS),
)


def record(**changes: Any) -> RoundRecord:
    fields = {
        "round": 3,
        "accuracy": 0.5,
        "device_accuracy": {"a": 0.25},
        "task_accuracy": (0.5, 1.0),
        "devices": DEVICES,
        "forwarded": {"edge-0": 5},
        "clock": 12.5,
        "clipped": 9,
        "weights_digest": "ab",
        "agreement": -0.25,
    }
    return RoundRecord(**(fields | changes))


@pytest.mark.parametrize("accuracy", [None, 0.0, 1.0])
def test_a_record_survives_json(accuracy: float | None) -> None:
    one = record(accuracy=accuracy)
    assert RoundRecord.from_json(json.loads(json.dumps(one.to_json()))) == one


def test_only_what_was_used_counts_but_all_bytes_do() -> None:
    one = record()
    assert one.samples == {"a": 7, "d": 9}
    assert one.counters == EVENTS + EVENTS
    assert (one.bytes_up, one.bytes_down) == (20 + 30 + 2 + 5, 300)
    nobody = record(devices=DEVICES[1:3])
    assert nobody.samples == {} and nobody.counters == Counters()


@pytest.mark.parametrize(
    "change",
    [
        {"accuracy": 1.5},
        {"accuracy": 1},
        {"accuracy": float("nan")},
        {"device_accuracy": {"a": "half"}},
        {"device_accuracy": [0.5]},
        {"task_accuracy": [2.0]},
        {"round": -1},
        {"round": True},
        {"clock": -1.0},
        {"clock": float("inf")},
        {"clock": 3},
        {"forwarded": {"edge-0": -5}},
        {"clipped": None},
        {"agreement": 2.0},
        {"agreement": 0},
        {"more": 1},
    ],
)
def test_what_is_no_record_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError, KeyError, AttributeError)):
        RoundRecord.from_json(json.loads(json.dumps(record().to_json())) | change)


@pytest.mark.parametrize(
    "change",
    [
        {"fate": "lost"},
        {"up": -1},
        {"down": 2**80},
        {"loss": -0.5},
        {"loss": 1},
        {"age": "old"},
        {"counters": {}},
        {"drift": -1.0},
        {"drift": float("inf")},
    ],
)
def test_what_is_no_record_of_a_device_is_refused(change: dict[str, Any]) -> None:
    value = json.loads(json.dumps(dataclasses.asdict(DEVICES[0])))
    assert DeviceRecord.from_json(value) == DEVICES[0]
    if "counters" in change:
        assert DeviceRecord.from_json(value | change).counters == Counters()
        return
    with pytest.raises((ValueError, TypeError, KeyError)):
        DeviceRecord.from_json(value | change)


def test_a_record_without_a_field_is_refused() -> None:
    for name in record().to_json():
        value = {key: each for key, each in record().to_json().items() if key != name}
        with pytest.raises(ValueError, match="does not hold what a record holds"):
            RoundRecord.from_json(value)


def test_baselines_survive_json_and_name_the_best() -> None:
    one, other = Baseline("a", 3, (0.5, 0.25)), Baseline("b", 4, (0.0, 0.75))
    assert Baseline.from_json(json.loads(json.dumps(one.to_json()))) == one
    assert Baselines((one, other), Baseline("pooled", 7, (1.0,))).best_single is other
    for wrong in ({"accuracy": []}, {"accuracy": [2.0]}, {"samples": -1}):
        with pytest.raises(ValueError, match="."):
            Baseline.from_json(one.to_json() | wrong)
