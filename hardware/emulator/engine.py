"""The fast emulator: the phases of a step in order, compiled, one thread per share of the samples."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from hardware.backend import (
    Availability,
    Backend,
    RunResult,
    Session,
    check_learn,
    check_run,
    check_weights,
    count,
)
from hardware.chip import LOIHI2
from hardware.emulator.image import EPOCH, TRACE, Image, Recorders, lay_out
from hardware.emulator.kernels import States, advance_neurons, deliver, observe, teach
from hardware.emulator.kernels_learning import learn
from hardware.emulator.machine_code import compiled
from hardware.emulator.streams import Streams
from hardware.network import INPUT, Connection, Layer, Network
from hardware.neurons.cuba import Cuba
from hardware.program import Program
from hardware.spikes import SpikeTrain
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
        self._image, self._slots = lay_out(program.network)
        self._weights = np.concatenate(
            [np.ascontiguousarray(c.synapse.weights.T).ravel() for c in program.network.connections]
        ).astype(np.int16)

    def run(self, spikes: SpikeTrain, *, probes: Sequence[str] = ()) -> RunResult:
        """Run every sample from rest with the present weights."""
        check_run(self.program.network, spikes, probes, learning=False)
        labels = np.full(spikes.samples, -1, np.int32)
        sent, recorders = self._allocate(spikes, probes)
        shares = np.array_split(np.arange(spikes.samples), min(self._threads, spikes.samples))

        def simulate_share(share: NDArray[np.int64]) -> None:
            part = slice(int(share[0]), int(share[-1]) + 1)
            simulate(
                self._image,
                spikes.values[part],
                labels[part],
                self._weights,
                _NO_DRAWS,
                False,
                sent[part],
                Recorders(*(array[part] for array in recorders)),
            )

        if len(shares) == 1:
            simulate_share(shares[0])
        else:
            with ThreadPoolExecutor(len(shares)) as pool:
                list(pool.map(simulate_share, shares))
        return self._result(spikes, probes, sent, recorders, learning=False)

    def learn(
        self, spikes: SpikeTrain, labels: NDArray[np.integer[Any]], *, seed: int, probes: Sequence[str] = ()
    ) -> RunResult:
        """Run the samples one after another and learn."""
        network = self.program.network
        check_run(network, spikes, probes, learning=True)
        labels = check_learn(network, spikes, labels, seed)
        streams = Streams.draw(seed, spikes.samples * spikes.steps)
        sent, recorders = self._allocate(spikes, probes)
        draws = np.stack([streams.x, streams.y, streams.rounding])
        simulate(self._image, spikes.values, labels, self._weights, draws, True, sent, recorders)
        return self._result(spikes, probes, sent, recorders, learning=True)

    def weights(self) -> dict[str, NDArray[np.int16]]:
        """Return the weights of the plastic connections."""
        return {c.name: self._view(self._weights, c.name).copy() for c in self.program.network.plastic}

    def write_weights(self, weights: Mapping[str, NDArray[Any]]) -> None:
        """Replace the weights of plastic connections."""
        check_weights(self.program, weights)
        for name, array in weights.items():
            self._view(self._weights, name)[...] = array

    def _view(self, flat: NDArray[Any], name: str) -> NDArray[Any]:
        """Weights of a connection as (..., targets, sources)."""
        part, shape = self._slots.weights[name]
        return np.swapaxes(flat[..., part].reshape(*flat.shape[:-1], *shape), -1, -2)

    def _allocate(self, spikes: SpikeTrain, probes: Sequence[str]) -> tuple[NDArray[np.uint8], Recorders]:
        sent = np.empty((spikes.samples, spikes.steps, self._image.units), np.uint8)
        recorders = Recorders.for_states(
            {probe.rpartition(".")[2] for probe in probes},
            spikes.samples,
            spikes.steps,
            self._image.units,
            self._image.traces,
            self._weights.size,
        )
        return sent, recorders

    def _result(
        self,
        inputs: SpikeTrain,
        probes: Sequence[str],
        sent: NDArray[np.uint8],
        recorders: Recorders,
        *,
        learning: bool,
    ) -> RunResult:
        network = self.program.network
        spikes = {
            layer.name: np.ascontiguousarray(sent[..., self._slots.populations[layer.name]])
            for layer in network.layers
        }
        return RunResult(
            spikes=spikes,
            probes={probe: self._probe(probe, recorders) for probe in probes},
            counters=count(network, inputs, spikes, learning=learning),
        )

    def _probe(self, probe: str, recorders: Recorders) -> NDArray[np.int32]:
        name, _, state = probe.rpartition(".")
        array: NDArray[np.int32] = getattr(recorders, state)
        if state == "weights":
            return self._view(array, name)
        return array[..., (self._slots.populations | self._slots.traces)[name]]


def warm_up() -> None:
    """Compile the kernels in this thread; Ctrl-C interrupts the main thread, but not the pool of a run."""
    neuron = Cuba(0, 0, 1, np.zeros(1, np.int16))
    connection = Connection(INPUT, "output", Dense(np.zeros((1, 1), np.int16)))
    program = Program(Network(1, (Layer("output", neuron),), (connection,)), LOIHI2)
    EmulatorSession(program).run(SpikeTrain(np.zeros((1, 1, 1), np.uint8)))


_NO_DRAWS = np.zeros((3, 0))


@compiled
def simulate(
    image: Image,
    inputs: NDArray[np.uint8],
    labels: NDArray[np.int32],
    weights: NDArray[np.int16],
    draws: NDArray[np.float64],
    learning: bool,
    sent: NDArray[np.uint8],
    recorders: Recorders,
) -> None:
    """Run samples one after another, each from rest.

    Parameters
    ----------
    image : Image
        The tables.
    inputs : uint8 array, shape (samples, steps, inputs)
        Input spikes.
    labels : int32 array, shape (samples,)
        Unit to teach, or -1.
    weights : int16 array, shape (weights of all connections,)
        Changed in place where ``learning``.
    draws : float64 array, shape (3, samples * steps + 1)
        Draws for x traces, y traces and weights.
    learning : bool
        Whether traces and weights change.
    sent : uint8 array, shape (samples, steps, units)
        Receives the spikes.
    recorders : Recorders
        Receive the probed states.
    """
    units, inputs_end = len(image.bias), inputs.shape[2]
    traces = recorders.x1.shape[2]
    step = 0
    for sample in range(inputs.shape[0]):
        arriving, scratch, u, v, m, y1 = np.zeros((6, units), np.int32)
        x1, x2, fired_at = np.zeros((3, traces), np.int32)
        for index in range(inputs.shape[1]):
            step += 1
            last = index == inputs.shape[1] - 1
            now = sent[sample, index]
            now[:inputs_end] = inputs[sample, index]
            for layer in image.layers:
                advance_neurons(layer, image.bias, arriving, u, v, now)
                teach(layer, arriving, m, y1, labels[sample] if last and learning else -1)
            arriving[:] = 0
            for connection in image.connections:
                deliver(connection, weights, now, arriving, scratch)
            if learning:
                for row in range(len(image.connections)):
                    connection, rule = image.connections[row], image.rules[row]
                    if connection[TRACE] < 0:
                        continue
                    time = (step - 1) % rule[EPOCH] + 1
                    observe(connection, rule, now, x1, x2, fired_at, time)
                    if time == rule[EPOCH]:
                        epochs = step // rule[EPOCH]
                        chosen = (draws[0, step], draws[1, step], draws[2, epochs])
                        learn(
                            connection,
                            rule,
                            image.factors[row],
                            image.products,
                            weights,
                            x1,
                            x2,
                            fired_at,
                            y1,
                            epochs,
                            chosen,
                        )
            _record(recorders, sample, index, u, v, m, y1, x1, x2, weights)


@njit(inline="always")
def _record(
    recorders: Recorders,
    sample: int,
    index: int,
    u: States,
    v: States,
    m: States,
    y1: States,
    x1: States,
    x2: States,
    weights: NDArray[np.int16],
) -> None:
    """Copy the states that were asked for."""
    if recorders.u.shape[0]:
        recorders.u[sample, index] = u
    if recorders.v.shape[0]:
        recorders.v[sample, index] = v
    if recorders.m.shape[0]:
        recorders.m[sample, index] = m
    if recorders.y1.shape[0]:
        recorders.y1[sample, index] = y1
    if recorders.x1.shape[0]:
        recorders.x1[sample, index] = x1
    if recorders.x2.shape[0]:
        recorders.x2[sample, index] = x2
    if recorders.weights.shape[0]:
        recorders.weights[sample, index] = weights
