"""Turns: ours, theirs, ours, theirs, so that both see the same machine."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks.child import Child, ContenderError
from benchmarks.registry import Entrant
from benchmarks.results import Cell

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Effort:
    """How long to measure.

    Attributes
    ----------
    rounds : int
        Pairs of turns; the median of their ratios counts.
    seconds : float
        What a turn should take at least; it repeats its batch as often as that needs.
    """

    rounds: int
    seconds: float


QUICK = Effort(3, 0.1)
FULL = Effort(7, 0.5)
LONG = 2.0
"""Seconds of a batch from which on it is not run twice to warm up, and ``FEW`` rounds do."""
FEW = 3


@dataclass(frozen=True)
class Turns:
    """Times of a pair, seconds per step and sample.

    Attributes
    ----------
    ours, theirs : tuple of float
        One for each round.
    """

    ours: tuple[float, ...]
    theirs: tuple[float, ...]

    @property
    def ratios(self) -> list[float]:
        """Their time over ours, of each round: how many times faster we are."""
        return [b / a for a, b in zip(self.ours, self.theirs, strict=True)]


def take_turns(ours: Callable[[], float], theirs: Callable[[], float], rounds: int) -> Turns:
    """Time both in turn; who begins changes from round to round."""
    a: list[float] = []
    b: list[float] = []
    for index in range(rounds):
        for mine in (True, False) if index % 2 == 0 else (False, True):
            (a if mine else b).append((ours if mine else theirs)())
    return Turns(tuple(a), tuple(b))


class Runner:
    """A child that is asked to run one batch size, often enough to be timed.

    Parameters
    ----------
    child : Child
        The contender.
    batch : int
        Samples at once.
    threads : tuple of int
        Numbers of threads to try.
    steps : int
        Steps of a sample.
    effort : Effort
        How long.

    Attributes
    ----------
    memory : int
        Bytes that it held at most, as it last said.
    long : bool
        Whether a single batch takes so long that few rounds must do.
    times : list of float
        Seconds per step and sample of every turn so far.
    """

    def __init__(self, child: Child, batch: int, threads: tuple[int, ...], steps: int, effort: Effort) -> None:
        self._child, self._batch, self.memory = child, batch, 0
        self._repeats = 1
        self.times: list[float] = []
        self.threads, self.long = threads[0], False
        if effort.rounds == 1:
            return
        times = {}
        for count in threads:
            self.threads = count
            times[count] = self._run()
            if times[count] * batch * steps < LONG:  # the first may have warmed up
                times[count] = self._run()
        self.threads = min(times, key=lambda count: times[count])
        once = times[self.threads] * batch * steps
        self._repeats = max(1, min(10_000, round(effort.seconds / once)))
        self.long = once >= LONG

    def __call__(self) -> float:
        """Take a turn; seconds per step and sample."""
        self.times.append(self._run())
        return self.times[-1]

    def last(self) -> float:
        """Return the time of the last turn."""
        return self.times[-1]

    def cell(self) -> Cell:
        """Return all turns so far as ours."""
        rate = 1 / statistics.median(self.times)
        return Cell(batch=self._batch, threads=self.threads, rate=rate, ratios=[1.0], memory=self.memory)

    def _run(self) -> float:
        question = {"ask": "run", "batch": self._batch, "repeats": self._repeats, "threads": self.threads}
        answer: dict[str, Any] = self._child.ask(question)
        self.memory = int(answer["memory"])
        return float(answer["seconds"])


def cells(entrant: Entrant, child: Child, ours: dict[int, Runner], steps: int, effort: Effort) -> list[Cell]:
    """Measure a contender beside ours at every batch size of ours that it can be compared with.

    Parameters
    ----------
    entrant : Entrant
        The contender.
    child : Child
        Its process.
    ours : dict of int to Runner
        Ours, by batch size.
    steps : int
        Steps of a sample.
    effort : Effort
        How long.
    """
    measured = []
    runners: dict[int, Runner] = {}
    if entrant.slow:
        effort = Effort(1, effort.seconds)
    for batch, mine in ours.items():
        own = max(size for size in entrant.batches if size <= batch)
        if own not in runners:
            runners[own] = Runner(child, own, entrant.threads, steps, effort)
        theirs = runners[own]
        rounds = min(effort.rounds, FEW) if theirs.long else effort.rounds
        once_more = entrant.slow and bool(theirs.times)
        turns = take_turns(mine, theirs.last if once_more else theirs, rounds)
        measured.append(
            Cell(
                batch=batch,
                threads=theirs.threads,
                rate=1 / statistics.median(turns.theirs),
                ratios=turns.ratios,
                memory=_memory(entrant, child, theirs),
            )
        )
    if not measured:
        raise ContenderError(f"{entrant.name} shares no batch size with ours")
    return measured


def _memory(entrant: Entrant, child: Child, runner: Runner) -> int:
    """Return the bytes that a contender holds; 0 where its processes are gone after each run."""
    if entrant.slow:
        return 0
    return child.shared_memory() if entrant.processes else runner.memory
