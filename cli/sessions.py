"""Running a Program on a backend in parts, with progress."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cli.output import Bar, Output
    from hardware.program import Program
    from hardware.run_result import RunResult
    from hardware.session import Session
    from hardware.spikes import SpikeTrain
    from lava_fed.data.dataset import DataSet
    from lava_fed.data.source import Source

FIRST = 128
"""Samples of the first part, where the backend itself does not tell how far it is."""
QUICK = 0.5
"""Seconds: after a part that took less, the next one has twice as many samples."""
SETTLED = 1.0
"""Seconds until a rate is worth saying; before, it is that of loading machine code."""


def run_watched(
    backend: str,
    program: Program,
    source: Source,
    output: Output,
    keep: Callable[[DataSet, RunResult], None],
    probes: Sequence[str] = (),
    layers: Sequence[str] | None = None,
) -> None:
    """Run all samples of ``source`` on a backend and show how far it is.

    Parameters
    ----------
    backend : str
        Its name.
    program : Program
        What runs.
    source : Source
        The samples; all of them are taken.
    output : Output
        Shows the progress.
    keep : callable
        Gets each part with what came of it, in order; parts differ in size from run to run.
    probes, layers : sequence of str
        As for ``Session.run``.

    Raises
    ------
    LavaFedError
        Where the backend is unknown, cannot run here or fails, or input, probes or layers do not fit.
    """
    from hardware import registry
    from hardware.streaming import sample_bytes

    chosen = registry.find("backend", backend)()
    total = source.samples * source.steps
    with output.progress(f"Running on {backend}", total) as bar, chosen.load(program) as session:
        if backend == "emulator":
            compile_emulator(bar)
        meter = Meter(bar, source.samples, source.steps)
        each = source.sample_bytes + sample_bytes(program.network, source.steps, probes=probes, layers=layers)
        for part in parts(source, each, [session]):
            keep(part, meter.run(session, part.x, probes, layers))


def parts(source: Source, each: int, sessions: Sequence[Session]) -> Iterator[DataSet]:
    """Read a source in parts that fit into the budget of ``hardware.streaming``.

    They begin small and grow while they are quick, so that the bar moves. Where a session tells by itself how far
    it is, as Lava's does, every call costs a second, so every part is as large as may be.

    Parameters
    ----------
    source : Source
        The samples.
    each : int
        Bytes that a sample takes, with all that is recorded of it.
    sessions : sequence of Session
        What will run the parts.
    """
    from hardware import streaming

    most = streaming.samples_at_once(each, streaming.BUDGET)
    size = most if any(map(_tells, sessions)) else min(FIRST, most)
    while source.left:
        began = time.monotonic()
        yield source.take(size)
        if time.monotonic() - began < QUICK:
            size = min(2 * size, most)


class Meter:
    """Shows how far some runs are, how fast they go, and how long they will still take.

    Parameters
    ----------
    bar : Bar
        Moved from 0 to ``samples * steps``.
    samples : int
        Samples in all; one that runs on two backends counts twice.
    steps : int
        Steps of each.
    """

    def __init__(self, bar: Bar, samples: int, steps: int) -> None:
        self._bar, self._samples, self._steps = bar, samples, steps
        self._done, self._began = 0, time.monotonic()

    def run(
        self, session: Session, spikes: SpikeTrain, probes: Sequence[str], layers: Sequence[str] | None
    ) -> RunResult:
        """Run a part, as ``Session.run`` does."""
        if _tells(session):
            session.on_step = lambda done, _: self._show(done, tells=True)  # type: ignore[attr-defined]
        result = session.run(spikes, probes=probes, layers=layers)
        self.ran(spikes.samples, tells=_tells(session))
        return result

    def ran(self, samples: int, *, tells: bool = False) -> None:
        """Note that some samples have run."""
        self._done += samples * self._steps
        self._show(0, tells=tells)

    def _show(self, more: int, *, tells: bool) -> None:
        done, scale, what = self._done + more, 1 if tells else self._steps, "steps" if tells else "samples"
        text = f"{done // scale:,} of {self._samples * self._steps // scale:,} {what}"
        if done and (seconds := time.monotonic() - self._began) > SETTLED:
            rate = done / scale / seconds
            text += f", {rate:,.0f} a second" if rate >= 10 else f", {rate:.2g} a second"
            left = self._samples * self._steps - done
            text += f", {left / scale / rate:,.0f} s left" if left else ""
        self._bar.at(done, text)


def _tells(session: Session) -> bool:
    """Say whether a session calls ``on_step`` while it runs."""
    return hasattr(session, "on_step")


def compile_emulator(bar: Bar) -> None:
    """Compile the emulator's kernels where that has not been done yet; it takes a minute or more, once."""
    from hardware.emulator import engine
    from hardware.emulator.machine_code import EMULATOR

    if not EMULATOR.is_warm():
        began = time.monotonic()
        bar.at(0, "compiling the emulator, this once")
        engine.warm_up()
        bar.at(0, f"compiled the emulator in {time.monotonic() - began:.0f} s")
