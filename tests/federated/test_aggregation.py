"""Rules, edges, server steps within whole federations."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from lava_fed.config import load
from lava_fed.coordinator.rounds import FederationResult, federate
from tests.federated.conftest import files

CONNECTION = "hidden->readout"


@pytest.fixture
def run(tmp_path: Path, config: Callable[..., Path]) -> Callable[..., FederationResult]:
    """Run three rounds with an ``[aggregate]`` in a folder of its own."""

    def federated(folder: str, **aggregate: object) -> FederationResult:
        layers = aggregate.pop("layers", {})
        tables = {"judge": {"every": 3, "devices": False}, "aggregate": aggregate, "aggregate.layers": layers}
        return federate(load(config(**tables)), tmp_path / folder)

    return federated


def digests(result: FederationResult) -> list[str]:
    return [record.weights_digest for record in result.records]


def test_edges_below_a_mean_change_no_weight_and_their_bytes_are_told(
    run: Callable[..., FederationResult],
) -> None:
    flat, edges = run("flat"), run("edges", edges=2)
    assert digests(flat) == digests(edges)
    assert all(record.forwarded == {} for record in flat.records)
    for record in edges.records:
        assert sorted(record.forwarded) == ["edge-0", "edge-1"]
        up = [device.up for device in record.devices]
        assert all(50 < size < 4 * max(up) for size in record.forwarded.values())


@pytest.mark.parametrize("server", ["momentum", "yogi"])
def test_what_a_server_step_remembers_outlives_the_process(
    tmp_path: Path, run: Callable[..., FederationResult], server: str
) -> None:
    whole = run("whole", server=server, rate=0.5)
    assert digests(whole) != digests(run("plain", rate=0.5))
    shutil.copytree(tmp_path / "whole", tmp_path / "cut")
    for path in [*(tmp_path / "cut" / "rounds").glob("000[23]*"), tmp_path / "cut" / "final.h5"]:
        path.unlink()
    federate(load(tmp_path / "whole" / "config.toml"), tmp_path / "cut", resume=True)
    assert files(tmp_path / "cut") == files(tmp_path / "whole")


def test_one_connection_may_have_a_rule_of_its_own(run: Callable[..., FederationResult]) -> None:
    assert digests(run("all", name="median")) == digests(run("one", layers={f'"{CONNECTION}"': "median"}))
