"""A Program as a graph of Lava processes.

Layers become Lava's ``LIF``, ``ATRLIF``, ``RF``, ``RF_IZ``, ``Delta``, ``SigmaDelta`` or ``Sigma``, connections
its ``Dense``, ``DelayDense``, ``LearningDense``, ``Sparse`` or ``Conv``. Ours are the processes that give, record,
reset and teach, and those of layers and connections that Lava's cannot express. Nothing is left for Lava to guess:
it checks no range and falls back silently, but a Program is checked where it is made.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from hardware.lava.call import Calls
from hardware.lava.neuron_processes import axon_process, neurons_process, port, state
from hardware.lava.refusals import teachable
from hardware.lava.synapse_processes import buffer, join, kept, synapses_process
from hardware.lava.third_factor_processes import teacher_process
from hardware.learning.product import POST_TRACES
from hardware.network import INPUT, Layer, Network
from hardware.probes import connection_states
from hardware.program import Program


@dataclass(eq=False)
class _Var:
    """A Var under the care of a ``StateBank``; ``reset`` is its value as a sample begins, ``None`` to keep it."""

    var: Any
    final: str | None = None
    reset: ArrayLike | None = 0


@dataclass(eq=False)
class Graph:
    """Lava processes, connected and ready to run one call after another.

    Attributes
    ----------
    root : lava AbstractProcess
        A recorder; running it runs all processes connected to it.
    spikes : dict of str to (shape, dtype)
        What is known of the messages of each ``"spikes/<layer>"``, one step.
    states : dict of str to shape
        The same of each ``"probe/<state>"``, int32.
    weights : dict of str to shape
        The same of each ``"weights/<connection>"``, int32, known after the last step.
    constants : dict of str to int32 array
        States that never change.
    """

    calls: Calls
    progress: Path
    root: Any = None
    spikes: dict[str, tuple[tuple[int, ...], DTypeLike]] = field(default_factory=dict)
    states: dict[str, tuple[int, ...]] = field(default_factory=dict)
    weights: dict[str, tuple[int, ...]] = field(default_factory=dict)
    constants: dict[str, NDArray[np.int32]] = field(default_factory=dict)


def build(program: Program, calls: Calls, progress: Path, *, learns: bool) -> Graph:
    """Build the graph that runs all samples of a call one after another.

    Input ``k`` (from 0) of a sample drives the first layer in step ``k + 1``: the source sends it in the same
    step, and the synapses hold it for one. After the last step of a sample every state is set to rest.

    Parameters
    ----------
    program : Program
        What to run.
    calls : Calls
        Tells the processes what a call brings.
    progress : Path
        File that is told how far a call has come.
    learns : bool
        Whether connections that can learn shall be able to, and take their weights from the calls.
    """
    from hardware.lava.processes.source import Source

    network = program.network
    graph = Graph(calls=calls, progress=progress)
    watched: dict[str, _Var] = {}

    layers = {
        layer.name: neurons_process(
            layer.name, layer.neuron, _used_ports(network, layer), teacher=layer.teacher, calls=calls
        )
        for layer in network.layers
    }
    senders = {INPUT: Source(units=network.inputs, calls=calls).s_out}
    for layer in network.layers:
        senders[layer.name] = _watch(graph, layer, layers[layer.name], watched)

    speakers = {layer.name: _speaker(layer, layers[layer.name], calls, watched) for layer in network.layers}

    for connection in network.connections:
        if connection.direct:
            driver = Source(units=network.inputs, calls=calls, drives=connection)
            neuron = network.layer(connection.target).neuron
            driver.s_out.connect(port(layers[connection.target], neuron, connection.port))
            continue
        graded = network.sends_graded(connection.source)
        teaches = learns and teachable(connection)
        synapses = synapses_process(connection, calls if teaches else None, graded=graded)
        receivers = [port(layers[connection.target], network.layer(connection.target).neuron, connection.port)]
        speaker = speakers[connection.target]
        if speaker is not layers[connection.target] and hasattr(speaker, "a_in") and not connection.port:
            receivers.append(speaker.a_in)
        join(senders[connection.source], synapses, connection, receivers)
        watched[f"{connection.name}.buffer"] = _Var(buffer(synapses))
        if connection.rule is not None and teaches:
            if not connection.rule.two_factor:
                for trace in network.layer(connection.target).third_factors:
                    getattr(speaker, f"{trace}_out").connect(getattr(synapses, f"s_in_{trace}"))
            if connection.rule.hears_target:
                senders[connection.target].connect(synapses.s_in_bap)
            for name in connection_states(connection):
                reset = None if name == "weights" else 0
                watched[f"{connection.name}.{name}"] = _Var(kept(synapses, name), reset=reset)
            watched[f"{connection.name}.weights"].final = f"weights/{connection.name}"
            graph.weights[f"weights/{connection.name}"] = kept(synapses, "weights").shape

    graph.states |= {f"probe/{name}": held.var.shape for name, held in watched.items()}
    _record(graph, network, {layer.name: senders[layer.name] for layer in network.layers})
    _hold(graph, watched)
    return graph


def _watch(graph: Graph, layer: Layer, process: Any, watched: dict[str, _Var]) -> Any:
    """Take a layer's states under care; return the port that sends what its axons let pass."""
    for name, rest in layer.neuron.rest.items():
        var, probe = state(process, name), f"{layer.name}.{name}"
        if var is not None:
            watched[probe] = _Var(var, reset=rest)
        else:
            graph.constants[f"probe/{probe}"] = rest
    if layer.delays is None:
        return process.s_out
    axon = axon_process(layer.name, layer.delays)
    process.s_out.connect(axon.s_in)
    watched[f"{layer.name}.held"] = _Var(axon.held)
    return axon.s_out


