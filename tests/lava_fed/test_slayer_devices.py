"""What a device makes of a round by SLAYER's surrogate gradients."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from compile.pipeline import compile_model
from hardware.chip.known import LOIHI2
from hardware.emulator.engine import EmulatorBackend
from hardware.errors import LavaFedError
from hardware.network import Connection, Layer, Network
from hardware.neurons.cuba import Cuba, Message, Reset
from hardware.neurons.relay import Relay
from hardware.program import Program
from hardware.spikes import SpikeTrain
from hardware.synapses.dense import Dense
from lava_fed.coordinator.accuracy import Examiner
from lava_fed.data.dataset import DataSet
from lava_fed.local.slayer.chain import Chain
from lava_fed.local.slayer.trainer import Slayer
from lava_fed.local.trainer import Job, Outcome, Work
from lava_fed.messages.delta import FRACTION_BITS
from lava_fed.messages.task import Task
from lava_fed.shared import Shared
from tests.slayer_programs import chain, noise, patterns

NEURONS: dict[str, Any] = {"current_decay": 4096, "voltage_decay": 0, "threshold": 120}


def trainer(**options: Any) -> Slayer:
    return Slayer(EmulatorBackend(), **{"rate": 4.0, "batch": 8, "temperature": 1.0, **options})


def job(
    program: Program, data: DataSet, *, turn: int = 1, halvings: int = 0, weights: Any = None, **fields: Any
) -> Job:
    shared = fields.pop("shared", None) or Shared.of(program, "all")
    task = Task(program.digest, turn, turn - 1, 5, halvings, turn - 1, weights or shared.base())
    return Job(shared, program, task, data, "device-0", **{"work": Work(), **fields})


def same(a: Outcome, b: Outcome) -> bool:
    return all(np.array_equal(a.change[name], b.change[name]) for name in a.change) and a.loss == b.loss


def size(change: Any) -> float:
    return float(np.sqrt(sum((array.astype(float) ** 2).sum() for array in change.values())))


@pytest.mark.parametrize("reset", list(Reset))
@pytest.mark.parametrize("message", [Message.SPIKE, Message.VOLTAGE])
@pytest.mark.parametrize("seed", range(4))
def test_its_forward_pass_is_the_emulators_bit_for_bit(seed: int, message: Message, reset: Reset) -> None:
    program, spikes = chain(seed, 20, 12, 8, 5, message=message, reset=reset), noise(seed, 7, 14, 20)
    with EmulatorBackend().load(program) as session:
        result = session.run(spikes)
    ours = Chain.of(program.network)
    steps, seen = ours.steps(14), ours.seen(spikes)
    weights = {c.name: c.synapse.weights.T.astype(np.float64).copy() for c in program.network.connections}
    passes = ours.forward(seen, weights, ours.room(seen, weights, 7, steps))
    for late, layer, made in zip((1, 2, 3), ("l1", "l2", "l3"), passes, strict=True):
        np.testing.assert_array_equal(result.spikes[layer][:, late : late + steps], made.sent)
    scale = 1 if message is Message.SPIKE else 64
    np.testing.assert_array_equal(result.scores("l3"), ours.scores(passes) * scale)


def test_graded_input_that_is_held_gives_what_the_emulator_gives() -> None:
    program = compile_model(Path("15-9-6-4"))
    messages = np.random.default_rng(0).integers(0, 4096, (5, 16))
    held, given = SpikeTrain.held(messages, 10), SpikeTrain(np.repeat(messages[:, np.newaxis], 10, axis=1))
    with EmulatorBackend().load(program) as session:
        expected = session.run(held).scores("readout")
    ours = Chain.of(program.network)
    weights = {c.name: c.synapse.weights.T.astype(np.float64).copy() for c in program.network.connections}
    for spikes, length in ((held, 1), (given, 7)):
        seen = ours.seen(spikes)
        assert seen.shape[1] == length
        passes = ours.forward(seen, weights, ours.room(seen, weights, 5, ours.steps(10)))
        np.testing.assert_array_equal(ours.scores(passes) * 64, expected)


def test_gradients_of_held_and_of_repeated_input_are_equal() -> None:
    program = compile_model(Path("15-9-6-4"))
    messages = np.random.default_rng(1).integers(0, 4096, (8, 16))
    labels = (np.arange(8) % 4).astype(np.int32)
    changes = []
    for spikes in (SpikeTrain.held(messages, 10), SpikeTrain(np.repeat(messages[:, np.newaxis], 10, axis=1))):
        data = DataSet(spikes, labels, 4, "same")
        changes.append(trainer(temperature=256.0, optimizer="sgd", batch=0).work(job(program, data)).change)
    assert size(changes[0]) > 0
    for name, array in changes[0].items():
        np.testing.assert_allclose(array, changes[1][name], atol=1)


def test_one_device_learns_its_patterns() -> None:
    program, data = chain(3, 20, 16, 4, **NEURONS), patterns(0, 160)
    done = trainer().work(job(program, data, work=Work(passes=12)))
    shared = Shared.of(program, "all")
    after = {
        name: np.clip(2 * np.rint((base + done.change[name] / (1 << FRACTION_BITS)) / 2), -256, 254).astype(
            np.int16
        )
        for name, base in shared.base().items()
    }
    with Examiner(EmulatorBackend(), shared, patterns(1, 200), 1) as examiner:
        before, learned = examiner.judge([shared.base(), after])
    assert before < 0.6 and learned > 0.9
    assert done.samples == 160
    assert done.counters.spikes["input"] == 12 * int(np.count_nonzero(data.x.values))
    assert set(done.counters.synaptic_operations) == {"input->l1", "l1->l2"}


def test_a_round_is_a_pure_function_of_its_job() -> None:
    program, data = chain(1, 20, 12, 4, **NEURONS), patterns(0, 40)
    kept = trainer().work(job(program, data)).memory
    learner = trainer()
    first = learner.work(job(program, data, turn=2, memory=kept))
    learner.work(job(program, patterns(9, 24), work=Work(passes=2)))
    assert same(first, learner.work(job(program, data, turn=2, memory=kept)))
    assert same(first, trainer().work(job(program, data, turn=2, memory=kept)))
    assert not same(first, trainer().work(job(program, data, turn=2)))


def test_rounds_of_some_samples_go_on_through_the_data() -> None:
    program, data = chain(1, 20, 12, 4, **NEURONS), patterns(0, 40)
    work = Work(samples=25)
    assert trainer().work(job(program, data, work=work)).samples == 25
    shown = [set(job(program, data, turn=turn, work=work).order().tolist()) for turn in (1, 2)]
    assert shown[0] | shown[1] == set(range(40))


def test_halvings_halve_the_rate() -> None:
    program, data = chain(1, 20, 12, 4, **NEURONS), patterns(0, 8)
    slow = trainer(rate=2.0, optimizer="sgd", batch=0).work(job(program, data))
    slowed = trainer(rate=8.0, optimizer="sgd", batch=0).work(job(program, data, halvings=2))
    assert size(slow.change) > 0 and same(slow, slowed)


def test_what_is_not_shared_stays_as_it_is() -> None:
    program, data = chain(1, 20, 12, 4, **NEURONS), patterns(0, 40)
    shared = Shared.of(program, ("l1->l2",))
    done = trainer().work(job(program, data, shared=shared))
    assert list(done.change) == ["l1->l2"] and done.change["l1->l2"].any()


def test_a_proximal_term_keeps_a_device_near_the_global_weights() -> None:
    program, data = chain(1, 20, 12, 4, **NEURONS), patterns(0, 80)

    def drift(mu: float) -> float:
        work = Work(passes=4, proximal=mu)
        return size(trainer(optimizer="sgd", rate=20.0, momentum=0.0).work(job(program, data, work=work)).change)

    free, held, tight = drift(0.0), drift(0.002), drift(0.02)
    assert free > 1.05 * held > 1.05 * 1.05 * tight > 0


def test_ewc_holds_what_an_earlier_task_needed() -> None:
    program = chain(1, 20, 12, 4, **NEURONS)
    labels = patterns(0, 80).labels
    first, second = (patterns(0, 80).take(np.flatnonzero(labels // 2 == part)) for part in (0, 1))

    def second_task(weight: float) -> Outcome:
        learner = trainer(optimizer="sgd", rate=20.0, momentum=0.0)
        work = Work(passes=2, ewc=weight)
        kept = learner.work(job(program, first, work=work)).memory
        return learner.work(job(program, second, turn=2, work=work, memory=kept))

    free, held = second_task(1e-12), second_task(20.0)
    assert size(held.change) < 0.8 * size(free.change)
    kept = {name.rsplit("/", 1)[-1]: array for name, array in held.memory.items() if "/held/" in name}
    assert any(array.any() for array in kept.values())
    once = trainer().work(job(program, first, work=Work(ewc=0.5)))
    assert not any(array.any() for name, array in once.memory.items() if "/held/" in name)


def test_replay_shows_what_was_learned_before_beside_what_is_new() -> None:
    program = chain(1, 20, 12, 4, **NEURONS)
    everything = patterns(0, 80)
    first, second = (everything.take(np.flatnonzero(everything.labels // 2 == part)) for part in (0, 1))
    work = Work(replay=4000)
    kept = trainer().work(job(program, first, work=work)).memory
    done = trainer().work(job(program, second, turn=2, work=work, memory=kept))
    alone = trainer().work(job(program, second, turn=2, memory=kept))
    assert done.counters.neuron_updates["l1"] == 2 * alone.counters.neuron_updates["l1"]
    assert done.samples == alone.samples == len(second)


@pytest.mark.parametrize("work", [Work(joules=1.0), Work(seconds=1.0)])
def test_budgets_of_a_chip_are_refused_off_the_chip(work: Work) -> None:
    program, data = chain(1, 20, 12, 4, **NEURONS), patterns(0, 8)
    with pytest.raises(LavaFedError, match='limit what a chip spends, and devices of method "slayer"'):
        trainer().work(job(program, data, work=work))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"message": Message.GRADED}, "layer 'l1' cannot be trained with SLAYER here: its spikes are graded"),
        ({"refractory": 3}, "its refractory delay is 3"),
        ({"drive": 7}, "it has a bias; give it an input always on"),
        ({"message": Message.VOLTAGE}, "it sends voltages and is not the output"),
    ],
)
def test_neurons_that_slayer_does_not_have_are_refused(change: dict[str, Any], problem: str) -> None:
    program = chain(1, 6, 5, 4)
    first, second = program.network.layers
    assert isinstance(first.neuron, Cuba)
    layers = (Layer("l1", replace(first.neuron, **change)), second)
    refused(replace(program, network=replace(program.network, layers=layers)), problem)


def test_other_shapes_than_chains_are_refused() -> None:
    def made(*connections: Connection) -> Program:
        zeros: NDArray[np.int16] = np.zeros(3, np.int16)
        layers = tuple(Layer(name, Cuba(0, 0, 9, zeros)) for name in ("l1", "l2"))
        return Program(Network(3, layers, connections), LOIHI2)

    square = Dense(np.full((3, 3), 2, np.int16))
    ways = [Connection("input", "l1", square), Connection("l1", "l2", square)]
    refused(made(*ways, Connection("input", "l2", square)), "'input' leads to l1, l2")
    refused(made(*ways, Connection("l2", "l1", square)), "branch, join, end early or turn back")
    refused(made(Connection("input", "l2", square), Connection("l2", "l1", square)), "output")
    relay = Program(Network(3, (Layer("r", Relay(3)),), (Connection("input", "r", square),)), LOIHI2)
    refused(relay, "its neurons are of kind relay, not cuba")
    with pytest.raises(LavaFedError, match="samples of 2 steps end before a signal has passed 2 connections"):
        Chain.of(made(*ways).network).steps(2)


def refused(program: Program, problem: str) -> None:
    with pytest.raises(LavaFedError, match=problem):
        trainer().check(Shared.of(program, "all"), Work())


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"rate": 0.0}, "work.options.rate 0 must lie above 0"),
        ({"width": float("nan")}, "work.options.width nan must lie above 0"),
        ({"momentum": 1.0}, "work.options.momentum 1 must lie in 0..1 without 1"),
        ({"batch": -1}, "work.options.batch -1 must be an integer"),
        ({"optimizer": "lion"}, 'work.options.optimizer \'lion\' must be "adam" or "sgd"'),
    ],
)
def test_options_out_of_range_are_refused(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(LavaFedError, match=problem):
        trainer(**options)


def test_a_memory_of_other_weights_is_refused() -> None:
    program, data = chain(1, 20, 12, 4, **NEURONS), patterns(0, 16)
    for work in (Work(), Work(ewc=1.0)):
        kept = dict(trainer().work(job(program, data, work=work)).memory)
        name = next(name for name in kept if "l1->l2" in name)
        with pytest.raises(LavaFedError, match="memory.* does not fit connection l1->l2; start the run anew"):
            trainer().work(job(program, data, work=work, memory=kept | {name: kept[name][:1]}))
