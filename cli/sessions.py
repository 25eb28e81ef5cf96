"""Running a Program on a backend, with progress."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cli.output import Bar, Output
    from hardware.backend import RunResult, Session
    from hardware.program import Program
    from hardware.spikes import SpikeTrain

BATCH = 128
"""Samples between two moves of the progress bar, where the backend itself does not tell."""


def run_watched(
    backend: str, program: Program, spikes: SpikeTrain, output: Output, probes: Sequence[str] = ()
) -> RunResult:
    """Run all samples of ``spikes`` on a backend and show how far it is.

    Raises
    ------
    LavaFedError
        Where the backend is unknown, cannot run here or fails, or input and probes do not fit.
    """
    from hardware import registry

    total = spikes.samples * spikes.steps
    chosen = registry.find("backend", backend)()
    with output.progress(f"Running on {backend}", total) as bar, chosen.load(program) as session:
        if backend == "emulator":
            compile_emulator(bar)
        if hasattr(session, "on_step"):
            session.on_step = lambda done, _: bar.at(done, f"{done:,} of {total:,} steps")
            return _run(session, spikes, probes)
        parts = []
        for first in range(0, max(spikes.samples, 1), BATCH):
            parts.append(_run(session, spikes.take(slice(first, first + BATCH)), probes))
            done = min(first + BATCH, spikes.samples)
            bar.at(done * spikes.steps, f"{done:,} of {spikes.samples:,} samples")
    return _join(parts)


def compile_emulator(bar: Bar) -> None:
    """Compile the emulator's kernels where that has not been done yet; it takes some ten seconds, once."""
    from hardware.emulator import engine, machine_code

    if not machine_code.is_warm():
        bar.at(0, "compiling the emulator, this once")
        engine.warm_up()


def _run(session: Session, spikes: SpikeTrain, probes: Sequence[str]) -> RunResult:
    return session.run(spikes, probes=probes)


def _join(parts: Sequence[RunResult]) -> RunResult:
    import numpy as np

    from hardware.backend import RunResult
    from hardware.counters import Counters

    if len(parts) == 1:
        return parts[0]
    return RunResult(
        spikes={name: np.concatenate([part.spikes[name] for part in parts]) for name in parts[0].spikes},
        probes={name: np.concatenate([part.probes[name] for part in parts]) for name in parts[0].probes},
        counters=sum((part.counters for part in parts), Counters()),
    )
