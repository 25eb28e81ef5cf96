"""Programs of every kind of neuron and synapse: a table of edges by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.chip.known import LOIHI2
from hardware.network import Connection, Layer, Network
from hardware.neurons.alif import Adaptation, Alif
from hardware.neurons.cuba import Cuba, Message, Reset
from hardware.neurons.neuron import FINE, Neuron
from hardware.neurons.relay import Relay
from hardware.neurons.resonator import IMAGINARY, Firing, Resonator
from hardware.neurons.sigma_delta import Activation, Delta, Sigma, SigmaDelta
from hardware.program import Program
from hardware.synapses.convolution import Convolution
from hardware.synapses.dense import Dense
from hardware.synapses.sparse import Sparse
from hardware.synapses.synapse import Synapse
from tests.programs import Case, cuba, dense

LOW, HIGH = -(2**31), 2**31 - 1


def network(inputs: int, layers: list[Layer], connections: list[Connection], *, graded: bool = False) -> Program:
    """Join the parts for Loihi 2."""
    return Program(Network(inputs, tuple(layers), tuple(connections), graded), LOIHI2)


def one(
    neuron: Neuron, synapse: Synapse, *, graded: bool = False, delays: Any = None, **ports: Synapse
) -> Program:
    """One layer driven by the input; further ports by name."""
    connections = [Connection("input", "a", synapse)]
    connections += [Connection("input", "a", other, port=port) for port, other in ports.items()]
    return network(synapse.sources, [Layer("a", neuron, delays=delays)], connections, graded=graded)


def sparse(targets: int, sources: int, seed: int = 0, share: float = 0.4, **more: Any) -> Sparse:
    """Make random synapses between some of the units."""
    rng = np.random.default_rng(seed)
    source_of, target_of = np.nonzero(rng.random((sources, targets)) < share)
    weights = rng.integers(-128, 128, len(source_of)) * 2
    return Sparse(weights, target_of, source_of, (targets, sources), **more)


def kernel(*shape: int, seed: int = 0) -> NDArray[np.int16]:
    """Make a random kernel on the mixed 8-bit grid."""
    return (np.random.default_rng(seed).integers(-128, 128, shape) * 2).astype(np.int16)


def ramp(*values: int) -> NDArray[np.int64]:
    """One unit's input, step by step."""
    return np.array(values, np.int64)[:, None]


_ADAPTATION = Adaptation(30, 300, 700)
_KEEPS = Adaptation(131071, 0, 0)
_FORGETS = Adaptation(5, 4096, 4096)
_EXTREMES = np.concatenate([
    ramp(HIGH, 0, LOW, 0, HIGH, HIGH, LOW, LOW, 1, -1, LOW, HIGH, 0, 0),
    ramp(2**30 - 1, 2**30 - 1, 5, -(2**30), -(2**30), -(2**30), 2**29 + 77, -(2**28), 0),  # doubled: at the ends
    ramp(*[2**24 - 1] * 4, *[-(2**24) + 1] * 4, 3 * 2**23, 0, 0),  # 128 times these: at the ends
])  # fmt: skip
_ALL_ONES = np.ones((70, 1), np.int64)


def alif(units: int, threshold: Any = 20, adaptation: Adaptation = _ADAPTATION, **more: Any) -> Alif:
    """Make neurons of middling decays."""
    return Alif(units, more.pop("du", 1024), more.pop("dv", 128), threshold, adaptation, **more)


def resonator(units: int, firing: Firing = Firing.PHASE, threshold: Any = 20, **more: Any) -> Resonator:
    """Make resonators that turn by about a twelfth and keep most."""
    return Resonator(units, more.pop("sin", 2000), more.pop("cos", 3500), threshold, firing, **more)


