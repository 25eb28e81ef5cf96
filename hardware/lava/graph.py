"""A Program as a graph of Lava processes.

Layers become Lava's ``LIF``, connections ``Dense`` or, where they learn, ``LearningDense``; the input is an
``io.source.RingBuffer``. Ours are only the processes that record, reset and teach. Nothing is left for Lava to
guess: it checks no range and falls back silently, but a Program is checked where it is made.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from hardware.backend import CONNECTION_PROBES
from hardware.errors import BackendError
from hardware.learning import Teacher
from hardware.network import INPUT, Connection
from hardware.neurons.cuba import Cuba
from hardware.program import Program
from hardware.spikes import SpikeTrain
from hardware.synapses.grid import SignMode


@dataclass(frozen=True)
class Lesson:
    """What a run needs beyond its input in order to learn.

    Attributes
    ----------
    labels : int32 array, shape (samples,)
        The unit that should win; -1 teaches nothing.
    seed : int
        Seed of the trace streams.
    """

    labels: NDArray[np.int32]
    seed: int


@dataclass(eq=False)
class _Var:
    """A Var under the care of a ``StateBank``."""

    var: Any
    record: str | None = None
    final: str | None = None
    reset: bool = True


@dataclass(eq=False)
class Graph:
    """Lava processes, connected and ready to run.

    Attributes
    ----------
    root : lava AbstractProcess
        The input; running it runs all processes connected to it.
    steps : int
        Steps of all samples.
    outputs : dict of str to str
        File in the folder for ``"spikes/<layer>"``, ``"probe/<state>"`` and ``"weights/<connection>"``.
    """

    root: Any
    steps: int
    folder: Path
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


def build(
    program: Program, spikes: SpikeTrain, lesson: Lesson | None, probes: Sequence[str], folder: Path
) -> Graph:
    """Build the graph that runs all samples of ``spikes`` one after another.

    Input spike ``k`` (from 0) of a sample drives the first layer in step ``k + 1``: the source sends it in the
    same step, and ``Dense`` holds it for one. After the last step of a sample every state is set to zero.

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
    graph = Graph(root=RingBuffer(data=data), steps=steps, folder=folder)
    watched: dict[str, _Var] = {}

    layers = {layer.name: neurons_process(layer.name, layer.neuron) for layer in network.layers}
    senders = {INPUT: graph.root.s_out} | {name: process.s_out for name, process in layers.items()}
    for name, process in layers.items():
        watched |= {f"{name}.u": _Var(process.u), f"{name}.v": _Var(process.v)}

    teachers = {}
    for layer in network.layers:
        probed = f"{layer.name}.m" in probes or f"{layer.name}.y1" in probes
        if layer.teacher is not None and (lesson is not None or probed):
            labels = np.full(spikes.samples, -1, np.int32) if lesson is None else lesson.labels
            teacher = teacher_process(layer.name, layer.units, layer.teacher, labels, spikes.steps)
            watched |= {f"{layer.name}.m": _Var(teacher.m), f"{layer.name}.y1": _Var(teacher.y1, reset=False)}
            teachers[layer.name] = teacher

    for connection in network.connections:
        synapses = synapses_process(connection, lesson)
        senders[connection.source].connect(synapses.s_in)
        synapses.a_out.connect(layers[connection.target].a_in)
        watched[f"{connection.name}.a_buff"] = _Var(synapses.a_buff)
        if connection.target in teachers:
            synapses.a_out.connect(teachers[connection.target].a_in)
        if connection.rule is not None and lesson is not None:
            if connection.target in teachers:
                teachers[connection.target].y_out.connect(synapses.s_in_y1)
            for state in CONNECTION_PROBES:
                watched[f"{connection.name}.{state}"] = _Var(getattr(synapses, state), reset=state != "weights")
            final = graph.file(f"weights/{connection.name}", synapses.weights.shape, np.int32)
            watched[f"{connection.name}.weights"].final = final

    for probe in probes:
        shape = watched[probe].var.shape
        watched[probe].record = graph.file(f"probe/{probe}", (steps, *shape), np.int32)
    _record(graph, {name: process.s_out for name, process in layers.items()})
    _hold(graph, [v for v in watched.values() if v.record or v.final or v.reset], spikes.steps)
    return graph


