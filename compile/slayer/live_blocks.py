"""What each kind of live SLAYER block adds to the graph."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compile.errors import UnsupportedLayerError
from compile.frontends.slayer_chain import Chain
from compile.frontends.slayer_neurons import AFFINE_MANTISSA, currents, read_model
from compile.frontends.slayer_norms import norms_of
from compile.frontends.slayer_pool import image_of, pool, unpool
from compile.neurons import SigmaModel
from compile.nodes import Source
from compile.slayer.hooks import whole
from compile.slayer.live_parameters import bias_of, check_scale, delays_of, device_values, norm_parts, ways_of
from compile.synapses import ConvWeights, DenseWeights, Weights
from hardware.encoder import Encoder
from hardware.errors import ContainerError


def _input(chain: Chain, block: Any, name: str, where: str) -> None:
    source = chain.nodes[0]
    if len(chain.nodes) > 1 or not isinstance(source, Source):
        raise UnsupportedLayerError(f"{where}: an input after other blocks; put it first")
    if block.neuron is None:
        return
    if block.neuron.complex:
        raise UnsupportedLayerError(
            f"{where} has resonators, which have no plain input; encode into spikes on the host, and leave the "
            "neuron of the input block out"
        )
    values = {
        key: whole(block.pre_hook_fx, getattr(block, key), where)
        for key in ("weight", "bias")
        if getattr(block, key) is not None
    }
    device = device_values(block.neuron, where)
    delta = device["type"] == "SDNN"
    if block.neuron.norm is not None:
        raise UnsupportedLayerError(f"{where}: a norm at the input is not supported; train it without")
    model = read_model(device, source.shape, where, encodes=True)
    decimate = 1 if source.encoder is None else source.encoder.decimate
    encoder = Encoder(**values, divide=6 if delta and not values else 0, decimate=decimate)
    chain.encode(name, model, encoder, where)


def _flatten(chain: Chain, _block: Any, name: str, where: str) -> None:
    chain.flatten(name, where)


def _average(chain: Chain, block: Any, name: str, where: str) -> None:
    chain.average(name, int(block.num_outputs), where)


def _decimation(chain: Chain, block: Any, _name: str, where: str) -> None:
    chain.decimate(int(block.factor), where)


def _dense(chain: Chain, block: Any, name: str, where: str) -> None:
    """Dense, recurrent and winner-take-all blocks, affine blocks, sigma outputs."""
    synapse = block.input_synapse if hasattr(block, "input_synapse") else block.synapse
    ways = ways_of(synapse, getattr(block, "mask", None), where)
    before = chain.nodes[-1].shape
    targets, channels, rows, columns = ways[""].shape
    image = len(before) == 3
    if image and (rows, columns) == (1, 1) and math.prod(before[1:]) > 1:
        made: tuple[int, ...] = (targets, *before[1:])
        reads: dict[str, Weights] = {port: ConvWeights(each) for port, each in ways.items()}
    else:
        if image and math.prod(before[1:]) > 1:
            if before != (channels, rows, columns):
                raise ContainerError(
                    f"{where} reads {(channels, rows, columns)}, the block before it has {before}"
                )
            chain.flatten(f"{name}.flat", where)
        made = (targets, 1, 1) if image else (targets,)
        reads = {port: DenseWeights(each.reshape(targets, -1)) for port, each in ways.items()}
    if hasattr(block, "dynamics"):
        _affine(chain, block, name, where, made, reads)
        return
    own, drive = _own(block, targets, where)
    _populate(chain, block, name, where, made, reads, own=own, drive=drive)


def _own(block: Any, units: int, where: str) -> tuple[NDArray[np.float64] | None, float]:
    """Return a block's weights from itself, and what it adds to its current."""
    import torch

    if hasattr(block, "recurrent_synapse"):
        if block.neuron.complex:
            raise UnsupportedLayerError(
                f"{where}: recurrent resonators, which SLAYER itself cannot run; use CUBA or ALIF neurons"
            )
        return ways_of(block.recurrent_synapse, None, where)[""].reshape(units, units), 0.0
    if not hasattr(block, "self_excitation"):
        return None, 0.0
    neuron = block.neuron
    if neuron.complex:
        raise UnsupportedLayerError(
            f"{where}: winner-take-all among resonators, which SLAYER itself cannot run; use CUBA or ALIF neurons"
        )
    with torch.no_grad():
        excitation = block.self_excitation.clamp(0, 1).cpu()
        weights = neuron.quantize_8bit((1 + excitation) * torch.eye(units) - 1)
        drive = float(neuron.threshold) * (units - 2 * block.num_winners) / units / neuron.w_scale
        return weights.double().numpy(), float(neuron.quantize_8bit(torch.tensor([drive])))


