"""One device learns a task, then another, pulled back to where it was: how far it goes, what it forgets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from benchmarks.mini_federation import Judge
from hardware.chip.known import LOIHI2
from hardware.emulator.engine import EmulatorBackend
from hardware.learning.rule import LearningRule, Rounding
from hardware.network import INPUT, Connection, Layer, Network
from hardware.neurons.cuba import Cuba
from hardware.neurons.readout import Readout
from hardware.program import Program
from hardware.session import Session
from hardware.synapses.dense import Dense
from lava_fed.data import registry
from lava_fed.data.rated import Rated
from lava_fed.learning.samples import Samples, labels_of
from lava_fed.local.proximal import WHOLE, pulled
from lava_fed.shared import Shared
from lava_fed.skew.pictures import Rotation

STEPS, HIDDEN = 32, 128
MARGIN, SHIFT = 4096, 6
PASSES = 3
PIECE = 100
"""Samples between two pulls."""
WEIGHTS = "hidden->readout"


class Point(TypedDict):
    """What one strength of the pull came to, at one drift of the task; lengths in chip units, shares 0..1."""

    degrees: int
    share: int
    seed: int
    first: float
    largest: float
    reached: float
    before: float
    forgot: float
    endangered: float
    claimed: float
    other: float


@dataclass(frozen=True, eq=False)
class Bench:
    """A frozen layer with a readout, two tasks.

    Attributes
    ----------
    program : Program
        Random hidden units; the readout learns by its squared hinge.
    train, test : Rated
        Upright digits.
    """

    program: Program
    train: Rated
    test: Rated

    @classmethod
    def make(cls) -> Bench:
        """Return the bench."""
        images = (registry.images("digits", split, STEPS) for split in ("device", "test"))
        return cls(readout_program(), *images)

    def turned(self, degrees: int) -> tuple[Samples, Samples]:
        """Return the digits turned, to learn from and to be tested with."""
        turn = Rotation(float(degrees))
        train, test = (turn(images, np.arange(len(images))) for images in (self.train, self.test))
        return train, test


def readout_program() -> Program:
    """Return 64 inputs, 128 random hidden units, a readout of ten that knows nothing."""
    hidden = (np.random.default_rng(0).normal(0, 12, (HIDDEN, 64)).round() * 2).astype(np.int16)
    rule = LearningRule.parse("2^-7*u0*x1*y1", epoch=16, x1_impulse=8, x1_tau=100, rounding=Rounding.INDEPENDENT)
    network = Network(
        64,
        (
            Layer("hidden", Cuba(4096, 123, 250, np.zeros(HIDDEN, np.int16))),
            Layer("readout", Readout(10, MARGIN, SHIFT, -MARGIN)),
        ),
        (
            Connection(INPUT, "hidden", Dense(hidden)),
            Connection("hidden", "readout", Dense(np.zeros((10, HIDDEN), np.int16)), rule),
        ),
    )
    return Program(network, LOIHI2)


def follow(bench: Bench, degrees: int, share: int, seed: int, learned: NDArray[np.int16]) -> Point:
    """Learn the turned digits from weights that know the upright ones, and compare.

    Parameters
    ----------
    bench : Bench
        What learns from what.
    degrees : int
        How far the second task is turned against the first.
    share : int
        256ths of the way back to the first task's weights that each pull goes.
    seed : int
        Of orders and draws.
    learned : int16 array, shape (10, 128)
        The first task's weights.
    """
    other, other_test = bench.turned(degrees)
    with EmulatorBackend().load(bench.program) as session:
        after, lengths = walked(session, other, learned, share, seed)
        counts = session.run(bench.test.take(slice(None)).x, layers=["hidden"]).scores("hidden")
    shared = Shared.of(bench.program)
    with Judge(shared, bench.test) as judge, Judge(shared, other_test) as stranger:
        scores = judge.scores({WEIGHTS: learned})
        then, now = judge.right({WEIGHTS: learned}), judge.right({WEIGHTS: after})
        elsewhere = float(stranger.right({WEIGHTS: after}).mean())
    reached = float(np.linalg.norm(after.astype(np.int64) - learned))
    allowed = lengths[0] * (WHOLE - share) / share if share else np.inf
    safe = margins(scores, labels_of(bench.test)) / np.linalg.norm(counts, axis=1)
    return Point(
        degrees=degrees,
        share=share,
        seed=seed,
        first=lengths[0],
        largest=max(lengths),
        reached=reached,
        before=float(then.mean()),
        forgot=float((then & ~now).mean()),
        endangered=float((then & (safe <= np.sqrt(2) * reached)).mean()),
        claimed=float((then & (safe <= np.sqrt(2) * allowed)).mean()),
        other=elsewhere,
    )


def walked(
    session: Session, samples: Samples, begin: NDArray[np.int16], share: int, seed: int
) -> tuple[NDArray[np.int16], list[float]]:
    """Learn in pieces with a pull back to the beginning after each; return the weights, the pieces' lengths."""
    rng, weights, shown = np.random.default_rng(seed), begin, 0
    lengths: list[float] = []
    for _ in range(PASSES):
        order = rng.permutation(len(samples))
        for first in range(0, len(order), PIECE):
            part = samples.take(order[first : first + PIECE])
            session.write_weights({WEIGHTS: weights})
            session.learn(part.x, part.labels, seed=seed, after=shown, layers=())
            moved = session.weights()[WEIGHTS].copy()
            shown += len(part)
            lengths.append(float(np.linalg.norm(moved.astype(np.int64) - weights)))
            weights = pulled(moved, begin, share, rng)
    return weights, lengths


def first_task(bench: Bench, seed: int) -> NDArray[np.int16]:
    """Return weights that know the upright digits."""
    with EmulatorBackend().load(bench.program) as session:
        begin = session.weights()[WEIGHTS].copy()
        return walked(session, bench.train, begin, 0, seed)[0]


def margins(scores: NDArray[np.int64], labels: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return by how much the label's score is above the best other one, shape (samples,)."""
    rows = np.arange(len(labels))
    others = scores.copy()
    others[rows, labels] = np.iinfo(np.int64).min
    found: NDArray[np.int64] = scores[rows, labels] - others.max(axis=1)
    return found
