"""What each type of block in a ``.net`` file adds to the graph."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from compile.errors import UnsupportedLayerError
from compile.frontends.slayer_chain import Chain, check_fan_in
from compile.frontends.slayer_layers import (
    read_bias,
    read_count,
    read_delays,
    read_encoder,
    read_neuron,
    read_norm,
    read_pair,
    read_recurrent,
    read_shape,
    read_weights,
)
from compile.frontends.slayer_neurons import SPIKING, currents, read_model
from compile.frontends.slayer_norms import Parts, norms_of
from compile.frontends.slayer_pool import image_of, pool, unpool
from compile.frontends.strict_hdf5 import StrictGroup
from compile.synapses import ConvWeights, DenseWeights, Weights
from hardware.errors import ContainerError
from hardware.neurons.resonator import IMAGINARY

COMMON = frozenset(["type", "shape", "neuron", "weight", "bias", "delay"])
DENSE = frozenset(["inFeatures", "outFeatures"])
KERNEL = frozenset(["kernelSize", "stride", "padding", "dilation"])
CONV = KERNEL | {"inChannels", "outChannels", "groups"}


def _input(chain: Chain, group: StrictGroup, name: str, where: str) -> None:
    if chain.nodes:
        raise UnsupportedLayerError(f"{where}: an input after other layers; put it first")
    shape = read_shape(group, where)
    if "neuron" not in group.keys:
        group.only({"type", "shape"})
        chain.start(shape)
        return
    group.only({"type", "shape", "neuron", "weight", "bias"})
    values = read_neuron(group, where)
    scale, _ = read_norm(group, where, shape)
    if scale != 1:
        raise UnsupportedLayerError(f"{where}: a norm at the input is not supported; train it without")
    delta = values["type"] == "SDNN"
    if not delta and values["type"] not in SPIKING:
        raise UnsupportedLayerError(
            f"{where} has {values['type']} neurons, which have no plain input; encode into spikes on the host, "
            "and export the network without its Input block or with one that has no neuron"
        )
    model = read_model(values, shape, where, encodes=True)
    chain.start(shape)
    chain.encode(name, model, read_encoder(group, where, delta=delta), where)


def _flatten(chain: Chain, group: StrictGroup, name: str, where: str) -> None:
    group.only({"type", "shape"})
    if not chain.nodes:
        raise UnsupportedLayerError(
            f"{where} comes first; export an input block that says which shape it flattens"
        )
    units = math.prod(read_shape(group, where))
    if units != chain.nodes[-1].units:
        raise ContainerError(f"{where} makes {units} units of the {chain.nodes[-1].units} of the layer before it")
    chain.flatten(name, where)


def _average(chain: Chain, group: StrictGroup, name: str, where: str) -> None:
    group.only({"type", "shape"})
    chain.average(name, math.prod(read_shape(group, where)), where)


def _dense(chain: Chain, group: StrictGroup, name: str, where: str) -> None:
    recurrent = name.startswith("dense_rec")
    group.only(COMMON | DENSE | ({"weight_rec"} if recurrent else set()))
    shape = read_shape(group, where)
    targets, sources = read_count(group, "outFeatures", where), read_count(group, "inFeatures", where)
    if math.prod(shape) != targets:
        raise ContainerError(f"{where}: shape {shape} does not hold its {targets} outputs")
    ways = read_weights(group, where, (targets, sources))
    own = read_recurrent(group, where, targets) if recurrent else None
    axonal, synaptic = read_delays(group, where, shape, sources)
    if not chain.nodes:
        chain.start((sources,))
    dense: dict[str, Weights] = {port: DenseWeights(each, synaptic) for port, each in ways.items()}
    for each in dense.values():
        if isinstance(each, DenseWeights):
            check_fan_in(chain.nodes[-1], each, where)
    if "neuron" not in group.keys:
        _refuse_complex(ways, where, "no")
        model = currents(read_bias(group, where, shape))
        chain.populate(name, shape, model, dense, where, delays=axonal, own=own)
        return
    _populate(chain, group, name, where, shape, dense, axonal, own)


def _conv(chain: Chain, group: StrictGroup, name: str, where: str) -> None:
    group.only(COMMON | CONV)
    transposed = name.startswith("convT")
    source = _image_before(chain, where)
    inputs, outputs = read_count(group, "inChannels", where), read_count(group, "outChannels", where)
    groups = read_count(group, "groups", where) if "groups" in group.keys else 1
    kernel = read_pair(group, "kernelSize", where, 1)
    if inputs % groups or outputs % groups:
        raise ContainerError(
            f"{where}: {groups} groups do not divide {inputs} input and {outputs} output channels"
        )
    channels = (inputs, outputs // groups) if transposed else (outputs, inputs // groups)
    sizes = {
        "stride": read_pair(group, "stride", where, 1, 1),
        "padding": read_pair(group, "padding", where, 0, 0),
        "dilation": read_pair(group, "dilation", where, 1, 1),
    }
    ways = {
        port: ConvWeights(weights, **sizes, groups=groups, transposed=transposed)
        for port, weights in read_weights(group, where, (*channels, *kernel)).items()
    }
    made = ways[""].reaches(source)
    _populate_image(chain, group, name, where, dict(ways), made)


def _pool(chain: Chain, group: StrictGroup, name: str, where: str) -> None:
    group.only((COMMON | KERNEL) - {"bias"})
    source = _image_before(chain, where)
    size = read_pair(group, "kernelSize", where, 1)
    make = unpool if name.startswith("unpool") else pool
    stride = read_pair(group, "stride", where, 1)
    padding, dilation = read_pair(group, "padding", where, 0, 0), read_pair(group, "dilation", where, 1, 1)
    ways: dict[str, Weights] = {}
    made = source
    for port, weights in read_weights(group, where, (1, 1, *size)).items():
        ways[port], made = make(weights[0, 0], stride, padding, dilation, source, where)
    _populate_image(chain, group, name, where, ways, made)


def _populate_image(
    chain: Chain, group: StrictGroup, name: str, where: str, ways: dict[str, Weights], made: tuple[int, ...]
) -> None:
    shape = read_shape(group, where)
    if shape != made:
        raise ContainerError(f"{where}: shape {shape} is not what its kernel makes of the image before it, {made}")
    axonal, _ = read_delays(group, where, shape, None)
    if "neuron" not in group.keys:
        raise UnsupportedLayerError(f"{where} has no neuron; only a dense block may end a network without")
    _populate(chain, group, name, where, shape, ways, axonal, None)


def _populate(
    chain: Chain,
    group: StrictGroup,
    name: str,
    where: str,
    shape: tuple[int, ...],
    ways: dict[str, Weights],
    axonal: np.ndarray | None,  # type: ignore[type-arg]  # checked by the population
    own: np.ndarray | None,  # type: ignore[type-arg]  # checked by its edge
) -> None:
    values = read_neuron(group, where)
    model = read_model(values, shape, where)
    if IMAGINARY not in model.ports:
        _refuse_complex(ways, where, values["type"])
    elif IMAGINARY not in ways:
        raise ContainerError(
            f"{where}: its {values['type']} neurons need complex weights, weight/real and weight/imag"
        )
    scale, shift = read_norm(group, where, shape)
    parts: Parts = {port: (scale, 0.0 if port == IMAGINARY else shift) for port in ways}
    norms = norms_of(model, parts, where, recurrent=own is not None)
    chain.populate(name, shape, model, ways, where, delays=axonal, own=own, norms=norms)


def _image_before(chain: Chain, where: str) -> tuple[int, int, int]:
    if not chain.nodes:
        raise UnsupportedLayerError(
            f"{where} comes first, and the file does not say how large an image it reads; export the network with "
            "an Input block before it"
        )
    return image_of(chain.nodes[-1].shape, where)


def _refuse_complex(ways: dict[str, Weights] | dict[str, np.ndarray], where: str, kind: str) -> None:  # type: ignore[type-arg]
    if IMAGINARY in ways:
        raise ContainerError(f"{where}: complex weights lead to {kind} neurons, which have no imaginary part")


READERS: dict[str, Callable[[Chain, StrictGroup, str, str], None]] = {
    "input": _input,
    "dense": _dense,
    "dense_rec": _dense,
    "conv": _conv,
    "convT": _conv,
    "pool": _pool,
    "unpool": _pool,
    "flatten": _flatten,
    "average": _average,
}
"""Reader of each type of block."""
