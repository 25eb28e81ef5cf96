"""Federations whose devices send less than they learned."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lava_fed.config import load
from lava_fed.coordinator.rounds import FederationResult, federate
from lava_fed.data import archive
from lava_fed.data import registry as data
from lava_fed.errors import ConfigError

SMALL: dict[str, dict[str, Any]] = {
    "data": {"name": None, "steps": None, "train": "train.npz", "test": "test.npz"},
    "devices": {"count": 3},
    "rounds": {"count": 3},
}


@pytest.fixture(autouse=True)
def few_samples(tmp_path: Path) -> None:
    archive.write(tmp_path / "train.npz", data.load("digits", "device", 16).take(slice(0, 150)))
    archive.write(tmp_path / "test.npz", data.load("digits", "test", 16).take(slice(0, 60)))


def run(config: Callable[..., Path], folder: Path, options: str = "", **uplink: Any) -> FederationResult:
    path = config(**SMALL, uplink=uplink)
    path.write_text(f"{path.read_text()}\n[uplink.options]\n{options}\n")
    return federate(load(path), folder)


@pytest.mark.parametrize(
    ("codec", "options"), [("topk", ""), ("sign", ""), ("lowbit", "bits = 3"), ("threshold", "threshold = 3.0")]
)
def test_a_codec_sends_fewer_bytes_and_the_rest_later(
    tmp_path: Path, config: Callable[..., Path], codec: str, options: str
) -> None:
    whole = run(config, tmp_path / "exact", codec="exact")
    less = run(config, tmp_path / "less", options, codec=codec)
    forgetful = run(config, tmp_path / "forgetful", options, codec=codec, feedback=False)
    assert sum(record.bytes_up for record in less.records) < sum(record.bytes_up for record in whole.records)
    first, second = (result.records[0].weights_digest for result in (less, forgetful))
    assert first == second, "nothing is held back before the first round"
    assert less.records[-1].weights_digest != forgetful.records[-1].weights_digest


def test_a_threshold_that_nothing_reaches_is_told_before_the_first_round(
    tmp_path: Path, config: Callable[..., Path]
) -> None:
    with pytest.raises(ConfigError, match=r"threshold = 600 is never reached, .* change by more than 511"):
        run(config, tmp_path / "run", "threshold = 600.0", codec="threshold")
    assert not (tmp_path / "run").exists()


def test_a_wrong_option_is_told_before_the_first_round(tmp_path: Path, config: Callable[..., Path]) -> None:
    with pytest.raises(ConfigError, match=r"uplink\.options\.k is no option of 'topk'; there are among"):
        run(config, tmp_path / "run", "k = 3", codec="topk")
    assert not (tmp_path / "run").exists()
