"""What one unit of an integer message is worth, and where it may arrive.

A message of integer m carries the real value ``m * worth``. A weight of integer w at a port multiplies it; the
port shifts the sum to meet the state. So the integer weight of a real weight is
``weight * worth of the message / worth of a unit at the port``:

=========================== ==================== ============================================
sender                      worth of 1           because
=========================== ==================== ============================================
plain spikes                1                    a spike is 1
graded input                1/4096               SLAYER's scale of states
graded input with encoder   2^divide / 4096      see ``hardware.encoder``; on both its grids
CUBA, ALIF, RF: voltages    1/4096               their states have this scale
delta, sigma-delta          1/4096               states at 2^18, shifted right by 6
sigma                       that of its sum      sums are sent as they are
relay                       its ``scale``        sums are sent as they are
=========================== ==================== ============================================

=========================== ==================== ============================================
port                        worth of a unit      because
=========================== ==================== ============================================
CUBA, ALIF, RF: plain       1/64                 shifted left by 6 to a state at 4096
CUBA, ALIF: ``fine``        1/2^18               divided by 64 to a state at 4096
sigma-delta                 1/2^18               added to a state at 2^18
delta                       2^shift / 2^18       shifted to a state at 2^18 by ``input_shift``
sigma                       worth of w = 1       any scale will do
relay                       its ``scale``        sums are sent as they are
=========================== ==================== ============================================

Plain spikes arrive at the plain port of a CUBA or ALIF neuron, everything finer than 1 at ``fine``.
"""

from __future__ import annotations

from math import log2

import numpy as np

from compile.graph import Edge, Graph
from compile.neurons import AlifModel, CubaModel, DeltaModel, RelayModel, SigmaModel
from compile.nodes import Population, Source
from compile.synapses import OneToOne
from hardware.chip import widths
from hardware.errors import NetworkError
from hardware.neurons.neuron import FINE
from hardware.neurons.sigma_delta import SHIFT_MAX

WEIGHT_SCALE = 1 << widths.ALIGN_SHIFT
"""Real 1.0 is integer 64, in SLAYER's ``w_scale`` and in the chip's alignment alike."""
STATE_SCALE = WEIGHT_SCALE * WEIGHT_SCALE
"""SLAYER's ``s_scale``: states of spiking neurons, and messages."""
SUM_SCALE = WEIGHT_SCALE * STATE_SCALE
"""Weights times messages: the states of sigma-delta units."""


def message_worth(graph: Graph, name: str, passed: tuple[str, ...] = ()) -> float:
    """Return what one unit of the messages of the node called ``name`` is worth.

    Raises
    ------
    NetworkError
        Where sigma decoders feed each other in a circle, so that there is no answer.
    """
    node = graph.node(name)
    if isinstance(node, Source):
        if not node.graded:
            return 1.0
        return (1 if node.encoder is None else 1 << node.encoder.divide) / STATE_SCALE
    if not isinstance(node, Population):
        raise NetworkError(f"node {name!r} is a view, which sends nothing; fold it before quantizing")
    if isinstance(node.model, RelayModel):
        return 1.0 if node.model.binary else node.model.scale
    if isinstance(node.model, SigmaModel):
        if name in passed:
            raise NetworkError(f"layer {name!r}: sigma decoders feed each other in a circle; put neurons between")
        return _worth_of_a_sum(graph, node, (*passed, name))
    return 1 / STATE_SCALE if node.model.sends_graded else 1.0


def input_shift(graph: Graph, delta: Population) -> int:
    """Return by how much a delta encoder must shift its input to meet a state at 2^18.

    Raises
    ------
    NetworkError
        Where the input has a scale that no shift of 0..24 meets.
    """
    shift = log2(_worth_of_a_sum(graph, delta, (delta.name,)) * SUM_SCALE)
    if shift != int(shift) or not 0 <= shift <= SHIFT_MAX:
        raise NetworkError(
            f"layer {delta.name!r}: a delta encoder shifts its input by 0..{SHIFT_MAX} bits, and this one would "
            f"need {shift:g}; give the input a coarser scale, a power of two"
        )
    return int(shift)


def weight_scale(graph: Graph, edge: Edge) -> tuple[float, str]:
    """Return the factor from real to integer weights of an edge, and the port where it arrives.

    Returns
    -------
    scale : float
        The integer weight of a real weight of 1, before any exponent.
    port : str
        Port of the integer neuron; empty for its first.
    """
    worth = message_worth(graph, edge.source)
    target = graph.node(edge.target)
    if not isinstance(target, Population):
        raise NetworkError(f"edge {edge.name} leads into a view; fold it before quantizing")
    model = target.model
    if isinstance(model, RelayModel):
        return worth / model.scale, ""
    if isinstance(model, SigmaModel | DeltaModel):
        return worth / _worth_of_a_sum(graph, target, (target.name,)), ""
    if isinstance(model, CubaModel | AlifModel):
        return (worth * WEIGHT_SCALE, "") if worth == 1 else (worth * SUM_SCALE, FINE)
    if model.kind == "sigma_delta":
        return worth * SUM_SCALE, ""
    return worth * WEIGHT_SCALE, edge.port


def _worth_of_a_sum(graph: Graph, target: Population, passed: tuple[str, ...]) -> float:
    """Return the worth of a unit at a port that takes any scale: weights at 1 if they can be, else at 64."""
    edges = graph.into(target.name)
    whole = all(isinstance(e.weights, OneToOne) and not np.any(e.weights.weights % 1) for e in edges)
    finest = min(message_worth(graph, edge.source, passed) for edge in edges)
    return finest if whole else finest / WEIGHT_SCALE