CUBA = [
    *(
        Case(f"refractory delay of {k}", one(cuba(3, threshold=5, bias=[100, 50, 0], refractory=k), dense(3, 4)),
             steps=80)
        for k in (1, 2, 63)
    ),
    *(
        Case(f"{m.value} messages, refractory delay of {k}",
             one(cuba(4, threshold=30, message=m, refractory=k), dense(4, 5)), steps=30)
        for m in (Message.GRADED, Message.VOLTAGE) for k in (1, 3)
    ),
    Case("the threshold is subtracted", one(cuba(4, threshold=30, reset=Reset.SUBTRACT), dense(4, 5)), steps=30),
    Case("the threshold is subtracted, then a pause",
         one(cuba(4, threshold=30, reset=Reset.SUBTRACT, refractory=4, message=Message.GRADED), dense(4, 5)),
              steps=30),
    Case("parameters of each unit",
         one(Cuba(np.array([0, 1, 4095, 4096]), np.array([4096, 2048, 1, 0]), np.array([0, 7, 300, 131071]),
                  np.array([-1, 1, 100, 0], np.int16), drive=np.array([-9000, 0, 77, 9000])), dense(4, 5)),
                       steps=40),
    Case("drives at both ends", one(cuba(2, 0, 0, 131071, drive=np.array([2**23 - 1, 1 - 2**23])), dense(2, 3)),
         steps=40),
    Case("fine input rounds toward zero",
         one(cuba(1, 4096, 4096, 100), Dense(np.zeros((1, 1), np.int16)), graded=True,
              fine=Dense(np.array([[1 * 2]]))),
         values=ramp(31, 32, 33, -31, -32, -33, 65, -65, 0)),
    Case("fine and aligned input of 32 bits",
         one(cuba(1, 2048, 100, 100), Dense(np.array([[2]])), graded=True, fine=Dense(np.array([[254]]))),
         values=_EXTREMES),
    Case("fine input of -2^31", one(cuba(1, 4096, 4096, 1), Dense(np.array([[2]])), graded=True,
         fine=Sparse.diagonal(np.array([2]))), values=ramp(2**30, -(2**30), 2**30 - 1, 0)),
    Case("voltages driven from end to end",
         one(cuba(2, 4096, 0, 131071, bias=[4095, -4096], bias_exponent=7, message=Message.VOLTAGE),
             Dense(np.array([[2], [2]])), graded=True), values=_EXTREMES),
    Case("fine input of 32 bits after the exponent",
         one(cuba(2), Dense(np.array([[0], [0]])), graded=True, fine=Dense(np.array([[254], [-2]]), exponent=7)),
         values=_EXTREMES),
    Case("the sum of two connections wraps before the fine port divides it",
         network(1, [Layer("pass", Relay(1)), Layer("a", cuba(1, 4096, 4096))],
                 [Connection("input", "pass", Dense(np.array([[2]]))),
                  Connection("input", "a", Dense(np.array([[2]])), port=FINE),
                  Connection("pass", "a", Dense(np.array([[2]])), port=FINE)], graded=True),
         values=ramp(2**29, 2**30 - 1, 2**29, 2**29 + 9, -(2**30), -(2**28), -(2**30), 0)),
    Case("a threshold met exactly, with a pause after it is passed",
         one(cuba(2, du=4096, dv=4096, threshold=6, refractory=2), Dense(np.array([[6], [8]], np.int16))),
         density=1.0),
    Case("input of 32 bits wraps", one(cuba(3, 100, 100, 100), Dense(np.array([[2], [-2], [254]])), graded=True),
         values=_EXTREMES),
]  # fmt: skip

ALIF = [
    Case("an adaptive threshold", one(alif(4), dense(4, 5)), steps=40),
    Case("an adaptive threshold met exactly fires",
         one(alif(2, 6, _FORGETS, du=4096, dv=4096), Dense(np.array([[6], [4]]))), density=1.0),
    Case("an adaptive threshold that is never forgotten",
         one(alif(2, 0, _KEEPS, du=4096, dv=4096, bias=100), Dense(np.array([[254], [0]]))), values=_ALL_ONES),
    Case("an adaptive threshold that is forgotten at once", one(alif(4, 20, _FORGETS), dense(4, 5)), steps=40),
    Case("adaptive neurons with a bias, a drive and graded messages",
         one(alif(3, bias=np.array([-500, 0, 900]), drive=np.array([100, -100, 0]), graded=True), dense(3, 5)),
              steps=40),
    Case("adaptive neurons, each with parameters of its own",
         one(Alif(3, np.array([0, 2048, 4096]), np.array([4096, 100, 0]), np.array([0, 50, 131071]),
                  Adaptation(10, np.array([0, 100, 4096]), np.array([4096, 100, 0]))), dense(3, 5)), steps=40),
    Case("adaptive neurons with fine input of 32 bits",
         one(alif(1), Dense(np.array([[2]])), graded=True, fine=Dense(np.array([[-256]]))), values=_EXTREMES),
    Case("adaptive neurons held at threshold zero send the voltage zero", one(alif(2, 0, graded=True), dense(2,
         2)),
         density=0.2),
]  # fmt: skip

