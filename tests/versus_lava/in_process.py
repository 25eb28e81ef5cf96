"""Lava's own process models, run without Lava's runtime: same arithmetic, a thousand times the cases.

Every process is described by ``hardware.lava``, as in a real run; its model is the one that Lava's own search
selects, filled as Lava's ``PyProcessBuilder`` does. Only ports and phases are ours; that these are right is proved
by the runs on the real simulator in ``tests/conformance`` and ``test_real_runs``.
"""

import multiprocessing

import numpy as np

from hardware.lava import neuron_processes, synapse_processes
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

    def __init__(self, connection, calls=None, *, graded=False):
        self.synapse = connection.synapse
        self.process = synapse_processes.synapses_process(connection, calls, graded=graded)
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

    def __getitem__(self, state):
        return getattr(self.model, synapse_processes.kept(self.process, state).name)

    def rest(self):
        """Return to the beginning of a sample: nothing under way, no trace, no tag."""
        kept = RESET if hasattr(self.model, "x1") else ()
        names = [synapse_processes.kept(self.process, name).name for name in kept]
        for name in (synapse_processes.buffer(self.process).name, *names):
            setattr(self.model, name, np.zeros_like(getattr(self.model, name)))

    def due(self):
        """Return what the next step sends."""
        held = getattr(self.model, synapse_processes.buffer(self.process).name).astype(np.int32)
        if self.image:
            return held.transpose((2, 1, 0)).ravel()
        return held[:, 0] if held.ndim == 2 else held


class Neurons:
    """A layer's model, its states by the names of the specification."""

    def __init__(self, name, neuron, used=frozenset(), **taught):
        self.neuron = neuron
        self.process = neuron_processes.neurons_process(name, neuron, used, **taught)
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
