"""Lava's own process models, run without Lava's runtime: same arithmetic, a thousand times the cases.

Every process is described by ``hardware.lava``, as in a real run; its model is the one that Lava's own search
selects, filled as Lava's ``PyProcessBuilder`` does. Only ports and phases are ours; that these are right is proved
by the runs on the real simulator in ``tests/conformance`` and ``test_real_runs``.
"""

import multiprocessing

import numpy as np

from hardware.lava import neuron_processes, synapse_processes
from hardware.network import INPUT
from hardware.probes import connection_states
from hardware.synapses.convolution import Convolution

_SELECTED = {}
RESET = ("x1", "x2", "y1", "y2", "y3", "tag_1", "tag_2")
"""What a rule keeps, at rest when a sample begins."""


class Wire:
    """Stands for a port: gives the sum of what was put in, keeps what was sent."""

    def __init__(self, shape=None, kind=None):
        self.shape, self.kind, self.parts, self.value = shape, kind, [], None

    def recv(self):
        total = np.zeros(self.shape, self.kind)
        for part in self.parts:
            total = total + np.asarray(part, np.int32)
        self.parts = []
        return total

    def send(self, value):
        assert value.shape == self.shape
        self.value = np.zeros(self.shape, np.int32)
        self.value[:] = value


def import_lava():
    """Import Lava, which insists on choosing the start method of processes, whoever chose before."""
    multiprocessing.set_start_method(None, force=True)
    import lava.magma.runtime.message_infrastructure.multiprocessing  # noqa: F401

    multiprocessing.set_start_method(None, force=True)


def selected(process):
    """Return the model class that Lava runs a process by."""
    from lava.magma.compiler.compiler_graphs import ProcGroupDiGraphs
    from lava.magma.core.run_configs import Loihi2SimCfg

    kind = type(process)
    if kind not in _SELECTED:
        models = ProcGroupDiGraphs._find_proc_models(process)
        _SELECTED[kind] = Loihi2SimCfg(select_tag="fixed_pt").select(process, models)
    return _SELECTED[kind]


def model(process):
    """Return the model of a process with its Vars set and its ports open."""
    from lava.magma.core.model.py.type import LavaPyType

    kind = selected(process)
    made = kind(process.proc_params)
    for var in process.vars:
        declared = getattr(kind, var.name, None)
        if declared is None:  # Lava's Delta has a Var that its model leaves out
            continue
        assert isinstance(declared, LavaPyType)
        value = var.init
        if issubclass(declared.cls, np.ndarray):
            value = np.ndarray(var.shape, declared.d_type)
            value[:] = var.init
        setattr(made, var.name, value)
    for port in (*process.in_ports, *process.out_ports):
        setattr(made, port.name, Wire(port.shape, getattr(kind, port.name).d_type))
    return made


def is_lavas(process):
    """Say whether a process, with its model, is Lava's own."""
    return selected(process).__module__.startswith("lava.proc.")


class Synapses:
    """A connection's model between flat messages."""

    def __init__(self, connection, lesson=None, *, graded=False):
        self.synapse = connection.synapse
        self.process = synapse_processes.synapses_process(connection, lesson, graded=graded)
        self.model = model(self.process)
        self.image = isinstance(self.synapse, Convolution) and not self.synapse.transposed

    def step(self, sent):
        """Send what has come before; take in ``sent``."""
        if self.image:
            sent = np.asarray(sent).reshape(self.synapse.source_shape).transpose((2, 1, 0))
        self.model.s_in.parts = [sent]
        self.model.run_spk()
        arriving = self.model.a_out.value
        return arriving.transpose((2, 1, 0)).ravel() if self.image else arriving

    def clear(self):
        """Forget what is under way."""
        name = synapse_processes.buffer(self.process).name
        setattr(self.model, name, np.zeros_like(getattr(self.model, name)))

    def due(self):
        """Return what the next step sends."""
        held = getattr(self.model, synapse_processes.buffer(self.process).name).astype(np.int32)
        if self.image:
            return held.transpose((2, 1, 0)).ravel()
        return held[:, 0] if held.ndim == 2 else held