RESONATORS = [
    *(
        Case(f"{firing.value} resonators, {name}", one(resonator(4, firing, adaptation=adaptation, **more),
             dense(4, 5), imag=dense(4, 5, seed=9)), steps=60)
        for firing in Firing
        for name, adaptation, more in (
            ("fixed", None, {}),
            ("adaptive", _ADAPTATION, {}),
            ("graded", None, {"graded": True}),
            ("adaptive and graded", _ADAPTATION, {"graded": True}),
            ("threshold zero", None, {"threshold": 0, "graded": True}),
        )
    ),
    *(
        Case(f"{firing.value} resonators with one port saturate", one(resonator(2, firing, 131071, sin=0, cos=4096,
             drive_imag=np.array([2**23 - 1, 1 - 2**23])), Dense(np.array([[254], [-256]]), exponent=7)),
                  values=_ALL_ONES)
        for firing in Firing
    ),
    Case("izhikevich resonators meet the threshold exactly",
         one(resonator(2, Firing.IZHIKEVICH, 6, sin=0, cos=0), Dense(np.zeros((2, 1), np.int16)),
             imag=Dense(np.array([[6], [4]]))), density=1.0),
    Case("phase resonators, each with parameters of its own",
         one(Resonator(3, np.array([0, 2000, 4096]), np.array([4096, 3500, 0]), np.array([0, 3, 50]),
                       drive_real=np.array([1, -1, 5000])), dense(3, 5), imag=dense(3, 5, seed=2)), steps=60),
    *(
        Case(f"{firing.value} resonators take words of 32 bits", one(resonator(2, firing, adaptation=adaptation),
             Dense(np.array([[2], [-254]])), graded=True, imag=Dense(np.array([[254], [2]]))), values=_EXTREMES)
        for firing in Firing for adaptation in (None, _KEEPS)
    ),
]  # fmt: skip

_WEIGHTS = Dense(np.array([[2], [-2], [254]]))
SIGMA_DELTA = [
    *(
        Case(f"delta, shifts {i} and {o}{', cumulative' * c}",
             one(Delta(3, np.array([0, 4096, HIGH]), i, o, c), _WEIGHTS, graded=True), values=_EXTREMES)
        for i, o, c in ((0, 0, False), (12, 6, False), (12, 6, True), (24, 24, False), (24, 24, True), (0, 0,
             True))
    ),
    *(
        Case(f"delta meets its threshold exactly{', cumulative' * c}",
             one(Delta(1, 640, 6, 6, c), Dense(np.array([[2]])), graded=True),
             values=ramp(2, 5, 9, 10, 9, 5, 4, 0, -5, -9, -4, 0, 1, 2, 3, 4, 5, 5, 5))
        for c in (False, True)
    ),
    *(
        Case(f"sigma-delta, {a.value}{', cumulative' * c}",
             one(SigmaDelta(3, np.array([0, 600, HIGH]), np.array([LOW, 100, HIGH]), a, 6, c), _WEIGHTS,
                  graded=True),
             values=np.concatenate([_EXTREMES, ramp(*range(-20, 20, 3))]))
        for a in Activation for c in (False, True)
    ),
    Case("a message of -2^31 leaves the error as it is",
         one(Delta(1, 100, 0, 0, cumulative=True), Dense(np.array([[2]])), graded=True),
         values=ramp(5, -(2**30), 0, 7, 0, 20, 0)),
    *(
        Case(f"sigma-delta of a bias of -2^31, whose magnitude is itself{', cumulative' * c}",
             one(SigmaDelta(2, 0, LOW, Activation.UNIT, 0, c), Dense(np.array([[0], [0]]))))
        for c in (False, True)
    ),
    Case("sigma-delta driven by plain spikes", one(SigmaDelta(4, 300, output_shift=0), dense(4, 5)), steps=40),
    Case("sigma wraps", one(Sigma(3), _WEIGHTS, graded=True), values=_EXTREMES),
    Case("relays", one(Relay(3), _WEIGHTS, graded=True), values=_EXTREMES),
    Case("binary relays", one(Relay(3, binary=True), _WEIGHTS, graded=True), values=_EXTREMES),
    Case("from delta over a sigma-delta convolution to sigma",
         network(18, [Layer("encode", Delta(18, 4096)),
                      Layer("middle", SigmaDelta(3 * 4, 200, np.arange(12) * 50 - 300)), Layer("sum", Sigma(2))],
                 [Connection("input", "encode", Sparse.diagonal(np.full(18, 2))),
                  Connection("encode", "middle", Convolution(kernel(3, 2, 2, 2), (2, 3, 3), (3, 2, 2))),
                  Connection("middle", "sum", dense(2, 12, seed=4, exponent=-2))], graded=True),
         graded=(-300, 300), steps=30),
]  # fmt: skip