def _affine(
    chain: Chain, block: Any, name: str, where: str, made: tuple[int, ...], reads: dict[str, Weights]
) -> None:
    if block.neuron.complex:
        raise UnsupportedLayerError(f"{where} is an affine block of resonators, which SLAYER itself cannot build")
    if block.delay is not None:
        raise UnsupportedLayerError(
            f"{where} is an affine block with delays, which SLAYER's forward pass ignores; train it "
            "with delay=False"
        )
    if not block.dynamics:
        check_scale(block.neuron, where)
        chain.populate(name, made, currents(), reads, where)
        return
    values = device_values(block.neuron, where) | {"vThMant": AFFINE_MANTISSA}
    model = read_model(values, made, where)
    norms = norms_of(model, norm_parts(block.neuron, made, where), where)
    chain.populate(name, made, model, reads, where, norms=norms)


def _conv(chain: Chain, block: Any, name: str, where: str) -> None:
    source = image_of(chain.nodes[-1].shape, where)
    reads: dict[str, Weights] = {}
    made = source
    for port, weights in ways_of(block.synapse, None, where).items():
        layer = _layer(block.synapse)
        conv = ConvWeights(weights, **_sizes(layer), groups=layer.groups, transposed=name.startswith("convT"))
        reads[port], made = conv, conv.reaches(source)
    _populate(chain, block, name, where, made, reads)


def _pool(chain: Chain, block: Any, name: str, where: str) -> None:
    source = image_of(chain.nodes[-1].shape, where)
    reads: dict[str, Weights] = {}
    made = source
    make = unpool if name.startswith("unpool") else pool
    for port, weights in ways_of(block.synapse, None, where).items():
        sizes = _sizes(_layer(block.synapse))
        reads[port], made = make(
            weights[0, 0], sizes["stride"], sizes["padding"], sizes["dilation"], source, where
        )
    _populate(chain, block, name, where, made, reads)


def _layer(synapse: Any) -> Any:
    return synapse.real if synapse.complex else synapse


def _sizes(layer: Any) -> dict[str, tuple[int, int]]:
    return {
        key: (int(getattr(layer, key)[0]), int(getattr(layer, key)[1]))
        for key in ("stride", "padding", "dilation")
    }


def _populate(
    chain: Chain,
    block: Any,
    name: str,
    where: str,
    made: tuple[int, ...],
    reads: dict[str, Weights],
    *,
    own: NDArray[np.float64] | None = None,
    drive: float = 0.0,
) -> None:
    neuron = block.neuron
    seen = None if neuron.shape is None else tuple(int(axis) for axis in neuron.shape)
    if seen is not None and seen != made:
        raise ContainerError(f"{where}: its neurons have shape {seen}, but its input makes {made}")
    values = device_values(neuron, where)
    if type(block).__name__ == "Output":  # a sigma decoder: its norm, activation and delta are not run
        chain.populate(name, made, SigmaModel(), reads, where)
        return
    model = read_model(values, made, where, bias=bias_of(neuron, made, where), drive=drive)
    norms = norms_of(model, norm_parts(neuron, made, where), where, recurrent=own is not None)
    delays = delays_of(block, made, where)
    chain.populate(name, made, model, reads, where, delays=delays, own=own, norms=norms)


READERS: dict[str, Callable[[Chain, Any, str, str], None]] = {
    "input": _input,
    "flatten": _flatten,
    "average": _average,
    "decimation": _decimation,
    "dense": _dense,
    "dense_rec": _dense,
    "kwta": _dense,
    "conv": _conv,
    "convT": _conv,
    "pool": _pool,
    "unpool": _pool,
}
"""Reader of each kind of block; ``chain`` already holds what the block reads."""
