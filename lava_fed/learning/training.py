"""A plan at work on a session, a piece at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from hardware.counters import Counters
from hardware.errors import LavaFedError
from hardware.network import Network
from hardware.program import Program
from hardware.session import Session
from lava_fed.accuracy import accuracy
from lava_fed.data.dataset import DataSet
from lava_fed.learning.learner import Learner
from lava_fed.learning.plan import Plan
from lava_fed.learning.point import Point
from lava_fed.learning.record import TrainingRecord

PIECE = 32
"""Samples learned at once."""


class Training:
    """Carries a plan out; what comes of it does not depend on how often it was stopped.

    Parameters
    ----------
    session : Session
        The Program on a backend; learning begins with the Program's own weights.
    plan : Plan
        What to do.
    data : DataSet
        Samples to learn from.
    test : DataSet, optional
        Labelled samples that nobody learns from.
    record : TrainingRecord, optional
        Where to go on.

    Raises
    ------
    LavaFedError
        Where nothing can learn, data and Program do not fit, or the record is of another training.
    """

    def __init__(
        self,
        session: Session,
        plan: Plan,
        data: DataSet,
        test: DataSet | None = None,
        record: TrainingRecord | None = None,
    ) -> None:
        network = session.program.network
        self.plan, self.data, self.test = plan, data, test
        self.facts = facts(session.program, plan, data, test)
        self.judged = check_data(network, data, test)
        self._output = network.output.name
        self._ordered, self._order = -1, np.zeros(0, np.int64)
        if record is None:
            session.write_weights(session.program.weights())
            self._learner = Learner(session, seed=plan.seed)
            self._learner.frozen = plan.frozen
            self._points: tuple[Point, ...] = ()
            self._begin_stretch()
            return
        check_same(record, self.facts)
        self._learner = Learner.resume(session, record.state)
        self._points, self._shown, self._right = record.points, record.shown, record.right
        self._counters = record.counters

    def _begin_stretch(self) -> None:
        self._shown, self._right, self._counters = 0, 0, Counters()

    @property
    def session(self) -> Session:
        """Where it learns."""
        return self._learner.session

    @property
    def total(self) -> int:
        """Samples to be learned, every pass counted."""
        return self.plan.passes * len(self.data)

    @property
    def learned(self) -> int:
        """Samples learned so far."""
        return self._learner.learned

    @property
    def points(self) -> tuple[Point, ...]:
        """The curve so far; the first point is from before learning."""
        return self._points

    @property
    def running(self) -> float | None:
        """Share labelled rightly while learning since the last point; ``None`` where that says nothing."""
        return self._right / self._shown if self.judged and self._shown else None

    @property
    def done(self) -> bool:
        """Whether all samples have been learned, and the last test was held."""
        return bool(self._points) and self._points[-1].learned == self.total

    @property
    def record(self) -> TrainingRecord:
        """All that is needed to go on from here."""
        return TrainingRecord(
            self.facts, self._learner.pause(), self._points, self._shown, self._right, self._counters
        )

    def advance(self) -> None:
        """Take the next step: a test where one is due, else some samples."""
        learned, size = self.learned, len(self.data)
        due = self.plan.next_test(learned, size)
        if due == learned and (not self._points or self._points[-1].learned < learned):
            self._take_point()
            return
        number, place = divmod(learned, size)
        last = min(place + PIECE - learned % PIECE, self.plan.next_test(learned + 1, size) - number * size)
        if number != self._ordered:
            self._ordered, self._order = number, self.plan.order(number, size)
        part = self.data.take(self._order[place:last])
        labels = np.full(len(part), -1, np.int32) if part.y is None else part.y
        layers = [self._output] if self.judged else []
        result = self._learner.learn(part.x, labels, layers=layers)
        self._shown += len(part)
        self._counters = self._counters + result.counters
        if self.judged:
            winners = result.scores(self._output).argmax(axis=1)
            self._right += int(np.count_nonzero(winners == labels))

    def _take_point(self) -> None:
        session = self.session
        weights, begun = session.weights(), session.program.weights()
        share = None if self.test is None else accuracy(session, self.test, weights)
        changed = sum(int(np.count_nonzero(weights[name] != begun[name])) for name in begun)
        right = self._right if self.judged else None
        point = Point(self.learned, share, self._shown, right, changed, self._counters)
        self._points = (*self._points, point)
        self._begin_stretch()

    def program(self) -> Program:
        """Return the Program with the weights as they are now; its provenance says how it learned."""
        program = self.session.program
        said = {
            "learned.from": self.data.title,
            "learned.samples": str(self.learned),
            "learned.seed": str(self.plan.seed),
            "learned.program": program.digest,
        }
        learned = program.with_weights(self.session.weights())
        return replace(learned, provenance={**program.provenance, **said})


def facts(program: Program, plan: Plan, data: DataSet, test: DataSet | None) -> dict[str, Any]:
    """Return what decides the result of a training, as JSON values."""
    return {
        "program": program.digest,
        "data": data.digest,
        "test": None if test is None else test.digest,
        **plan.facts(),
    }


def check_same(record: TrainingRecord, wanted: dict[str, Any]) -> None:
    """Refuse to go on with another training than was begun.

    Raises
    ------
    LavaFedError
        Naming the first thing that is another.
    """
    for key, now in wanted.items():
        before = record.facts.get(key, "not set")
        if before != now:
            raise LavaFedError(
                f"the training that was begun had another {key}: {before!s:.60} then, {now!s:.60} now; go on with "
                "the same, or begin anew"
            )


def check_data(network: Network, data: DataSet, test: DataSet | None) -> bool:
    """Check that samples and their labels fit a network.

    Returns
    -------
    bool
        Whether the output layer is to tell the label, so that its answers can be judged.

    Raises
    ------
    LavaFedError
        Where samples have another number of units, or labels are missing or beyond the last unit.
    """
    taught = [layer.name for layer in network.layers if layer.teacher is not None]
    for each in (data, test):
        if each is None:
            continue
        if not len(each):
            raise LavaFedError(f"{each.title} holds no samples; give at least one")
        if each.x.units != network.inputs:
            raise LavaFedError(
                f"{each.title}: a sample has {each.x.units:,} units in a step, the network reads "
                f"{network.inputs:,}"
            )
        if each.y is None and (taught or each is test):
            why = "a test needs them" if each is test else f"layer {taught[0]!r} is taught by them"
            raise LavaFedError(f"{each.title} has no labels, and {why}; add an array y to the archive")
        if each.y is not None and int(each.y.max()) >= network.output.units:
            raise LavaFedError(
                f"{each.title} has labels up to {int(each.y.max())}, but the output layer "
                f"{network.output.name!r} has units 0 to {network.output.units - 1}; give other data"
            )
    return bool(taught) and data.y is not None
