"""A Program as a graph of Lava processes.

Layers become Lava's ``LIF``, ``ATRLIF``, ``RF``, ``RF_IZ``, ``Delta``, ``SigmaDelta`` or ``Sigma``, connections
its ``Dense``, ``DelayDense``, ``LearningDense``, ``Sparse`` or ``Conv``; the input is an ``io.source.RingBuffer``.
Ours are the processes that record, reset and teach, and those of layers and connections that Lava's cannot
express. Nothing is left for Lava to guess: it checks no range and falls back silently, but a Program is checked
where it is made.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from hardware.errors import BackendError
from hardware.lava.neuron_processes import axon_process, neurons_process, port, state, teacher_process
from hardware.lava.synapse_processes import Lesson, buffer, driven, join, synapses_process
from hardware.network import INPUT, Layer, Network
from hardware.probes import connection_states
from hardware.program import Program
from hardware.spikes import SpikeTrain


@dataclass(eq=False)
class _Var:
    """A Var under the care of a ``StateBank``; ``reset`` is its value as a sample begins, ``None`` to keep it."""

    var: Any
    record: str | None = None
    final: str | None = None
    reset: ArrayLike | None = 0


@dataclass(eq=False)
class Graph:
    """Lava processes, connected and ready to run.

    Attributes
    ----------
    root : lava AbstractProcess
        A recorder; running it runs all processes connected to it.
    steps : int
        Steps of all samples.
    outputs : dict of str to str
        File in the folder for ``"spikes/<layer>"``, ``"probe/<state>"`` and ``"weights/<connection>"``.
    """

    steps: int
    folder: Path
    root: Any = None
    outputs: dict[str, str] = field(default_factory=dict)

    def file(self, name: str, shape: tuple[int, ...], dtype: DTypeLike) -> str:
        """Reserve a ``.npy`` file for an output, so that a full disk is noticed now and not by a crash later."""
        self.outputs[name] = f"{len(self.outputs)}.npy"
        path = self.folder / self.outputs[name]
        try:
            create: Any = np.lib.format.open_memmap
            create(path, mode="w+", dtype=dtype, shape=shape)
            with path.open("r+b") as opened:
                os.posix_fallocate(opened.fileno(), 0, path.stat().st_size)
        except OSError as error:
            size = int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
            raise BackendError(
                f"{name} needs {size} bytes in the temporary folder {self.folder.parent}, which fails: "
                f"{error.strerror}; free space, set TMPDIR, or record less"
            ) from error
        return str(path)

    def constant(self, name: str, value: NDArray[np.int32]) -> None:
        """Write the record of a state that never changes."""
        np.load(self.file(name, (self.steps, *value.shape), np.int32), mmap_mode="r+")[:] = value


def build(
    program: Program, spikes: SpikeTrain, lesson: Lesson | None, probes: Sequence[str], folder: Path
) -> Graph:
    """Build the graph that runs all samples of ``spikes`` one after another.

    Input ``k`` (from 0) of a sample drives the first layer in step ``k + 1``: the source sends it in the same
    step, and the synapses hold it for one. After the last step of a sample every state is set to rest.

    Parameters
    ----------
    program : Program
        With the weights to run.
    spikes : SpikeTrain
        Input.
    lesson : Lesson or None
        ``None`` to run without learning.
    probes : sequence of str
        States to record in each step, as checked by ``hardware.backend.check_run``.
    folder : Path
        Where outputs are written.
    """
    from lava.proc.io.source import RingBuffer

    network = program.network
    steps = spikes.samples * spikes.steps
    data = spikes.values.reshape(steps, spikes.units).T.astype(np.int32)
    graph = Graph(steps=steps, folder=folder)
    watched: dict[str, _Var] = {}

    layers = {
        layer.name: neurons_process(layer.name, layer.neuron, _used_ports(network, layer))
        for layer in network.layers
    }
    senders = {INPUT: RingBuffer(data=data).s_out}
    for layer in network.layers:
        senders[layer.name] = _watch(graph, layer, layers[layer.name], watched, probes)

    teachers = _teachers(network, spikes, lesson, probes)
    for name, teacher in teachers.items():
        watched |= {f"{name}.m": _Var(teacher.m), f"{name}.y1": _Var(teacher.y1, reset=None)}

    for connection in network.connections:
        if connection.direct:
            driver = RingBuffer(data=driven(connection, data))
            neuron = network.layer(connection.target).neuron
            driver.s_out.connect(port(layers[connection.target], neuron, connection.port))
            continue
        synapses = synapses_process(connection, lesson, graded=network.sends_graded(connection.source))
        receivers = [port(layers[connection.target], network.layer(connection.target).neuron, connection.port)]
        if connection.target in teachers and not connection.port:
            receivers.append(teachers[connection.target].a_in)
        join(senders[connection.source], synapses, connection, receivers)
        watched[f"{connection.name}.buffer"] = _Var(buffer(synapses))
        if connection.rule is not None and lesson is not None:
            if connection.target in teachers and not connection.rule.two_factor:
                teachers[connection.target].y_out.connect(synapses.s_in_y1)
            if connection.rule.hears_target:
                senders[connection.target].connect(synapses.s_in_bap)
            for name in connection_states(connection):
                kept = None if name == "weights" else 0
                watched[f"{connection.name}.{name}"] = _Var(getattr(synapses, name), reset=kept)
            final = graph.file(f"weights/{connection.name}", synapses.weights.shape, np.int32)
            watched[f"{connection.name}.weights"].final = final

    for probe in probes:
        if probe in watched:
            shape = watched[probe].var.shape
            watched[probe].record = graph.file(f"probe/{probe}", (steps, *shape), np.int32)
    _record(graph, network, {layer.name: senders[layer.name] for layer in network.layers})
    _hold(graph, [v for v in watched.values() if v.record or v.final or v.reset is not None], spikes.steps)
    return graph


def _watch(graph: Graph, layer: Layer, process: Any, watched: dict[str, _Var], probes: Sequence[str]) -> Any:
    """Take a layer's states under care; return the port that sends what its axons let pass."""
    for name, rest in layer.neuron.rest.items():
        var, probe = state(process, name), f"{layer.name}.{name}"
        if var is not None:
            watched[probe] = _Var(var, reset=rest)
        elif probe in probes:
            graph.constant(f"probe/{probe}", rest)
    if layer.delays is None:
        return process.s_out
    axon = axon_process(layer.name, layer.delays)
    process.s_out.connect(axon.s_in)
    watched[f"{layer.name}.held"] = _Var(axon.held)
    return axon.s_out