def neurons_process(name: str, neuron: Cuba) -> Any:
    """Return the ``LIF`` process of a layer, from rest."""
    from lava.proc.lif.process import LIF

    return LIF(
        shape=(neuron.units,),
        du=neuron.current_decay - 1,
        dv=neuron.voltage_decay,
        vth=neuron.threshold,
        bias_mant=neuron.bias_mantissa.astype(np.int32),
        bias_exp=neuron.bias_exponent,
        name=name,
    )


def teacher_process(name: str, units: int, teacher: Teacher, labels: NDArray[np.int32], sample_steps: int) -> Any:
    """Return the process that teaches a layer.

    Parameters
    ----------
    name, units, teacher
        The layer's.
    labels : int32 array, shape (samples,)
        The unit that should win; -1 teaches nothing.
    sample_steps : int
        Steps of one sample.
    """
    from hardware.lava.processes.teacher import ErrorReadout

    return ErrorReadout(
        units=units,
        margin=teacher.margin,
        rest=teacher.rest,
        shift=teacher.shift,
        labels=labels,
        sample_steps=sample_steps,
        name=f"teacher of {name}",
    )


def synapses_process(connection: Connection, lesson: Lesson | None) -> Any:
    """Return the process of a connection, set up so that Lava takes every weight exactly as it is.

    Lava drops the lowest bit of mixed-sign weights unless they are said to have nine bits; learned weights may
    be odd, so plastic connections say that. Fixed ones lie on their grid, which Lava's truncation leaves alone.
    """
    from lava.magma.core.learning.learning_rule import Loihi3FLearningRule
    from lava.proc.dense.process import Dense, LearningDense
    from lava.utils import weightutils

    synapse, rule = connection.synapse, connection.rule
    bits = synapse.grid.bits if rule is None else 8 + (synapse.grid.sign is SignMode.MIXED)
    parameters = {
        "weights": synapse.weights.astype(np.int32),
        "weight_exp": synapse.exponent,
        "num_weight_bits": bits,
        "sign_mode": weightutils.SignMode[synapse.grid.sign.name],
        "name": connection.name,
    }
    if rule is None or lesson is None:
        return Dense(**parameters)
    learning_rule = Loihi3FLearningRule(
        dw=rule.text,
        t_epoch=rule.epoch,
        x1_impulse=rule.x1_impulse,
        x1_tau=rule.x1_tau,
        x2_impulse=rule.x2_impulse,
        x2_tau=rule.x2_tau,
        rng_seed=lesson.seed,
    )
    return LearningDense(learning_rule=learning_rule, **parameters)


def _record(graph: Graph, ports: dict[str, Any]) -> None:
    from hardware.lava.processes import recorder

    names = list(ports)
    for first in range(0, len(names), recorder.SLOTS):
        group = names[first : first + recorder.SLOTS]
        shapes = [ports[name].shape for name in group]
        process = recorder.Recorder(
            shapes=shapes,
            files=[
                graph.file(f"spikes/{name}", (graph.steps, *shape), np.uint8)
                for name, shape in zip(group, shapes, strict=True)
            ],
            progress=str(graph.folder / "progress"),
        )
        for slot, name in enumerate(group):
            ports[name].connect(getattr(process, f"s_in{slot}"))


def _hold(graph: Graph, states: list[_Var], sample_steps: int) -> None:
    from hardware.lava.processes import state_bank

    for first in range(0, len(states), state_bank.SLOTS):
        group = states[first : first + state_bank.SLOTS]
        process = state_bank.StateBank(
            shapes=[state.var.shape for state in group],
            files=[state.record for state in group],
            finals=[state.final for state in group],
            resets=[state.reset for state in group],
            sample_steps=sample_steps,
            steps=graph.steps,
        )
        for slot, state in enumerate(group):
            getattr(process, f"state{slot}").connect_var(state.var)
