"""Lava's own processes are used wherever they compute what a layer or a connection says."""

import numpy as np
import pytest

from hardware.lava.neuron_processes import neurons_process
from hardware.lava.synapse_processes import synapses_process
from hardware.lava.third_factor_processes import teacher_process
from hardware.learning import Feedback, LearningRule, Reward, Teacher
from hardware.network import Connection
from hardware.neurons.alif import Adaptation, Alif
from hardware.neurons.cuba import Cuba, Message, Reset
from hardware.neurons.neuron import ALIGNED, FINE
from hardware.neurons.readout import Readout
from hardware.neurons.relay import Relay
from hardware.neurons.resonator import Firing, Resonator
from hardware.neurons.sigma_delta import Delta, Sigma, SigmaDelta
from hardware.synapses.convolution import Convolution
from hardware.synapses.dense import Dense
from hardware.synapses.sparse import Sparse
from tests.versus_lava.in_process import import_lava, is_lavas

pytestmark = pytest.mark.lava

BIAS = np.array([5, -4096], np.int16)
EACH = np.array([7, 8])
CHANGE = Adaptation(10, 20, 30)
KERNEL = np.full((1, 1, 2, 2), 4, np.int16)
LATE = np.array([[1, 0], [0, 3]])
WEIGHTS = np.array([[2, 4], [6, -8]], np.int16)


def cuba(**more):
    return Cuba(**{"current_decay": 1, "voltage_decay": 2, "threshold": 3, "bias_mantissa": BIAS} | more)


def alif(**more):
    return Alif(
        **{"units": 2, "current_decay": 1, "voltage_decay": 2, "threshold": 3, "adaptation": CHANGE} | more
    )


def resonator(**more):
    return Resonator(**{"units": 2, "sin_decay": 1, "cos_decay": 2, "threshold": 3} | more)


@pytest.mark.parametrize(
    ("neuron", "process"),
    [
        (cuba(), "LIF"),
        (cuba(refractory=2), "CubaNeurons"),
        (cuba(drive=1), "CubaNeurons"),
        (cuba(threshold=EACH), "CubaNeurons"),
        (cuba(current_decay=EACH), "CubaNeurons"),
        (cuba(message=Message.GRADED), "CubaNeurons"),
        (cuba(message=Message.VOLTAGE), "CubaNeurons"),
        (cuba(reset=Reset.SUBTRACT), "CubaNeurons"),
        (alif(), "ATRLIF"),
        (alif(bias=np.array([4095, -4096 << 7])), "ATRLIF"),
        (alif(bias=4097), "AlifNeurons"),
        (alif(bias=4096 << 7), "AlifNeurons"),
        (alif(drive=-1), "AlifNeurons"),
        (alif(graded=True), "AlifNeurons"),
        (alif(adaptation=Adaptation(1, EACH, 2)), "AlifNeurons"),
        (resonator(), "RF"),
        (resonator(firing=Firing.IZHIKEVICH), "RF_IZ"),
        (resonator(adaptation=CHANGE), "ResonatorNeurons"),
        (resonator(drive_imag=1), "ResonatorNeurons"),
        (resonator(sin_decay=EACH), "ResonatorNeurons"),
        (resonator(graded=True), "ResonatorNeurons"),
        (Delta(2, 5, 0, 24), "Delta"),
        (Delta(2, EACH), "UnequalDelta"),
        (SigmaDelta(2, 5, EACH), "SigmaDelta"),
        (SigmaDelta(2, EACH), "UnequalSigmaDelta"),
        (Sigma(2), "Sigma"),
        (Relay(2), "RelayUnits"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_of_neurons(neuron, process):
    import_lava()
    made = neurons_process("the layer", neuron, frozenset({neuron.ports[0]}))
    assert type(made).__name__ == process
    assert made.name == made.proc_params.get("name") == "the layer"  # errors tell it


@pytest.mark.parametrize(("neuron", "process"), [(cuba(), "CubaNeurons"), (alif(), "AlifNeurons")])
def test_of_neurons_that_get_fine_input(neuron, process):
    import_lava()
    assert type(neurons_process("a", neuron, frozenset({ALIGNED, FINE}))).__name__ == process


@pytest.mark.parametrize(
    ("synapse", "graded", "process"),
    [
        (Dense(WEIGHTS), False, "Dense"),
        (Dense(WEIGHTS, -3), True, "Dense"),
        (Dense(WEIGHTS, -3, delays=LATE), False, "DelayDense"),
        (Dense(WEIGHTS, 3, delays=LATE), True, "DelayDense"),
        (Dense(WEIGHTS, -3, delays=LATE), True, "WordDelayDense"),
        (Sparse(WEIGHTS[0], np.array([0, 1]), np.array([0, 1]), (2, 2), -3), True, "Sparse"),
        (Convolution(KERNEL, (1, 3, 3), (1, 2, 2)), False, "Conv"),
        (Convolution(KERNEL, (1, 3, 3), (1, 2, 2)), True, "WideConv"),
        (Convolution(KERNEL, (1, 3, 3), (1, 2, 2), exponent=1), False, "WideConv"),
        (Convolution(KERNEL, (1, 3, 3), (1, 1, 2)), False, "WideConv"),
        (Convolution(KERNEL, (1, 2, 2), (1, 3, 3), transposed=True), True, "Sparse"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_of_synapses(synapse, graded, process):
    import_lava()
    made = synapses_process(Connection("a", "b", synapse), None, graded=graded)
    assert type(made).__name__ == process
    assert is_lavas(made) is (process not in ("WordDelayDense", "WideConv"))
    assert made.name == "a->b"


@pytest.mark.parametrize(
    ("synapse", "fixed", "learns", "source"),
    [
        (Dense(WEIGHTS), "Dense", "TaughtDense", "LearningDense"),
        (
            Sparse(WEIGHTS[0], np.array([0, 1]), np.array([0, 1]), (2, 2)),
            "Sparse",
            "TaughtSparse",
            "LearningSparse",
        ),
    ],
)
def test_of_a_connection_that_learns_only_where_it_does(synapse, fixed, learns, source):
    import_lava()
    rule = LearningRule.parse("2^-4*u0*x1", epoch=4, x1_impulse=20, x1_tau=5)
    connection = Connection("a", "b", synapse, rule)
    assert type(synapses_process(connection, None)).__name__ == fixed
    made = synapses_process(connection, lambda: None)
    assert type(made).__name__ == learns
    assert type(made).__base__.__name__ == source


@pytest.mark.parametrize(
    ("neuron", "teacher", "process", "beside"),
    [
        (cuba(), Teacher(margin=5, shift=1), "LIF", "ErrorReadout"),
        (cuba(), Reward(), "LIF", "Rewarder"),
        (resonator(), Reward(), "RF", "Rewarder"),
        (cuba(), Feedback(shift=1, most=3), "FeedbackNeurons", None),
        (Readout(2, margin=5, shift=1), None, "ReadoutUnits", None),
    ],
)
def test_of_what_sends_third_factors(neuron, teacher, process, beside):
    import_lava()
    layer, other = (
        neurons_process("a", neuron, teacher=teacher, calls=lambda: None),
        teacher_process("a", 2, teacher, lambda: None),
    )
    assert type(layer).__name__ == process
    assert layer.name == layer.proc_params.get("name") == "a"
    assert (other and type(other).__name__) == beside
    assert hasattr(other or layer, "y1_out")
