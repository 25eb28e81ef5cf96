"""Live SLAYER modules, read from their parameters without a file.

This also reads what SLAYER cannot export or drops on the way: delays of convolutions, norms of resonators,
winner-take-all blocks, averages, complex convolutions, biases of sigma-delta units, cumulative errors. The module
is not changed. Skip connections are told by ``skips``, because a module's ``forward`` cannot be read.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from typing import Any

from compile.errors import UnsupportedLayerError
from compile.frontends.slayer_chain import Chain, named
from compile.graph import Graph
from compile.nodes import Node
from compile.slayer.availability import load
from compile.slayer.hooks import hook_of
from compile.slayer.live_blocks import READERS
from hardware.errors import ContainerError

KINDS = {
    "AbstractInput": "input",
    "AbstractFlatten": "flatten",
    "AbstractAverage": "average",
    "AbstractAffine": "dense",
    "AbstractDense": "dense",
    "Output": "dense",
    "AbstractRecurrent": "dense_rec",
    "AbstractKWTA": "kwta",
    "AbstractConv": "conv",
    "AbstractConvT": "convT",
    "AbstractPool": "pool",
    "AbstractUnpool": "unpool",
    "AbstractTimeDecimation": "decimation",
}
"""Word of each of SLAYER's block classes, as a ``.net`` file has it."""


def read_module(
    module: Any, input_shape: Sequence[int] | int | None = None, skips: Sequence[tuple[int, int]] | None = None
) -> Graph:
    """Read a live SLAYER network.

    Parameters
    ----------
    module : torch.nn.Module
        A block, a ``Sequential`` or ``ModuleList`` of blocks, or a module that has one as ``blocks`` or
        ``layers``; in the order in which they run. Read as it is in evaluation: no dropout, norms at their means.
    input_shape : ints, optional
        What the first block reads, channels first; needed where that is an image and no input block has seen one.
    skips : sequence of (int, int), optional
        Pairs (from, into): block ``into`` reads the block before it joined with block ``from``, as
        ``torch.cat([x, kept[from]], dim=1)``; indices from 0. Where left out, the module's attribute ``skips``.

    Returns
    -------
    Graph

    Raises
    ------
    UnsupportedLayerError
        Where the graph cannot express a block; the message names block, feature and remedy.
    ContainerError
        Where blocks do not fit together.
    BackendUnavailableError
        Where SLAYER is not installed.
    """
    load()
    blocks = blocks_of(module)
    joins = _joins(getattr(module, "skips", ()) if skips is None else skips, len(blocks))
    chain = Chain()
    ends: list[Node] = []
    _check_time(blocks, joins)
    for index, (kind, block) in enumerate(blocks):
        where = f"block {index} ({kind})"
        with named(where):
            if index in joins:
                chain.join(f"concat{index}", [ends[origin] for origin in joins[index]], where)
            if not chain.nodes:
                chain.start(_shape(input_shape, *_first_that_tells(blocks)))
            READERS[kind](chain, block, f"{kind}{index}", where)
        ends.append(chain.nodes[-1])
        if joins:
            _check_step(block, where)
    return chain.graph()


def weight_hooks(module: Any) -> dict[str, str]:
    """Name the quantization hook of every synapse of a SLAYER network, by its edge's target; see ``hook_of``."""
    load()
    found = {}
    for index, (kind, block) in enumerate(blocks_of(module)):
        for name in ("synapse", "input_synapse"):
            if getattr(block, name, None) is not None:
                found[f"{kind}{index}"] = hook_of(getattr(block, name))
    return found


def blocks_of(module: Any) -> list[tuple[str, Any]]:
    """Return kind and module of every block, in order.

    Raises
    ------
    UnsupportedLayerError
        Where something is no block of SLAYER.
    """
    import torch

    kind = _kind(module)
    if kind:
        return [(kind, module)]
    for name in ("blocks", "layers"):
        if isinstance(getattr(module, name, None), torch.nn.ModuleList | torch.nn.Sequential):
            module = getattr(module, name)
            break
    if not isinstance(module, torch.nn.ModuleList | torch.nn.Sequential) or len(module) == 0:
        raise UnsupportedLayerError(
            f"{type(module).__name__} is no SLAYER network: expected a Sequential or ModuleList of SLAYER blocks, "
            "or a module that holds one as its attribute blocks or layers"
        )
    blocks = [(_kind(block), block) for block in module if not isinstance(block, torch.nn.Identity)]
    for index, (kind, block) in enumerate(blocks):
        if not kind:
            raise UnsupportedLayerError(
                f"block {index} is a {type(block).__name__}, not one of SLAYER's blocks; compile the blocks "
                "before and after it, or replace it by one of slayer.block"
            )
    return blocks


