"""Random integer networks of every kind of neuron and synapse that SLAYER can express."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from hardware.chip.known import LOIHI2
from hardware.network import Connection, Layer, Network
from hardware.neurons.alif import Adaptation, Alif
from hardware.neurons.cuba import Cuba, Message
from hardware.neurons.neuron import Neuron
from hardware.neurons.relay import Relay
from hardware.neurons.resonator import Firing, Resonator
from hardware.neurons.sigma_delta import Activation, Delta, Sigma, SigmaDelta
from hardware.program import Program
from hardware.spikes import SpikeTrain
from hardware.synapses.convolution import Convolution
from hardware.synapses.dense import Dense
from hardware.synapses.grid import SignMode, WeightGrid
from hardware.synapses.sparse import Sparse
from hardware.synapses.synapse import Synapse

Rng = np.random.Generator
INPUTS, HIDDEN, OUTPUTS = 18, 12, 5


def dense(rng: Rng, targets: int, sources: int, **more: Any) -> Dense:
    return Dense((2 * rng.integers(-40, 60, (targets, sources))).astype(np.int16), **more)


def _some(rng: Rng, units: int, *choices: int) -> Any:
    """One value for all units, or one for each."""
    return rng.choice(choices, units) if rng.random() < 0.5 else int(rng.choice(choices))


def cuba(rng: Rng, units: int, message: Message = Message.SPIKE) -> Cuba:
    return Cuba(
        _some(rng, units, 0, 1, 512, 2048, 4095, 4096),
        _some(rng, units, 1, 123, 2048, 4095, 4096),
        _some(rng, units, 30, 190, 400, 9000) if message is not Message.GRADED else int(rng.integers(1, 9)),
        rng.integers(-40, 41, units).astype(np.int16),
        int(rng.integers(0, 7)),
        drive=_some(rng, units, 0, 0, -70, 901),
        message=message,
    )


def _adaptation(rng: Rng, units: int) -> Adaptation:
    return Adaptation(
        int(rng.integers(0, 60)), _some(rng, units, 0, 300, 4096), _some(rng, units, 100, 2000, 4096)
    )


def alif(rng: Rng, units: int) -> Alif:
    return Alif(
        units,
        _some(rng, units, 1024, 4096),
        _some(rng, units, 100, 600),
        _some(rng, units, 20, 90, 400),
        _adaptation(rng, units),
        drive=_some(rng, units, 0, -500, 900),
    )


def resonator(rng: Rng, units: int, firing: Firing, adaptive: bool) -> Resonator:
    angle, kept = rng.uniform(0.3, 1.4, units), rng.uniform(0.8, 0.99, units)
    return Resonator(
        units,
        np.rint(np.sin(angle) * kept * 4096).astype(np.int32),
        np.rint(np.cos(angle) * kept * 4096).astype(np.int32),
        _some(rng, units, 0, 60, 300),
        firing,
        _adaptation(rng, units) if adaptive else None,
        drive_real=_some(rng, units, 0, 3000),
        drive_imag=_some(rng, units, 0, -2000),
    )


def noise(rng: Rng, samples: int, steps: int, units: int, density: float = 0.3) -> SpikeTrain:
    return SpikeTrain((rng.random((samples, steps, units)) < density).astype(np.uint8))


def numbers(rng: Rng, samples: int, steps: int, units: int, limit: int) -> SpikeTrain:
    """Graded input, of which some is silent."""
    values = rng.integers(-limit, limit, (samples, steps, units))
    return SpikeTrain(np.where(rng.random(values.shape) < 0.4, values, 0).astype(np.int32))


def _delays(rng: Rng, units: int) -> Any:
    return rng.integers(0, 5, units).astype(np.uint8) if rng.random() < 0.5 else None


def spiking(make: Callable[[Rng, int], Neuron], seed: int) -> tuple[Program, SpikeTrain]:
    """Two layers that skip, loop back and hold messages back."""
    rng = np.random.default_rng(seed)
    layers = (
        Layer("a", make(rng, HIDDEN), delays=_delays(rng, HIDDEN)),
        Layer("b", make(rng, OUTPUTS), delays=_delays(rng, OUTPUTS)),
    )
    ways = [("input", "a", INPUTS, HIDDEN), ("a", "b", HIDDEN, OUTPUTS), ("input", "b", INPUTS, OUTPUTS)]
    if seed % 2:
        ways += [("a", "a", HIDDEN, HIDDEN), ("b", "a", OUTPUTS, HIDDEN)]
    connections = [Connection(s, t, dense(rng, targets, sources)) for s, t, sources, targets in ways]
    if isinstance(layers[0].neuron, Resonator):
        connections += [Connection(s, t, dense(rng, n, m), port="imag") for s, t, m, n in ways]
    program = Program(Network(INPUTS, layers, tuple(connections)), LOIHI2)
    return program, noise(rng, 2, 24, INPUTS)


IMAGE = (2, 3, 3)


def _kernel(rng: Rng, inputs: int = 2) -> Any:
    return (2 * rng.integers(-30, 60, (2, inputs, 2, 2))).astype(np.int16)


def _sparse(rng: Rng) -> Sparse:
    source, target = np.nonzero(rng.random((18, 7)) < 0.3)
    weights = rng.integers(1, 256, len(source)).astype(np.int16)
    return Sparse(weights, target, source, (7, 18), -1, WeightGrid(SignMode.EXCITATORY))


SYNAPSES: dict[str, Callable[[Rng], Synapse]] = {
    "convolution": lambda rng: Convolution(_kernel(rng), IMAGE, (2, 4, 2), padding=(1, 1), dilation=(1, 2)),
    "strided, grouped convolution": lambda rng: Convolution(
        _kernel(rng, 1), IMAGE, (2, 1, 1), stride=(2, 2), groups=2, exponent=1
    ),
    "cropped convolution": lambda rng: Convolution(_kernel(rng), IMAGE, (2, 1, 2)),
    "transposed convolution": lambda rng: Convolution(
        _kernel(rng), IMAGE, (2, 5, 6), stride=(2, 2), padding=(1, 0), transposed=True
    ),
    "transposed beyond its reach": lambda rng: Convolution(
        _kernel(rng), IMAGE, (2, 7, 7), stride=(2, 2), transposed=True, exponent=-1
    ),
    "transposed, grouped": lambda rng: Convolution(_kernel(rng, 1), IMAGE, (2, 4, 4), groups=2, transposed=True),
    "sparse": _sparse,
    "delayed dense": lambda rng: dense(
        rng, 6, 18, exponent=-2, delays=rng.integers(0, 9, (6, 18)).astype(np.uint8)
    ),
    "odd weights": lambda rng: Dense(
        rng.integers(-255, 1, (6, 18)).astype(np.int16), grid=WeightGrid(SignMode.INHIBITORY)
    ),
}


def joined(kind: str, seed: int) -> tuple[Program, SpikeTrain]:
    """A relay that shows what a kind of synapse brings, graded, and neurons that it drives."""
    rng = np.random.default_rng(seed)
    made = SYNAPSES[kind](rng)
    neuron = Cuba(2048, 512, 90, np.full(made.targets, 60, np.int16))
    layers = (Layer("a", Relay(made.targets)), Layer("b", neuron))
    ways = (Connection("input", "a", made), Connection("input", "b", made))
    return Program(Network(18, layers, ways), LOIHI2), noise(rng, 2, 16, 18, 0.4)


def graded(seed: int) -> tuple[Program, SpikeTrain]:
    """Graded input at 4096, graded CUBA neurons, an accumulating readout, a relay beside them."""
    rng = np.random.default_rng(seed)
    one = np.full(INPUTS, 64, np.int16)
    layers = (
        Layer("in", cuba(rng, INPUTS, Message.GRADED)),
        Layer("a", cuba(rng, HIDDEN, Message.GRADED), delays=_delays(rng, HIDDEN)),
        Layer("gate", Relay(INPUTS, binary=True)),
        Layer("b", cuba(rng, OUTPUTS, Message.VOLTAGE)),
    )
    connections = (
        Connection("input", "in", Sparse.diagonal(one), port="fine"),
        Connection("in", "a", dense(rng, HIDDEN, INPUTS), port="fine"),
        Connection("in", "gate", Sparse.diagonal(one)),
        Connection("gate", "b", dense(rng, OUTPUTS, INPUTS)),
        Connection("gate", "a", dense(rng, HIDDEN, INPUTS)),
        Connection("a", "b", dense(rng, OUTPUTS, HIDDEN, exponent=-3), port="fine"),
    )
    return Program(Network(INPUTS, layers, connections, graded_input=True), LOIHI2), numbers(
        rng, 2, 20, INPUTS, 3000
    )


def sigma_delta(seed: int) -> tuple[Program, SpikeTrain]:
    """A delta encoder, two sigma-delta layers of which one skips, a sigma decoder."""
    rng = np.random.default_rng(seed)
    unit = WeightGrid(SignMode.EXCITATORY)
    activation = Activation.UNIT if seed % 2 else Activation.RELU

    def layer(name: str, units: int) -> Layer:
        threshold, bias = _some(rng, units, 0, 1 << 12, 30 << 12), _some(rng, units, 0, 20 << 12, -9 << 12)
        neuron = SigmaDelta(units, threshold, bias, activation, output_shift=int(rng.choice([0, 6, 7])))
        return Layer(name, neuron, delays=_delays(rng, units))

    layers = (
        Layer("delta", Delta(INPUTS, int(rng.integers(0, 40)) << 12, 12)),
        layer("a", HIDDEN),
        layer("b", OUTPUTS),
        Layer("sigma", Sigma(3)),
    )
    connections = (
        Connection("input", "delta", Sparse.diagonal(np.ones(INPUTS, np.int16), unit)),
        Connection("delta", "a", dense(rng, HIDDEN, INPUTS)),
        Connection("a", "b", dense(rng, OUTPUTS, HIDDEN, exponent=-7)),
        Connection("delta", "b", dense(rng, OUTPUTS, INPUTS)),
        Connection("b", "sigma", dense(rng, 3, OUTPUTS, exponent=-8)),
    )
    values = numbers(rng, 2, 20, INPUTS, 100)
    return Program(Network(INPUTS, layers, connections, graded_input=True), LOIHI2), values


SPIKING: dict[str, Callable[[Rng, int], Neuron]] = {
    "cuba": cuba,
    "alif": alif,
    "rf": lambda rng, units: resonator(rng, units, Firing.PHASE, adaptive=False),
    "rf_iz": lambda rng, units: resonator(rng, units, Firing.IZHIKEVICH, adaptive=False),
    "adrf": lambda rng, units: resonator(rng, units, Firing.PHASE, adaptive=True),
    "adrf_iz": lambda rng, units: resonator(rng, units, Firing.IZHIKEVICH, adaptive=True),
}
