"""What NIR says of neurons and weights in real numbers: the nodes for one population, or one edge.

The counterpart of ``compile.frontends.nir_neurons``: what is written here is read there as it was.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from compile.errors import UnsupportedLayerError
from compile.neurons import CubaModel
from compile.nodes import Population
from compile.synapses import ConvWeights, DenseWeights, OneToOne, PoolWeights, Shape, SparseWeights, Weights
from hardware.neurons.cuba import Message, Reset

if TYPE_CHECKING:
    import nir

Vector = NDArray[np.float64]
MATRIX_LIMIT = 1 << 26
"""Most elements of a matrix that stands for listed synapses."""


def neuron_node(population: Population, shape: Shape, dt: float) -> tuple[nir.NIRNode, Vector | None]:
    """Return the NIR node of a population, and what its input must add in every step.

    Parameters
    ----------
    population : Population
        CUBA neurons.
    shape : tuple of int
        In which NIR has them.
    dt : float
        Seconds of a step.

    Returns
    -------
    node : nir.NIRNode
        ``IF``, ``LIF``, ``CubaLIF``, or ``I``, ``LI``, ``CubaLI`` where voltages are read out.
    constant : float64 array, shape (units,), or None
        To be added to what leads to it.

    Raises
    ------
    UnsupportedLayerError
        Where NIR has no such neuron; the message names the layer and what it has.
    """
    import nir

    where = f"layer {population.name!r}"
    model = population.model
    if not isinstance(model, CubaModel):
        raise UnsupportedLayerError(
            f"{where} has {model.kind} neurons, which NIR does not know; it knows integrate-and-fire neurons, "
            "with or "
            "without leak and synaptic current"
        )
    holds = model.refractory == 2 and model.reset is Reset.ZERO
    if not (model.refractory == 1 or holds) or model.message is Message.GRADED:
        what = "graded spikes" if model.message is Message.GRADED else f"a refractory delay of {model.refractory}"
        raise UnsupportedLayerError(f"{where} has {what}, which NIR does not know; train it without")
    current, leak, threshold, bias, drive = (
        np.broadcast_to(np.asarray(value, np.float64), (population.units,)).reshape(shape)
        for value in (model.current_decay, model.voltage_decay, model.threshold, model.bias, model.drive)
    )
    constant = drive
    instant, stays = bool((current == 1).all()), bool((leak == 0).all())
    if instant:
        constant, bias = drive + bias, np.zeros_like(bias)
    added = constant.reshape(-1) if constant.any() else None
    spiking = model.message is Message.SPIKE
    fires = {"v_threshold": threshold.copy(), "v_reset": np.zeros_like(threshold)} if spiking else {}
    reset = "subtract" if model.reset is Reset.SUBTRACT else "hold" if holds else "zero"
    metadata = {"reset": reset} if spiking else {}
    if instant and stays:
        kind = nir.IF if spiking else nir.I
        return kind(r=np.full(shape, 1 / dt), **fires, metadata=metadata), added
    if (leak == 0).any() or (current == 0).any():
        raise UnsupportedLayerError(
            f"{where} never forgets its {'voltage' if (leak == 0).any() else 'current'}, which NIR can say only "
            "of "
            "voltages without a synaptic current, in all neurons of a layer; train it with a small decay"
        )
    values = {"r": 1 / leak, "v_leak": bias / leak, **fires}
    if instant:
        kind = nir.LIF if spiking else nir.LI
        return kind(tau=dt / leak, **values, metadata=metadata), added
    kind = nir.CubaLIF if spiking else nir.CubaLI
    return kind(tau_syn=dt / current, tau_mem=dt / leak, w_in=1 / current, **values, metadata=metadata), added


def weight_nodes(way: Weights, source: Shape, target: Shape, bias: Vector | None, name: str) -> list[nir.NIRNode]:
    """Return the NIR nodes of an edge, in a row.

    Parameters
    ----------
    way : Weights
        How the target reads the source.
    source, target : tuple of int
        Their shapes.
    bias : float64 array, shape (units,), or None
        What is added at the target.
    name : str
        The edge, for errors.

    Raises
    ------
    UnsupportedLayerError
        Where NIR cannot say it; the message names the edge.
    """
    import nir

    if isinstance(way, DenseWeights) and way.delays is not None:
        raise UnsupportedLayerError(
            f"edge {name} has a delay for each synapse, which NIR does not know; train it with axonal delays"
        )
    if isinstance(way, ConvWeights) and not way.transposed and _by_channel(bias, target) is not None:
        channels = _by_channel(bias, target)
        return [
            nir.Conv2d(
                (source[1], source[2]),
                way.weights.copy(),
                way.stride,
                way.padding,
                way.dilation,
                way.groups,
                channels,
            )
        ]
    if isinstance(way, PoolWeights) and not way.unpool and bias is None and way.dilation == (1, 1):
        value = way.weights.flat[0]
        if (way.weights == value).all():
            pool = nir.SumPool2d(*(np.asarray(pair) for pair in (way.weights.shape, way.stride, way.padding)))
            return [pool] if value == 1 else [pool, nir.Scale(np.full(target, value))]
    if isinstance(way, OneToOne) and bias is None:
        return [nir.Scale(way.weights.reshape(source).copy())]
    matrix = _matrix(way, source, target, name)
    linear = nir.Linear(matrix) if bias is None else nir.Affine(matrix, bias)
    return [*flat(source), linear]


def makes_image(way: Weights, source: Shape) -> bool:
    """Say whether NIR has what comes of a way from a source of that shape as an image."""
    return isinstance(way, ConvWeights | PoolWeights) or (isinstance(way, OneToOne) and len(source) == 3)


def _by_channel(bias: Vector | None, target: Shape) -> Vector | None:
    if bias is None:
        return np.zeros(target[0])
    planes = bias.reshape(target[0], -1)
    return planes[:, 0].copy() if (planes == planes[:, :1]).all() else None


def flat(source: Shape) -> list[nir.NIRNode]:
    """Return what makes one axis of a shape."""
    import nir

    return [] if len(source) == 1 else [nir.Flatten({"input": np.asarray(source)}, 0, -1)]


def _matrix(way: Weights, source: Shape, target: Shape, name: str) -> Vector:
    if isinstance(way, DenseWeights):
        return way.weights.copy()
    if math.prod(source) * math.prod(target) > MATRIX_LIMIT:
        raise UnsupportedLayerError(
            f"edge {name} is a {way.kind} way that NIR can only say as a matrix, and that matrix has over "
            f"{MATRIX_LIMIT} elements; export a smaller layer"
        )
    matrix = np.zeros((math.prod(target), math.prod(source)))
    if isinstance(way, OneToOne):
        np.fill_diagonal(matrix, way.weights)
    elif isinstance(way, SparseWeights):
        np.add.at(matrix, (way.target_of, way.source_of), way.weights)
    else:
        raise UnsupportedLayerError(
            f"edge {name} is a {way.kind} way that NIR does not know in this form (transposed, unpooling, "
            "dilated, or "
            "with a bias for each unit); NIR has plain convolutions and sums over windows"
        )
    return matrix
