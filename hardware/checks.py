"""Checks of what a session is given, before anything runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.errors import LavaFedError
from hardware.network import Network
from hardware.probes import connection_states, layer_states
from hardware.spikes import SpikeTrain


def check_run(
    network: Network,
    spikes: SpikeTrain,
    probes: Sequence[str],
    layers: Sequence[str] | None = None,
    *,
    learning: bool,
) -> tuple[str, ...]:
    """Check what every session is given, before anything runs.

    Returns
    -------
    tuple of str
        The layers whose messages are kept, in the order of the network.

    Raises
    ------
    LavaFedError
        Naming the input, probe or layer that does not fit.
    """
    if spikes.units != network.inputs:
        raise LavaFedError(f"the input has {spikes.units} units, the network expects {network.inputs}")
    if spikes.samples == 0 or spikes.steps == 0:
        raise LavaFedError(f"the input is empty: {spikes.samples} samples of {spikes.steps} steps")
    if spikes.graded and not network.graded_input:
        largest = max(int(spikes.values.max()), int(spikes.values.min()), key=abs)
        raise LavaFedError(
            f"the input holds graded spikes as large as {largest}, but this network takes plain spikes, 0 or 1"
        )
    known = [f"{layer.name}.{state}" for layer in network.layers for state in layer_states(layer)]
    if learning:
        known += [f"{c.name}.{state}" for c in network.plastic for state in connection_states(c)]
    for probe in probes:
        if probe not in known:
            raise LavaFedError(f"no state {probe!r} to probe here; known: {', '.join(known)}")
    names = [layer.name for layer in network.layers]
    for name in layers or ():
        if name not in names:
            raise LavaFedError(f"no layer {name!r} to record; known: {', '.join(names)}")
    return tuple(name for name in names if layers is None or name in layers)


def check_learn(
    network: Network, spikes: SpikeTrain, labels: NDArray[np.integer[Any]], seed: int
) -> NDArray[np.int32]:
    """Check what ``learn`` is given beyond ``check_run`` and return the labels as int32.

    Raises
    ------
    LavaFedError
        Where nothing can learn, or labels, epochs or seed do not fit.
    """
    if not network.plastic:
        raise LavaFedError("this Program has no connection that learns; compile it with --learn")
    labels = np.asarray(labels)
    if labels.shape != (spikes.samples,) or labels.dtype.kind not in "iu":
        raise LavaFedError(f"expected {spikes.samples} integer labels, found {labels.dtype}{labels.shape}")
    for layer in network.layers:
        if layer.teacher and (labels.min() < -1 or labels.max() >= layer.units):
            raise LavaFedError(
                f"labels {labels.min()}..{labels.max()} do not fit the {layer.units} units of layer {layer.name!r}"
            )
    for connection in network.plastic:
        rule = connection.rule
        if rule is not None and spikes.steps % rule.epoch:
            raise LavaFedError(
                f"connection {connection.name}: a sample of {spikes.steps} steps is not a whole number of "
                f"learning epochs of {rule.epoch}; change the steps or the rule's epoch"
            )
    if not 0 <= seed < 2**31:
        raise LavaFedError(f"seed {seed} must lie in 0..2147483647")
    return labels.astype(np.int32)


def check_weights(network: Network, weights: Mapping[str, NDArray[Any]]) -> None:
    """Check weights that are to be written into a session.

    Raises
    ------
    LavaFedError
        Where a connection is unknown or does not learn, or a shape or value does not fit.
    """
    for name, array in weights.items():
        connection = network.connection(name)
        if connection.rule is None:
            raise LavaFedError(f"connection {name} does not learn, so its weights are part of the Program")
        connection.with_weights(array)