def _teachers(
    network: Network, spikes: SpikeTrain, lesson: Lesson | None, probes: Sequence[str]
) -> dict[str, Any]:
    """Return the teachers that speak or are watched, by layer."""
    labels = np.full(spikes.samples, -1, np.int32) if lesson is None else lesson.labels
    return {
        layer.name: teacher_process(layer.name, layer.units, layer.teacher, labels, spikes.steps)
        for layer in network.layers
        if layer.teacher is not None
        and (lesson is not None or f"{layer.name}.m" in probes or f"{layer.name}.y1" in probes)
    }


def _used_ports(network: Network, layer: Layer) -> frozenset[str]:
    return frozenset(connection.port or layer.neuron.ports[0] for connection in network.into(layer.name))


def _record(graph: Graph, network: Network, ports: dict[str, Any]) -> None:
    """Record what layers send; a chain through all recorders holds the graph together, however many its parts."""
    from hardware.lava.processes import recorder

    names, last = list(ports), None
    for first in range(0, len(names), recorder.SLOTS):
        group = names[first : first + recorder.SLOTS]
        shapes = [ports[name].shape for name in group]
        kinds = [np.int32 if network.sends_graded(name) else np.uint8 for name in group]
        process = recorder.Recorder(
            shapes=shapes,
            files=[
                graph.file(f"spikes/{name}", (graph.steps, *shape), kind)
                for name, shape, kind in zip(group, shapes, kinds, strict=True)
            ],
            progress=str(graph.folder / "progress"),
        )
        for slot, name in enumerate(group):
            ports[name].connect(getattr(process, f"s_in{slot}"))
        if last is not None:
            last.chain_out.connect(process.chain_in)
        last = graph.root = process


def _hold(graph: Graph, states: list[_Var], sample_steps: int) -> None:
    from hardware.lava.processes import state_bank

    for first in range(0, len(states), state_bank.SLOTS):
        group = states[first : first + state_bank.SLOTS]
        process = state_bank.StateBank(
            shapes=[held.var.shape for held in group],
            files=[held.record for held in group],
            finals=[held.final for held in group],
            resets=[_rest(held) for held in group],
            sample_steps=sample_steps,
            steps=graph.steps,
        )
        for slot, held in enumerate(group):
            getattr(process, f"state{slot}").connect_var(held.var)


def _rest(held: _Var) -> NDArray[np.int32] | None:
    return None if held.reset is None else np.full(held.var.shape, held.reset, np.int32)
