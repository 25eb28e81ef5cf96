"""The fast emulator: samples shared among threads, each of which runs the compiled loop over steps."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.availability import Availability
from hardware.backend import Backend
from hardware.checks import check_learn, check_run
from hardware.chip.known import LOIHI2
from hardware.counters import counted
from hardware.devices import DeviceGroup
from hardware.emulator.layout import Layout, lay_out
from hardware.emulator.machine_code import EMULATOR
from hardware.emulator.records import Records
from hardware.emulator.simulate import simulate
from hardware.emulator.told import tell
from hardware.emulator.work import Work
from hardware.lesson import Lesson
from hardware.network import INPUT, Connection, Layer, Network
from hardware.neurons.cuba import Cuba
from hardware.program import Program
from hardware.run_result import RunResult
from hardware.session import Session
from hardware.spikes import SpikeTrain, frozen
from hardware.synapses.dense import Dense

SHARES = 8
"""Parts of the samples for each thread, so that none waits long for the last one."""


class EmulatorBackend(Backend):
    """Runs Programs on the fast emulator."""

    name = "emulator"
    title = "fast Loihi-class emulator, bit for bit equal to Lava's fixed-point models"

    def availability(self) -> Availability:
        """Return that it is always there."""
        return Availability(ok=True, reason=f"part of lava-fed; {os.cpu_count()} cores")

    def load(self, program: Program) -> EmulatorSession:
        """Load a Program."""
        return EmulatorSession(program)

    def load_devices(self, programs: Sequence[Program], *, threads: int | None = None) -> DeviceGroup:
        """Load a device for each Program; what learning does not change is in memory once.

        Programs that share their network share everything but the weights that learn; those that share
        synapses, as ``dataclasses.replace`` leaves them, share the weights of these.
        """
        layouts = lay_out([program.network for program in programs])
        sessions = [
            EmulatorSession(program, threads=1, layout=layout)
            for program, layout in zip(programs, layouts, strict=True)
        ]
        return DeviceGroup(sessions, threads=threads)


class EmulatorSession(Session):
    """A Program on the fast emulator.

    Attributes
    ----------
    layout : Layout
        Of its network; perhaps shared with other sessions.
    plastic : int16 array
        Its own weights of the connections that learn.

    Parameters
    ----------
    program : Program
        What to run.
    threads : int, optional
        Threads among which ``run`` shares the samples; all cores by default. Results do not depend on it.
    layout : Layout, optional
        Of the Program's network, where it shares arrays with those of other sessions.
    """

    def __init__(self, program: Program, *, threads: int | None = None, layout: Layout | None = None) -> None:
        self.program = program
        self._threads = threads or os.cpu_count() or 1
        self.layout = layout or lay_out([program.network])[0]
        self.plastic = self.layout.plastic.copy()

    def run(
        self, spikes: SpikeTrain, *, probes: Sequence[str] = (), layers: Sequence[str] | None = None
    ) -> RunResult:
        """Run every sample from rest with the present weights."""
        kept = check_run(self.program.network, spikes, probes, layers, learning=False)
        return self._simulate(spikes, None, probes, kept)

    def learn(
        self,
        spikes: SpikeTrain,
        labels: NDArray[np.integer[Any]] | None = None,
        *,
        seed: int,
        rewards: NDArray[np.integer[Any]] | None = None,
        anneal: int = 0,
        after: int = 0,
        frozen: Collection[str] = (),
        probes: Sequence[str] = (),
        layers: Sequence[str] | None = None,
    ) -> RunResult:
        """Run the samples one after another and learn."""
        network = self.program.network
        kept = check_run(network, spikes, probes, layers, learning=True)
        lesson = check_learn(
            network, spikes, labels, seed, rewards=rewards, anneal=anneal, after=after, frozen=frozen
        )
        return self._simulate(spikes, lesson, probes, kept)

    def weights(self) -> dict[str, NDArray[np.int16]]:
        """Return the weights of the plastic connections."""
        slots = self.layout.slots
        return {name: slots.restored(name, self.plastic[kept.part]).copy() for name, kept in slots.weights.items()}

    def replace_weights(self, weights: Mapping[str, NDArray[Any]]) -> None:
        """Replace weights of plastic connections that are known to fit."""
        slots = self.layout.slots
        for name, array in weights.items():
            slots.keep(self.plastic, name, np.asarray(array))

    def _simulate(
        self,
        spikes: SpikeTrain,
        lesson: Lesson | None,
        probes: Sequence[str],
        kept: Sequence[str],
    ) -> RunResult:
        network, slots, learning = self.program.network, self.layout.slots, lesson is not None
        records = Records.allocate(network, slots, kept, probes, spikes.samples, spikes.steps)
        image = self.layout.image_for(_largest(spikes), records.starts(network), frozenset(probes))
        inputs = slots.orders[INPUT].arranged(spikes.values[:, :1] if spikes.is_held else spikes.values)
        inputs.flags.writeable = False
        told = tell(network, spikes, lesson)

        def simulate_part(work: Work, part: slice) -> None:
            simulate(image, work, *_by_type(inputs[part]), told.part(part), self.plastic, *records.part(part))

        if not EMULATOR.is_loaded(simulate):
            with EMULATOR.alone(), self.layout.work() as memory:
                simulate_part(memory, slice(0))
        threads = 1 if learning else self._threads
        counts = _share(self.layout, spikes.samples, threads, whole=learning, simulate_part=simulate_part)
        sent, reached = (sum(each) for each in zip(*counts, strict=True))
        return RunResult(
            spikes=records.spikes(network, slots),
            probes=records.probes(slots),
            counters=counted(
                network,
                spikes.samples * spikes.steps,
                spikes=dict(zip(slots.populations, sent.tolist(), strict=True)),
                operations={c.name: n for c, n in zip(network.connections, reached.tolist(), strict=True)},
                lesson=lesson,
            ),
        )


def _share(
    layout: Layout, samples: int, threads: int, *, whole: bool, simulate_part: Callable[[Work, slice], None]
) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Let threads take parts of the samples until none is left; return what each counted: messages, operations.

    The calling thread is one of them; where it is interrupted, the others take no further part.
    """
    parts = 1 if whole else min(samples, threads * SHARES)
    waiting = iter([slice(samples * k // parts, samples * (k + 1) // parts) for k in range(parts)])

    def work() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        with layout.work() as memory:
            for part in waiting:
                simulate_part(memory, part)
            return memory.spikes.copy(), memory.operations.copy()

    threads = min(threads, parts)
    if threads == 1:
        return [work()]
    with ThreadPoolExecutor(threads - 1) as pool:
        others = [pool.submit(work) for _ in range(threads - 1)]
        try:
            return [work(), *(other.result() for other in others)]
        finally:
            deque(waiting, 0)


def _largest(spikes: SpikeTrain) -> int | None:
    """Return a power of two that no graded message exceeds; ``None`` for plain spikes."""
    if not spikes.graded:
        return None
    values = spikes.values[:, 0] if spikes.is_held else spikes.values
    return 1 << max(int(values.max()), -1 - int(values.min())).bit_length()


def _by_type(values: NDArray[Any]) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """Return plain and graded input; the one that there is not is empty, so that one machine code takes both."""
    if values.dtype == np.uint8:
        return values, _NO_INTEGERS
    return _NO_SPIKES, values


def warm_up() -> None:
    """Compile the kernels in this thread; Ctrl-C interrupts the main thread, but not the pool of a run."""
    neuron = Cuba(0, 0, 1, np.zeros(1, np.int16))
    connection = Connection(INPUT, "output", Dense(np.zeros((1, 1), np.int16)))
    program = Program(Network(1, (Layer("output", neuron),), (connection,)), LOIHI2)
    EmulatorSession(program).run(SpikeTrain(np.zeros((1, 1, 1), np.uint8)))


_NO_SPIKES: Any = frozen(np.zeros((0, 0, 0), np.uint8))
_NO_INTEGERS: Any = frozen(np.zeros((0, 0, 0), np.int32))
