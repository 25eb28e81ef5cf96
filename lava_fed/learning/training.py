"""A plan at work on a session, a piece at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from hardware.checks import check_learn, check_run
from hardware.counters import Counters
from hardware.errors import LavaFedError
from hardware.program import Program
from hardware.session import Session
from lava_fed.coordinator.accuracy import accuracy
from lava_fed.data.dataset import DataSet
from lava_fed.learning.guide import Guide
from lava_fed.learning.learner import Learner
from lava_fed.learning.plan import Plan
from lava_fed.learning.point import Point
from lava_fed.learning.record import TrainingRecord
from lava_fed.learning.samples import Samples

PIECE = 32
"""Samples learned at once, unless it is asked for more."""


class Training:
    """Carries a plan out; what comes of it does not depend on how often it was stopped.

    Parameters
    ----------
    session : Session
        The Program on a backend; learning begins with the Program's own weights.
    plan : Plan
        What to do.
    data : Samples
        To learn from.
    test : Samples, optional
        Labelled, samples that nobody learns from.
    record : TrainingRecord, optional
        Where to go on.

    Attributes
    ----------
    plan, data, test
        As they were given.
    size : int
        Samples of a pass.
    steps : int
        Steps of a sample.
    facts : dict of str to JSON value
        What decides the result.
    judged : bool
        Whether the output layer is to tell the label, so that its answers can be judged.

    Raises
    ------
    LavaFedError
        Where nothing can learn, data and Program do not fit, or the record is of another training.
    """

    def __init__(
        self,
        session: Session,
        plan: Plan,
        data: Samples,
        test: Samples | None = None,
        record: TrainingRecord | None = None,
    ) -> None:
        network = session.program.network
        self.plan, self.data, self.test = plan, data, test
        self.facts = facts(session.program, plan, data, test)
        self._guide = Guide.of(network, data, test)
        self.judged = self._guide.judged
        self._output = network.output.name
        if plan.samples is not None and plan.samples > len(data):
            raise LavaFedError(f"{data.title} has {len(data):,} samples, not {plan.samples:,}; ask for fewer")
        self.size = len(data) if plan.samples is None else plan.samples
        self._pass = _Pass(plan, data, self.size, 0)
        self.steps = self._check_lesson(session)
        if record is None:
            session.write_weights(session.program.weights())
            self._learner = Learner(session, seed=plan.seed)
            self._learner.freeze(*plan.frozen)
            self._points: tuple[Point, ...] = ()
            self._begin_stretch()
            return
        check_same(record, self.facts)
        self._learner = Learner.resume(session, record.state)
        self._points, self._shown, self._right = record.points, record.shown, record.right
        self._counters = record.counters

    def _check_lesson(self, session: Session) -> int:
        """Refuse before the first sample what would be refused at it; return the steps of a sample."""
        network, first = session.program.network, self.data.take(slice(1)).x
        check_run(network, first, (), learning=True)
        rewards = np.zeros(1, np.int32) if self._guide.rewarded else None
        session.check_lesson(
            check_learn(network, first, None, self.plan.seed, rewards=rewards, frozen=self.plan.frozen)
        )
        return first.steps

    def _begin_stretch(self) -> None:
        self._shown, self._right, self._counters = 0, 0, Counters()

    @property
    def session(self) -> Session:
        """Where it learns."""
        return self._learner.session

    @property
    def total(self) -> int:
        """Samples to be learned, every pass counted."""
        return self.plan.passes * self.size

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

    def advance(self, most: int = PIECE) -> None:
        """Take the next step: a test where one is due, else some samples.

        Parameters
        ----------
        most : int
            Samples at most; it changes nothing but how often one is asked.
        """
        learned, size = self.learned, self.size
        due = self.plan.next_test(learned, size)
        if due == learned and (not self._points or self._points[-1].learned < learned):
            self._take_point()
            return
        number, place = divmod(learned, size)
        last = min(place + most, self.plan.next_test(learned + 1, size) - number * size)
        if number != self._pass.number:
            self._pass = _Pass(self.plan, self.data, size, number)
        if self._guide.rewarded:
            last = place + 1  # what a sample earns depends on all that was learned before it
        part = self._pass.take(place, last)
        result = self._learner.learn(
            part.x,
            part.y,
            rewards=self._guide.rewards(self.session, part, self.plan.reward),
            anneal=self.plan.halvings(number),
            layers=[self._output] if self.judged else [],
        )
        self._shown += len(part)
        self._counters = self._counters + result.counters
        if self.judged:
            self._right += int(np.count_nonzero(result.scores(self._output).argmax(axis=1) == part.labels))

    def _take_point(self) -> None:
        session = self.session
        weights, begun = session.weights(), session.program.weights()
        share = None if self.test is None else accuracy(session, self.test)
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


class _Pass:
    """Samples of one pass, in its order."""

    def __init__(self, plan: Plan, data: Samples, size: int, number: int) -> None:
        self.number = number
        self._order, self._shown = plan.order(number, size), plan.shown(number, data)

    def take(self, first: int, last: int) -> DataSet:
        return self._shown.take(self._order[first:last])


def facts(program: Program, plan: Plan, data: Samples, test: Samples | None) -> dict[str, Any]:
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
