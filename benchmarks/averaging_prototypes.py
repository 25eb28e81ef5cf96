"""Devices that each write a few examples into free prototypes, put together in several ways."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from hardware.chip.known import LOIHI2
from hardware.emulator.engine import EmulatorBackend
from hardware.learning.methods.prototypes import prototype_network, prototypes
from hardware.learning.prototype_memory import PrototypeMemory
from hardware.program import Program
from hardware.session import Session
from hardware.spikes import SpikeTrain
from lava_fed.aggregate.aggregator import Aggregator
from lava_fed.data import registry
from lava_fed.learning.samples import labels_of
from lava_fed.messages.delta import WeightDelta, change_between
from lava_fed.partition.dirichlet import dirichlet
from lava_fed.shared import Shared

DEVICES, ALPHA = 10, 0.3
CLASSES, EACH = 10, 12
"""Classes, and prototypes of each."""
STEPS, ACTIVE, ALIKE = 40, 20, 10
"""Of a sample: its steps, the brightest pixels that fire in the first of them, how many must be shared."""
SHOTS, ROUNDS = 2, 2
"""Examples of each class that a device has which it shows in a round, if it has them; rounds."""
WEIGHTS = "input->prototypes"


def prototypes_learned(ways: Callable[[Shared], Mapping[str, Aggregator]], seed: int) -> dict[str, float]:
    """Return the accuracy on the test digits by way of putting together; ``alone``: the mean of lone devices."""
    method = prototypes(epoch=STEPS)
    network = prototype_network(64, CLASSES, EACH, method=method, active=ACTIVE, alike=ALIKE)
    shared = Shared.of(Program(network, LOIHI2))
    spikes, labels = brightest("device")
    test, answers = brightest("test")
    parts = dirichlet(labels, DEVICES, ALPHA, np.random.default_rng(seed), minimum=10)
    found: dict[str, float] = {}
    alone: list[float] = []
    with EmulatorBackend().load(shared.program) as session:
        for name, aggregator in ways(shared).items():
            state = aggregator.init(shared)
            for number in range(1, ROUNDS + 1):
                begin = aggregator.weights(state)
                deltas = []
                for device, part in enumerate(parts, 1):
                    chosen = shown(labels, part, number)
                    learned = _taught(session, begin[WEIGHTS], spikes.take(chosen), labels[chosen], seed)
                    change = change_between(begin, {WEIGHTS: learned})
                    who = f"device-{device}"
                    deltas.append(WeightDelta(shared.program.digest, who, number, number - 1, len(chosen), change))
                    if name == "master" and number == 1:
                        alone.append(_accuracy(session, test, answers))
                state = aggregator.apply(state, deltas)
            session.write_weights(aggregator.weights(state))
            found[name] = _accuracy(session, test, answers)
    return found | {"alone": float(np.mean(alone))}


def brightest(split: str) -> tuple[SpikeTrain, NDArray[np.int32]]:
    """Return digits whose brightest pixels, equally many in each, fire in the first step; and their labels."""
    images = registry.images("digits", split, 1)
    pixels = images.pixels.reshape(len(images), -1).astype(np.int64)
    order = np.argsort(-pixels, axis=1, kind="stable")[:, :ACTIVE]
    train = np.zeros((len(images), STEPS, pixels.shape[1]), np.uint8)
    train[np.arange(len(images))[:, np.newaxis], 0, order] = 1
    return SpikeTrain(train), labels_of(images)


def shown(labels: NDArray[np.int32], part: NDArray[np.int64], number: int) -> NDArray[np.int64]:
    """Return the examples that a device shows in a round: the next few of each class that it has."""
    chosen = []
    for label in range(CLASSES):
        mine = part[labels[part] == label]
        chosen.append(mine[(number - 1) * SHOTS : number * SHOTS])
    return np.concatenate(chosen) if any(map(len, chosen)) else part[:1]


def _taught(
    session: Session,
    begin: NDArray[np.int16],
    spikes: SpikeTrain,
    labels: NDArray[np.int32],
    seed: int,
) -> NDArray[np.int16]:
    session.write_weights({WEIGHTS: begin})
    used = begin.any(axis=1).reshape(CLASSES, EACH).sum(axis=1)
    memory = PrototypeMemory(session, EACH, used.tolist())
    for index, label in enumerate(labels.tolist()):
        if memory.used[label] < EACH:
            memory.learn(spikes.take(np.array([index])), np.array([label]), seed=seed)
    return session.weights()[WEIGHTS].copy()


def _accuracy(session: Session, spikes: SpikeTrain, labels: NDArray[np.int32]) -> float:
    recalled = PrototypeMemory(session, EACH, [0] * CLASSES).recall(spikes)
    return float((recalled == labels).mean())