def _late(targets: int, sources: int, *delays: int) -> NDArray[np.int64]:
    return np.resize(np.array(delays), (targets, sources))


DELAYS = [
    Case("axonal delays of 0, 1 and 63", one(cuba(3, threshold=5), dense(3, 4), delays=np.array([0, 1, 63])),
         steps=80),
    Case("an axonal delay of one for all", one(Relay(2), dense(2, 3), delays=np.array([1, 1])), steps=20),
    Case("graded messages held back", one(cuba(3, message=Message.VOLTAGE), dense(3, 4), delays=np.array([5, 2,
         0])),
         steps=30),
    Case("synaptic delays of 0, 1 and 63", one(cuba(3, threshold=5), dense(3, 4, delays=_late(3, 4, 0, 1, 63))),
         steps=80),
    *(
        Case(f"synaptic delays and an exponent of {e}",
             one(Relay(3), dense(3, 4, exponent=e, delays=_late(3, 4, 2, 0, 0, 1, 2))), steps=20)
        for e in (-3, 7)
    ),
    Case("synaptic delays of graded messages", one(Relay(3), dense(3, 4, delays=_late(3, 4, 2, 0, 0, 1, 2)),
         graded=True), graded=(-1000, 1000), steps=20),
    Case("delays on both ways of a loop, and two connections of other delays into one layer",
         network(3, [Layer("a", cuba(4, threshold=60), delays=np.array([3, 0, 1, 7])), Layer("b", cuba(2))],
                 [Connection("input", "a", dense(4, 3)),
                  Connection("a", "a", dense(4, 4, seed=3, delays=_late(4, 4, 0, 4, 2))),
                  Connection("a", "b", dense(2, 4, seed=4, delays=_late(2, 4, 9, 1))),
                  Connection("input", "b", dense(2, 3, seed=6))]), steps=40),
]  # fmt: skip

