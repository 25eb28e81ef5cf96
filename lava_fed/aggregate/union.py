"""Prototypes of all devices side by side, instead of their average.

Akida's FedUnion (arXiv:2603.13037) joins the neurons that devices added to their last layer; a chip's layer has a
fixed number of rows, so here it is said what happens when they run out. The average of two prototypes is a
prototype of nothing: what one device learned from an example would be moved towards what another learned from a
different one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from hardware.errors import LavaFedError
from hardware.synapses.dense import Dense
from lava_fed.aggregate.mean import exact_mean
from lava_fed.aggregate.pool import Pool, Prototype
from lava_fed.aggregate.rule import Combined, Rule
from lava_fed.aggregate.staleness import FACTOR_BITS
from lava_fed.aggregate.updates import Updates
from lava_fed.shared import Shared


@dataclass(frozen=True)
class Union(Rule):
    """Neuron union: what devices wrote into free rows goes to free rows of the same class.

    A row is one unit of the target layer; its class is the output unit that it drives most, or itself in the
    output layer. It is free while all its master weights are 0. For each class:

    1. A row that is not free is refined: the mean of the changes of those devices that changed it, by samples.
    2. Every free row that a device wrote is a new prototype, with the device's samples as its weight. Equal ones
       are one, with their weights added.
    3. While there are more prototypes than rows, the two nearest (squared distance, exact) become one: their mean
       by weight, rounded half to even. Equally near: those that come first; old ones come by row, new ones by
       weight, the largest first, then by their values.
    4. Old prototypes keep their rows, the lower row where two became one; new ones take free rows in order.

    Nothing is dropped, nothing depends on the order of devices, and each prototype's weight is remembered.
    """

    name: ClassVar[str] = "union"
    whole: ClassVar[bool] = True

    def remember(self, shared: Shared, names: Sequence[str]) -> dict[str, NDArray[np.int64]]:
        """Return the weight of each row's prototype: 1 where the Program brings one."""
        base = shared.base()
        for name in names:
            classes_of_rows(shared, name)
        return {_key(name): np.any(base[name], axis=1).astype(np.int64) for name in names}

    def combine(self, updates: Updates) -> Combined:
        """Return the change to the union of all prototypes."""
        changes, memory = {}, {}
        for name in updates.names:
            before, held = updates.master[name], updates.memory[_key(name)]
            after, weights = np.zeros_like(before), np.zeros_like(held)
            refined = _refined(updates, name)
            classes = classes_of_rows(updates.shared, name)
            for each in np.unique(classes):
                rows = np.flatnonzero(classes == each)
                pool = Pool.of(_old(rows, refined, held) + _new(rows, updates, name))
                for row, prototype in pool.placed(rows):
                    after[row], weights[row] = prototype.values, prototype.weight
            changes[name], memory[_key(name)] = after - before, weights
        return Combined(changes, memory)


def classes_of_rows(shared: Shared, name: str) -> NDArray[np.int64]:
    """Return the class of each row of a connection, shape (targets,).

    Raises
    ------
    LavaFedError
        Where its target layer neither is the output layer nor drives it by fixed weights.
    """
    network = shared.program.network
    target, output = network.connection(name).target, network.output.name
    if target == output:
        return np.arange(shared.shapes[name][0])
    for connection in network.connections:
        drives = (connection.source, connection.target) == (target, output) and connection.rule is None
        if drives and isinstance(connection.synapse, Dense):
            found: NDArray[np.int64] = np.argmax(connection.synapse.weights, axis=0)
            return found
    raise LavaFedError(
        f"rule 'union' cannot tell the classes of connection {name}: layer {target!r} does not "
        "drive the output layer by dense weights that stay as they are; choose another rule for it"
    )


def _key(name: str) -> str:
    return f"union/{name}"


def _refined(updates: Updates, name: str) -> NDArray[np.int64]:
    """Return the master with the rows that are not free moved by those devices that changed them."""
    moved = updates.master[name].copy()
    changed = np.stack([np.any(change[name], axis=1) for change in updates.changes])
    for row in np.flatnonzero(changed.any(axis=0) & np.any(moved, axis=1)):
        who = np.flatnonzero(changed[:, row])
        numerators = [updates.numerators[k] >> FACTOR_BITS for k in who]
        total = sum(updates.denominators[k] >> FACTOR_BITS for k in who)
        moved[row] += exact_mean((updates.changes[k][name][row] for k in who), numerators, total)
    return moved


def _old(rows: NDArray[np.int64], values: NDArray[np.int64], held: NDArray[np.int64]) -> list[Prototype]:
    return [Prototype(values[row], max(1, int(held[row])), int(row)) for row in rows if values[row].any()]


def _new(rows: NDArray[np.int64], updates: Updates, name: str) -> list[Prototype]:
    free = [row for row in rows if not updates.master[name][row].any()]
    return [
        Prototype(change[name][row].astype(np.int64), max(1, weight >> FACTOR_BITS), None)
        for change, weight in zip(updates.changes, updates.numerators, strict=True)
        for row in free
        if change[name][row].any()
    ]