class Neurons:
    """A layer's model, its states by the names of the specification."""

    def __init__(self, name, neuron, used=frozenset()):
        self.neuron = neuron
        self.process = neuron_processes.neurons_process(name, neuron, used)
        self.model = model(self.process)

    def receive(self, port, values):
        """Add input of this step at a port."""
        getattr(self.model, neuron_processes.port(self.process, self.neuron, port).name).parts.append(values)

    def step(self):
        """Advance; return the messages."""
        self.model.run_spk()
        return self.model.s_out.value

    def __getitem__(self, state):
        var = neuron_processes.state(self.process, state)
        return self.neuron.rest[state] if var is None else getattr(self.model, var.name)

    def __setitem__(self, state, values):
        var = neuron_processes.state(self.process, state)
        if var is not None:
            setattr(self.model, var.name, np.array(values, np.int32))

    def rest(self):
        """Return to the beginning of a sample."""
        for state, values in self.neuron.rest.items():
            self[state] = values


def simulate(program, spikes, lesson=None):
    """Run all samples; return every message, state and, at the end, the learned weights."""
    import_lava()
    network = program.network
    neurons = {
        layer.name: Neurons(
            layer.name,
            layer.neuron,
            frozenset(c.port or layer.neuron.ports[0] for c in network.into(layer.name)),
        )
        for layer in network.layers
    }
    axons = {
        layer.name: model(neuron_processes.axon_process(layer.name, layer.delays))
        for layer in network.layers
        if layer.delays is not None
    }
    labels = np.full(spikes.samples, -1, np.int32) if lesson is None else lesson.labels
    teachers = {
        layer.name: model(
            neuron_processes.teacher_process(layer.name, layer.units, layer.teacher, labels, spikes.steps)
        )
        for layer in network.layers
        if layer.teacher
    }
    stepping = [c for c in network.connections if not c.direct]
    synapses = {c.name: Synapses(c, lesson, graded=network.sends_graded(c.source)) for c in stepping}
    learning = {c.name for c in network.plastic} if lesson else set()

    shape, out = (spikes.samples, spikes.steps), {}
    for sample, step in np.ndindex(*shape):
        time, states = sample * spikes.steps + step + 1, {}
        sent = {INPUT: spikes.values[sample, step].astype(np.int32)}
        _drive(network, neurons, sent[INPUT])
        for connection in stepping:
            neurons[connection.target].receive(connection.port, synapses[connection.name].due())
            if connection.target in teachers and not connection.port:
                teachers[connection.target].a_in.parts.append(synapses[connection.name].due())
        for name, layer in neurons.items():
            sent[name] = layer.step()
            if name in axons:
                axons[name].s_in.parts = [sent[name]]
                axons[name].run_spk()
                sent[name] = axons[name].s_out.value
            states[f"{name}.spikes"] = sent[name]
            states |= {f"{name}.{state}": layer[state] for state in layer.neuron.states}
        for name, teacher in teachers.items():
            teacher.time_step = time
            teacher.run_spk()
            states |= {f"{name}.m": teacher.m, f"{name}.y1": teacher.y1}
        for connection in stepping:
            one = synapses[connection.name]
            one.model.time_step = time
            if connection.name in learning:
                _teach(connection, one.model, teachers, sent)
            held = one.due()
            np.testing.assert_array_equal(one.step(sent[connection.source]), held)
            if connection.name in learning:
                if one.model.lrn_guard():
                    one.model.run_lrn()
                states |= {f"{connection.name}.{s}": getattr(one.model, s) for s in connection_states(connection)}
        for name, value in states.items():
            out.setdefault(name, np.zeros((*shape, *value.shape), np.int32))[sample, step] = value
        if step == spikes.steps - 1:
            _rest(neurons, axons, teachers, synapses, learning)
    return out


def _teach(connection, synapses, teachers, sent):
    """Hand a connection that learns what its target says."""
    if connection.target in teachers and not connection.rule.two_factor:
        synapses.s_in_y1.parts = [teachers[connection.target].y_out.value]
    if connection.rule.hears_target:
        synapses.s_in_bap.parts = [sent[connection.target]]


def _drive(network, neurons, given):
    """Hand what the host drives directly to its neurons."""
    for connection in network.connections:
        if connection.direct:
            driven = synapse_processes.driven(connection, given[:, None])[:, 0]
            neurons[connection.target].receive(connection.port, driven)


def _rest(neurons, axons, teachers, synapses, learning):
    """Reset what a sample leaves behind."""
    for layer in neurons.values():
        layer.rest()
    for one in synapses.values():
        one.clear()
    for owner, name in [
        *((axon, "held") for axon in axons.values()),
        *((teacher, "m") for teacher in teachers.values()),
        *((synapses[name].model, state) for name in learning for state in RESET),
    ]:
        setattr(owner, name, np.zeros_like(getattr(owner, name)))
