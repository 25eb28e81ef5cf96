"""Checks of what a session is given, before anything runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.chip.widths import TRACE_MAX
from hardware.errors import LavaFedError
from hardware.learning.feedback import Feedback
from hardware.learning.reward import Reward
from hardware.learning.teacher import Teacher
from hardware.lesson import Lesson
from hardware.network import Layer, Network
from hardware.neurons.readout import Readout
from hardware.probes import connection_states, layer_states
from hardware.spikes import SpikeTrain

ANNEAL_MAX = 7
"""An error of 7 bits that is halved once more is never more than a half."""
SAMPLES_MAX = 2**31 - 1


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
    network: Network,
    spikes: SpikeTrain,
    labels: NDArray[np.integer[Any]] | None,
    seed: int,
    *,
    rewards: NDArray[np.integer[Any]] | None = None,
    anneal: int = 0,
    after: int = 0,
    frozen: Collection[str] = (),
) -> Lesson:
    """Check what ``learn`` is given beyond ``check_run``.

    Raises
    ------
    LavaFedError
        Where nothing can learn, or an argument does not fit.
    """
    if not network.plastic:
        raise LavaFedError("this Program has no connection that learns; compile it with --learn")
    labels = _each_sample(labels, spikes.samples, -1, "labels")
    for layer in network.layers:
        if _reads_labels(layer) and (labels.min() < -1 or labels.max() >= layer.units):
            raise LavaFedError(
                f"labels {labels.min()}..{labels.max()} do not fit the {layer.units} units of layer {layer.name!r}"
            )
        _check_lead(layer, spikes.steps)
    for connection in network.plastic:
        rule = connection.rule
        if rule is not None and spikes.steps % rule.epoch:
            raise LavaFedError(
                f"connection {connection.name}: a sample of {spikes.steps} steps is not a whole number of "
                f"learning epochs of {rule.epoch}; change the steps or the rule's epoch"
            )
    if not 0 <= seed < 2**31:
        raise LavaFedError(f"seed {seed} must lie in 0..2147483647")
    if not 0 <= anneal <= ANNEAL_MAX:
        raise LavaFedError(f"anneal {anneal} must lie in 0..{ANNEAL_MAX}; it says how often errors are halved")
    if not 0 <= after <= SAMPLES_MAX:
        raise LavaFedError(f"after {after} must lie in 0..{SAMPLES_MAX}; it counts samples learned before")
    plastic = [connection.name for connection in network.plastic]
    for name in frozen:
        if name not in plastic:
            raise LavaFedError(f"no connection {name!r} to freeze; those that learn: {', '.join(plastic)}")
    given = _check_rewards(network, rewards, spikes.samples)
    return Lesson(labels.astype(np.int32), given, seed, anneal, after, frozenset(frozen))


def _each_sample(
    given: NDArray[np.integer[Any]] | None, samples: int, otherwise: int, what: str
) -> NDArray[np.integer[Any]]:
    if given is None:
        return np.full(samples, otherwise, np.int32)
    array = np.asarray(given)
    if array.shape != (samples,) or array.dtype.kind not in "iu":
        raise LavaFedError(f"expected {samples} integer {what}, found {array.dtype}{array.shape}")
    return array


def _check_rewards(network: Network, rewards: NDArray[np.integer[Any]] | None, samples: int) -> NDArray[np.int32]:
    rewarded = [layer.name for layer in network.layers if isinstance(layer.teacher, Reward)]
    if rewards is not None and not rewarded:
        raise LavaFedError("rewards are given, but no layer of this Program has a reward; leave them out")
    if rewards is None and rewarded:
        raise LavaFedError(f"layer {rewarded[0]!r} has a reward; give learn a reward for each sample")
    array = _each_sample(rewards, samples, 0, "rewards")
    if array.min() < -TRACE_MAX - 1 or array.max() > TRACE_MAX:
        raise LavaFedError(f"rewards {array.min()}..{array.max()} must lie in {-TRACE_MAX - 1}..{TRACE_MAX}")
    return array.astype(np.int32)


def _reads_labels(layer: Layer) -> bool:
    return isinstance(layer.teacher, Teacher) or isinstance(layer.neuron, Readout)


def _check_lead(layer: Layer, steps: int) -> None:
    """Check that a sample is long enough for a layer that speaks before its end."""
    speaker = next((each for each in (layer.neuron, layer.teacher) if isinstance(each, Readout | Feedback)), None)
    if speaker is not None and speaker.lead >= steps:
        raise LavaFedError(
            f"layer {layer.name!r}: its {speaker.kind} speaks {speaker.lead} steps before a sample's last one, "
            f"and a sample has {steps}; give samples at least {speaker.lead + 1} steps or a smaller lead"
        )


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