def _speaker(layer: Layer, process: Any, calls: Calls, watched: dict[str, _Var]) -> Any:
    """Return what sends a layer's third factors, its states under care: a process beside its neurons, or they."""
    speaker = teacher_process(layer.name, layer.units, layer.teacher, calls) or process
    for name in layer.teacher.states if layer.teacher else ():
        reset = None if name in POST_TRACES else 0
        watched[f"{layer.name}.{name}"] = _Var(getattr(speaker, name), reset=reset)
    return speaker


def _used_ports(network: Network, layer: Layer) -> frozenset[str]:
    return frozenset(connection.port or layer.neuron.ports[0] for connection in network.into(layer.name))


def _record(graph: Graph, network: Network, ports: dict[str, Any]) -> None:
    """Record what layers send; a chain through all recorders holds the graph together, however many its parts."""
    from hardware.lava.processes import recorder

    names, last = list(ports), None
    for first in range(0, len(names), recorder.SLOTS):
        group = names[first : first + recorder.SLOTS]
        shapes = [ports[name].shape for name in group]
        for name, shape in zip(group, shapes, strict=True):
            graph.spikes[f"spikes/{name}"] = shape, np.int32 if network.sends_graded(name) else np.uint8
        process = recorder.Recorder(
            shapes=shapes,
            names=[f"spikes/{name}" for name in group],
            calls=graph.calls,
            progress=str(graph.progress),
        )
        for slot, name in enumerate(group):
            ports[name].connect(getattr(process, f"s_in{slot}"))
        if last is not None:
            last.chain_out.connect(process.chain_in)
        last = graph.root = process


def _hold(graph: Graph, watched: dict[str, _Var]) -> None:
    from hardware.lava.processes import state_bank

    names = list(watched)
    for first in range(0, len(names), state_bank.SLOTS):
        group = names[first : first + state_bank.SLOTS]
        states = [watched[name] for name in group]
        process = state_bank.StateBank(
            shapes=[held.var.shape for held in states],
            records=[f"probe/{name}" for name in group],
            finals=[held.final for held in states],
            resets=[_rest(held) for held in states],
            calls=graph.calls,
        )
        for slot, held in enumerate(states):
            getattr(process, f"state{slot}").connect_var(held.var)


def _rest(held: _Var) -> NDArray[np.int32] | None:
    return None if held.reset is None else np.full(held.var.shape, held.reset, np.int32)
