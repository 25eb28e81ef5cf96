"""The fast emulator: the phases of a step in order, compiled, one thread per share of the samples."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.backend import Availability, Backend, RunResult, Session, check_learn, check_run, check_weights
from hardware.chip import LOIHI2
from hardware.counters import count
from hardware.emulator.image import lay_out
from hardware.emulator.records import Records
from hardware.emulator.simulate import simulate
from hardware.emulator.streams import Streams
from hardware.network import INPUT, Connection, Layer, Network
from hardware.neurons.cuba import Cuba
from hardware.program import Program
from hardware.spikes import SpikeTrain, frozen
from hardware.synapses.dense import Dense


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


class EmulatorSession(Session):
    """A Program on the fast emulator.

    Parameters
    ----------
    program : Program
        What to run.
    threads : int, optional
        Threads among which ``run`` shares the samples; all cores by default. Results do not depend on it.
    """

    def __init__(self, program: Program, *, threads: int | None = None) -> None:
        self.program = program
        self._threads = threads or os.cpu_count() or 1
        self._image, self._weights, self._slots = lay_out(program.network)

    def run(
        self, spikes: SpikeTrain, *, probes: Sequence[str] = (), layers: Sequence[str] | None = None
    ) -> RunResult:
        """Run every sample from rest with the present weights."""
        kept = check_run(self.program.network, spikes, probes, layers, learning=False)
        labels = np.full(spikes.samples, -1, np.int32)
        records = self._records(spikes, probes)
        shares = np.array_split(np.arange(spikes.samples), min(self._threads, spikes.samples))

        def simulate_share(share: NDArray[np.int64]) -> None:
            part = slice(int(share[0]), int(share[-1]) + 1)
            inputs = _by_type(spikes.values[part])
            simulate(self._image, *inputs, labels[part], self._weights, _NO_DRAWS, False, *records.part(part))

        if len(shares) == 1:
            simulate_share(shares[0])
        else:
            with ThreadPoolExecutor(len(shares)) as pool:
                list(pool.map(simulate_share, shares))
        result = self._result(spikes, records, learning=False)
        return dataclasses.replace(result, spikes={name: result.spikes[name] for name in kept})

    def learn(
        self, spikes: SpikeTrain, labels: NDArray[np.integer[Any]], *, seed: int, probes: Sequence[str] = ()
    ) -> RunResult:
        """Run the samples one after another and learn."""
        network = self.program.network
        check_run(network, spikes, probes, learning=True)
        labels = check_learn(network, spikes, labels, seed)
        streams = Streams.draw(seed, spikes.samples * spikes.steps)
        records = self._records(spikes, probes)
        draws = np.stack([streams.x, streams.y, streams.rounding])
        everything = records.part(slice(None))
        simulate(self._image, *_by_type(spikes.values), labels, self._weights, draws, True, *everything)
        return self._result(spikes, records, learning=True)

    def weights(self) -> dict[str, NDArray[np.int16]]:
        """Return the weights of the plastic connections."""
        return {c.name: self._view(c.name).copy() for c in self.program.network.plastic}

    def write_weights(self, weights: Mapping[str, NDArray[Any]]) -> None:
        """Replace the weights of plastic connections."""
        check_weights(self.program, weights)
        for name, array in weights.items():
            self._view(name)[...] = array

    def _view(self, name: str) -> NDArray[np.int16]:
        """Weights of a connection that learns, shape (targets, sources)."""
        part, shape = self._slots.weights[name]
        return self._weights[part].reshape(shape).T

    def _records(self, spikes: SpikeTrain, probes: Sequence[str]) -> Records:
        return Records.allocate(self.program.network, self._slots, probes, spikes.samples, spikes.steps)

    def _result(self, inputs: SpikeTrain, records: Records, *, learning: bool) -> RunResult:
        network = self.program.network
        spikes = {layer.name: records.spikes(layer, self._slots) for layer in network.layers}
        return RunResult(
            spikes=spikes,
            probes=records.probes(self._slots),
            counters=count(network, inputs, spikes, learning=learning),
        )


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


_NO_DRAWS = np.zeros((3, 0))
_NO_SPIKES: Any = frozen(np.zeros((0, 0, 0), np.uint8))
_NO_INTEGERS: Any = frozen(np.zeros((0, 0, 0), np.int32))
