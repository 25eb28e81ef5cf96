"""Contenders in processes of their own, asked line by line."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from benchmarks.child import Child, ContenderError, own_python
from benchmarks.contenders.contender import Job, digest
from benchmarks.contest import operations_of
from benchmarks.networks import Workload, dense_layer, small
from benchmarks.portable import why_not, write_job
from benchmarks.registry import Entrant, ours, peers
from hardware.chip.known import LOIHI2
from hardware.emulator.engine import EmulatorBackend
from hardware.network import Connection, Layer, Network
from hardware.neurons.cuba import Cuba
from hardware.neurons.sigma_delta import Delta
from hardware.program import Program
from hardware.spikes import SpikeTrain
from hardware.synapses.dense import Dense
from hardware.synapses.sparse import Sparse


def workload(steps: int = 8) -> Workload:
    spikes = (np.random.default_rng(0).random((3, steps, 64)) < 0.3).astype(np.uint8)
    return Workload("tiny", small, lambda _: spikes, "random spikes", steps)


@pytest.fixture
def job(tmp_path: Path) -> Path:
    write_job(workload(), tmp_path)
    return tmp_path


def test_ours_tells_times_memory_and_the_digests_of_its_messages(job: Path) -> None:
    with Child(own_python(), ours().module, job) as child:
        run = child.ask({"ask": "run", "batch": 3, "repeats": 2, "threads": 2})
        check = child.ask({"ask": "check", "samples": 3})
    made = workload()
    sent = EmulatorBackend().load(made.program).run(SpikeTrain(made.input)).spikes
    assert child.start_up > 0 and run["seconds"] > 0 and run["memory"] > 1 << 20
    assert check["digests"] == {name: digest(np.asarray(values)) for name, values in sent.items()}
    assert check["spikes"]["hidden"] == np.count_nonzero(sent["hidden"]) > 0


def test_a_contender_that_fails_gives_its_error_as_reason(tmp_path: Path) -> None:
    with pytest.raises(ContenderError, match=r"meta\.json"):
        Child(own_python(), ours().module, tmp_path)


def test_a_process_that_ends_without_a_word_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ContenderError, match="No module named"):
        Child(own_python(), "benchmarks.contenders.nobody", tmp_path)


def test_a_contender_that_is_not_installed_is_said_to_be_missing() -> None:
    there = Entrant("Nobody", "nowhere", "no-such-package-at-all", "nothing").availability()
    assert not there.ok and "no-such-package-at-all is not installed" in there.text
    elsewhere = Entrant("Nobody", "nowhere", "numpy", "nothing", room="no-such-room").availability()
    assert not elsewhere.ok and elsewhere.remedy == "make peers"


def test_every_entrant_has_a_module() -> None:
    root = Path(__file__).parents[2]
    for entrant in (ours(), *peers()):
        assert (root / (entrant.module.replace(".", "/") + ".py")).exists(), entrant.name
        assert entrant.batches[0] == 1, "ours at batch 1 must find its counterpart"


def test_operations_are_the_synapses_of_every_spike_and_not_what_the_host_drives() -> None:
    """Two spikes of ones into 3 targets each are 6; those that drive neurons directly are none."""
    layers = (
        Layer("first", Cuba(4096, 4096, 0, np.zeros(2, np.int16))),
        Layer("second", Cuba(4096, 0, 131071, np.zeros(3, np.int16))),
    )
    connections = (
        Connection("input", "first", Sparse.diagonal(np.full(2, 2, np.int16)), direct=True),
        Connection("first", "second", Dense(np.ones((3, 2), np.int16) * 2)),
    )
    program = Program(Network(2, layers, connections), LOIHI2)
    spikes = np.array([[[1, 1], [0, 0]]], np.uint8)
    made = Workload("tiny", lambda: program, lambda _: spikes, "by hand", 2)
    assert operations_of(EmulatorBackend().load(program).run(SpikeTrain(spikes)), made) == 6


def test_an_image_is_held_over_all_steps_without_being_copied(job: Path) -> None:
    np.save(job / "input.npy", np.arange(12, dtype=np.int32).reshape(2, 6))
    held = Job(job).messages(1, 2)
    assert held.shape == (2, 8, 6) and held.strides[1] == 0
    assert held[0, 3].tolist() == [6, 7, 8, 9, 10, 11]
    assert held[1, 0].tolist() == [0, 1, 2, 3, 4, 5], "a batch beyond the last sample begins again"


def test_a_chain_of_leaky_neurons_can_be_expressed_elsewhere_and_others_say_why_not() -> None:
    network = dense_layer(4, 3).network
    assert why_not(network) == ""
    layer = network.layers[0]
    with_delays = dataclasses.replace(layer, delays=np.array([0, 1, 0], np.uint8))
    assert "layer is no plain leaky" in why_not(dataclasses.replace(network, layers=(with_delays,)))
    delta = Layer("layer", Delta(3, threshold=0))
    assert why_not(dataclasses.replace(network, layers=(delta,))) == "no delta neurons"


@pytest.mark.parametrize("name", ["snntorch", "spikingjelly", "norse"])
def test_a_peer_that_is_installed_sends_what_ours_sends_in_every_layer(name: str, tmp_path: Path) -> None:
    entrant = next(entrant for entrant in peers() if entrant.package == name)
    if not entrant.availability().ok:
        pytest.skip(entrant.availability().text)
    made = workload()
    write_job(made, tmp_path)
    with Child(entrant.python, entrant.module, tmp_path) as child:
        spikes = child.ask({"ask": "check", "samples": 3})["spikes"]
    expected = EmulatorBackend().load(made.program).run(SpikeTrain(made.input)).spikes
    assert spikes == {name: np.count_nonzero(sent) for name, sent in expected.items()}
    assert min(spikes.values()) > 0
