"""Lava's own process models, run without Lava's runtime: same arithmetic, a thousand times the cases.

Every process is described by ``hardware.lava.graph``, as in a real run, and its model filled as Lava's
``PyProcessBuilder`` does. Only ports and phases are ours; that these are right is proved by the runs on the real
simulator in ``tests/conformance`` and ``test_real_runs``.
"""

import multiprocessing

import numpy as np

from hardware.lava import graph
from hardware.network import INPUT


class Wire:
    """Stands for a port: gives what was put in, keeps what was sent."""

    def __init__(self, value=None):
        self.value = value

    def recv(self):
        return self.value.copy()

    def send(self, value):
        self.value = np.asarray(value).astype(np.int32)


def import_lava():
    """Import Lava, which insists on choosing the start method of processes, whoever chose before."""
    multiprocessing.set_start_method(None, force=True)
    import lava.magma.runtime.message_infrastructure.multiprocessing  # noqa: F401

    multiprocessing.set_start_method(None, force=True)


def model(process, kind):
    """Return the model of a process with its Vars set."""
    from lava.magma.core.model.py.type import LavaPyType

    made = kind(process.proc_params)
    for var in process.vars:
        declared = getattr(kind, var.name)
        assert isinstance(declared, LavaPyType)
        value = var.init
        if issubclass(declared.cls, np.ndarray):
            value = np.ndarray(var.shape, declared.d_type)
            value[:] = var.init
        setattr(made, var.name, value)
    return made


def simulate(program, spikes, lesson=None):
    """Run all samples; return every spike, state and, at the end, the learned weights."""
    import_lava()
    from lava.proc.dense.models import PyDenseModelBitAcc, PyLearningDenseModelBitApproximate
    from lava.proc.lif.models import PyLifModelBitAcc

    from hardware.lava.processes.teacher import PyErrorReadout

    network = program.network
    neurons = {
        layer.name: model(graph.neurons_process(layer.name, layer.neuron), PyLifModelBitAcc)
        for layer in network.layers
    }
    labels = np.full(spikes.samples, -1, np.int32) if lesson is None else lesson.labels
    teachers = {
        layer.name: model(
            graph.teacher_process(layer.name, layer.units, layer.teacher, labels, spikes.steps), PyErrorReadout
        )
        for layer in network.layers
        if layer.teacher
    }
    synapses = {}
    for connection in network.connections:
        learns = connection.rule is not None and lesson is not None
        kind = PyLearningDenseModelBitApproximate if learns else PyDenseModelBitAcc
        synapses[connection.name] = model(graph.synapses_process(connection, lesson), kind)
    learning = {c.name for c in network.plastic} if lesson else set()

    shape = (spikes.samples, spikes.steps)
    out = {f"{name}.spikes": np.zeros((*shape, *lif.u.shape), np.int32) for name, lif in neurons.items()}
    for sample, step in np.ndindex(*shape):
        time = sample * spikes.steps + step + 1
        sent = {INPUT: spikes.values[sample, step].astype(np.int32)}
        arriving = {layer.name: np.zeros(layer.units, np.int32) for layer in network.layers}
        for connection in network.connections:
            arriving[connection.target] += synapses[connection.name].a_buff.astype(np.int32)
        for name, lif in neurons.items():
            lif.a_in, lif.s_out = Wire(arriving[name]), Wire()
            lif.run_spk()
            sent[name] = lif.s_out.value
            out[f"{name}.spikes"][sample, step] = sent[name]
        for name, teacher in teachers.items():
            teacher.time_step, teacher.a_in, teacher.y_out = time, Wire(arriving[name]), Wire()
            teacher.run_spk()
        for connection in network.connections:
            dense = synapses[connection.name]
            dense.time_step, dense.s_in, dense.a_out = time, Wire(sent[connection.source]), Wire()
            silent = np.zeros(connection.synapse.targets, np.int32)
            dense.s_in_bap = dense.s_in_y2 = dense.s_in_y3 = dense.s_in_y1 = Wire(silent)
            if connection.target in teachers:
                dense.s_in_y1 = teachers[connection.target].y_out
            held = dense.a_buff.astype(np.int32)
            dense.run_spk()
            np.testing.assert_array_equal(dense.a_out.value, held)
            if connection.name in learning and dense.lrn_guard():
                dense.run_lrn()
        states = {f"{name}.{s}": getattr(lif, s) for name, lif in neurons.items() for s in ("u", "v")}
        states |= {f"{name}.{s}": getattr(teacher, s) for name, teacher in teachers.items() for s in ("m", "y1")}
        states |= {f"{name}.{s}": getattr(synapses[name], s) for name in learning for s in ("x1", "x2", "weights")}
        for name, value in states.items():
            out.setdefault(name, np.zeros((*shape, *value.shape), np.int32))[sample, step] = value
        if step == spikes.steps - 1:
            rest = [(lif, ("u", "v")) for lif in neurons.values()] + [(t, ("m",)) for t in teachers.values()]
            rest += [(synapses[name], ("x1", "x2")) for name in learning]
            for owner, names in (*rest, *((dense, ("a_buff",)) for dense in synapses.values())):
                for name in names:
                    setattr(owner, name, np.zeros_like(getattr(owner, name)))
    return out