def _kind(block: Any) -> str:
    for cls in type(block).__mro__:
        if cls.__name__ in KINDS and cls.__module__.startswith("lava.lib.dl.slayer.block"):
            return KINDS[cls.__name__]
    return ""


def _joins(skips: Sequence[tuple[int, int]], count: int) -> dict[int, list[int]]:
    joins: dict[int, list[int]] = {}
    for origin, into in _pairs(skips):
        if not 0 <= origin < into - 1 < count - 1:
            raise UnsupportedLayerError(
                f"skip ({origin}, {into}) must lead from a block to one at least two further on, of 0..{count - 1}"
            )
        joins.setdefault(into, []).append(origin)
    return joins


def _pairs(skips: Any) -> list[tuple[int, int]]:
    try:
        return [(operator.index(origin), operator.index(into)) for origin, into in skips]
    except (TypeError, ValueError) as error:
        raise UnsupportedLayerError(
            f"skips must be pairs of block numbers (from, into), found {skips!r}"
        ) from error


def _first_that_tells(blocks: list[tuple[str, Any]]) -> tuple[Any, str]:
    """Return the first block that may know its input's shape, with its name for errors."""
    told = [index for index, (kind, _) in enumerate(blocks) if kind != "decimation"]
    index = told[0] if told else 0
    kind, block = blocks[index]
    return block, f"block {index} ({kind})"


def _check_time(blocks: list[tuple[str, Any]], joins: dict[int, list[int]]) -> None:
    """Check that no connection skips from before a mean over time to behind it."""
    last = max((index for index, (kind, _) in enumerate(blocks) if kind == "decimation"), default=-1)
    for into, origins in joins.items():
        if min(origins) < last <= into:
            raise UnsupportedLayerError(
                f"skip ({min(origins)}, {into}) passes block {last} (decimation), so that what it joins has "
                f"different numbers of steps; let it begin at block {last}"
            )


def _check_step(block: Any, where: str) -> None:
    """Check that a block of a network with skips takes the step that its kind of neuron takes."""
    neuron = getattr(block, "neuron", None)
    if neuron is None or type(block).__name__ == "Output":
        return
    sigma_delta = hasattr(neuron, "delta")
    if getattr(block, "delay_shift", False) is sigma_delta:
        raise UnsupportedLayerError(
            f"{where}: where connections skip blocks, spiking blocks must have delay_shift=True and sigma-delta "
            "blocks delay_shift=False, so that both ways meet in the same step"
        )


def _shape(input_shape: Sequence[int] | int | None, block: Any, where: str) -> tuple[int, ...]:
    """Return the shape that the host drives."""
    if input_shape is not None:
        try:
            axes = tuple(input_shape) if isinstance(input_shape, Iterable) else (input_shape,)
            given = tuple(operator.index(axis) for axis in axes)
        except TypeError as error:
            raise ContainerError(f"{where}: input_shape {input_shape!r} must be 1 to 3 integers") from error
        if not 1 <= len(given) <= 3 or min(given) < 1:
            raise ContainerError(f"{where}: input_shape {given} must be 1 to 3 positive axes")
        return given
    if getattr(block, "input_shape", None) is not None:
        return tuple(int(axis) for axis in block.input_shape)
    if _kind(block) in ("dense", "dense_rec", "kwta"):
        synapse: Any = block.input_synapse if hasattr(block, "input_synapse") else block.synapse
        kernel = getattr(synapse, "real", synapse).kernel_size
        channels, rows, columns = int(synapse.in_channels), int(kernel[0]), int(kernel[1])
        return (channels,) if (rows, columns) == (1, 1) else (channels, rows, columns)
    raise UnsupportedLayerError(
        f"{where} does not say how large the input is; pass input_shape=(channels, height, width)"
    )