_IMAGE = (2, 5, 4)
CONVOLUTIONS = [
    *(
        Case(f"convolution: {name}", one(Relay(int(np.prod(target))), Convolution(k, _IMAGE, target, **more)),
             steps=6)
        for name, k, target, more in (
            ("plain", kernel(3, 2, 3, 2), (3, 3, 3), {}),
            ("one by one", kernel(3, 2, 1, 1), (3, 5, 4), {}),
            ("stride", kernel(3, 2, 2, 2), (3, 2, 2), {"stride": (2, 2)}),
            ("stride beyond the kernel", kernel(3, 2, 1, 2), (3, 2, 1), {"stride": (3, 4)}),
            ("padding", kernel(3, 2, 3, 3), (3, 5, 6), {"padding": (1, 2)}),
            ("dilation", kernel(3, 2, 2, 2), (3, 2, 3), {"dilation": (3, 1)}),
            ("all of these", kernel(2, 2, 3, 2), (2, 2, 3), {"stride": (2, 3), "padding": (2, 3), "dilation": (2,
                 3)}),
            ("two groups", kernel(4, 1, 3, 2), (4, 3, 3), {"groups": 2}),
            ("each channel apart", kernel(2, 1, 2, 2), (2, 4, 3), {"groups": 2}),
            ("less than the formula gives", kernel(3, 2, 2, 2), (3, 2, 1), {}),
            ("exponent -3", kernel(3, 2, 3, 2), (3, 3, 3), {"exponent": -3}),
            ("exponent 5", kernel(3, 2, 3, 2), (3, 3, 3), {"exponent": 5}),
            ("transposed", kernel(2, 3, 3, 2), (3, 7, 5), {"transposed": True}),
            ("transposed, stride and padding", kernel(2, 3, 3, 2), (3, 9, 6),
             {"transposed": True, "stride": (2, 2), "padding": (1, 1)}),
            ("transposed, larger than it reaches", kernel(2, 3, 2, 2), (3, 11, 9),
             {"transposed": True, "stride": (2, 2)}),
            ("transposed, dilation and groups", kernel(2, 2, 2, 3), (4, 7, 8),
             {"transposed": True, "dilation": (2, 2), "groups": 2}),
            ("transposed, exponent -2", kernel(2, 3, 3, 2), (3, 7, 5), {"transposed": True, "exponent": -2}),
        )
    ),
    *(
        Case(f"a sum beyond 24 bits, {name}", one(Relay(3), Convolution(np.full(shape, 254, np.int16), (1, 1, 3),
             (1, 1, 3), padding=(0, 1), exponent=e, transposed=t), graded=True), graded=(-(2**22), 2**22))
        for name, shape, e, t in (("convolved", (1, 1, 1, 3), 0, False), ("convolved, exponent", (1, 1, 1, 3), 7,
             False),
                                  ("convolved, negative exponent", (1, 1, 1, 3), -4, False),
                                  ("transposed", (1, 1, 1, 3), 0, True), ("transposed, exponent", (1, 1, 1, 3), 7,
                                       True))
    ),
    Case("sparse", one(cuba(6), sparse(6, 7)), steps=20),
    Case("sparse, exponents and graded messages", one(Relay(6), sparse(6, 7, exponent=3), graded=True),
         graded=(LOW, HIGH)),
    Case("sparse, negative exponent", one(Relay(6), sparse(6, 7, exponent=-5), graded=True), graded=(LOW, HIGH)),
    Case("dense, words of 32 bits before either exponent",
         network(2, [Layer("a", Relay(3)), Layer("b", Relay(3))],
                 [Connection("input", "a", dense(3, 2, exponent=7)), Connection("input", "b", dense(3, 2,
                      exponent=-8))],
                 graded=True), graded=(LOW, HIGH)),
    Case("a skip connection held back by a relay",
         network(4, [Layer("a", cuba(3)), Layer("wait", Relay(4, binary=True)), Layer("b", cuba(2))],
                 [Connection("input", "a", dense(3, 4)), Connection("input", "wait", Sparse.diagonal(np.full(4,
                      2))),
                  Connection("a", "b", dense(2, 3, seed=1)), Connection("wait", "b", sparse(2, 4, seed=3,
                       share=0.8))])),
    Case("voltages read at the fine port",
         network(3, [Layer("a", cuba(4, message=Message.VOLTAGE)), Layer("b", cuba(2))],
                 [Connection("input", "a", dense(4, 3)), Connection("a", "b", dense(2, 4, seed=2), port=FINE),
                  Connection("input", "b", dense(2, 3, seed=5))]), steps=30),
    Case("only the second port is used",
         network(3, [Layer("a", resonator(4))], [Connection("input", "a", dense(4, 3), port=IMAGINARY)]),
              steps=40),
]  # fmt: skip

_EACH = Sparse.diagonal(np.array([2, -2, 100, 254]))
DIRECT = [
    Case("the host drives delta encoders in the same step, biases run from the first",
         network(4, [Layer("in", Delta(4, 100)), Layer("a", SigmaDelta(3, 200, bias=np.array([5000, -9, 0])))],
                 [Connection("input", "in", _EACH, direct=True), Connection("in", "a", dense(3, 4))], graded=True),
         graded=(-90, 90)),
    Case("the host drives fine currents directly, beside input that takes its step",
         network(4, [Layer("in", cuba(4)), Layer("a", cuba(2, bias=[9, 0]))],
                 [Connection("input", "in", _EACH, port=FINE, direct=True),
                  Connection("input", "in", dense(4, 4, delays=_late(4, 4, 0, 3))),
                  Connection("in", "a", dense(2, 4)), Connection("input", "a", dense(2, 4, seed=3))], graded=True),
         graded=(-900, 900)),
    Case("the host drives plain spikes directly, with exponents",
         network(4, [Layer("a", Relay(4)), Layer("b", Relay(4))],
                 [Connection("input", "a", Sparse.diagonal(_EACH.weights, exponent=7), direct=True),
                  Connection("input", "b", Sparse.diagonal(_EACH.weights, exponent=-2), direct=True)])),
]  # fmt: skip

EVERY_KIND = [*DIRECT, *CUBA, *ALIF, *RESONATORS, *SIGMA_DELTA, *DELAYS, *CONVOLUTIONS]
