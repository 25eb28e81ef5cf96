"""What a run leaves behind: messages by type, and the states that were asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.emulator.image import Slots
from hardware.emulator.tables import (
    DELAY_TAG,
    POST_ROWS,
    STATES,
    SYNAPSE_TAG,
    TAGS,
    TRACES,
    WEIGHTS,
    Y1,
    Y2,
    Y3,
    M,
    N,
)
from hardware.learning.product import POST_TRACES, PRE_TRACES
from hardware.network import Network


@dataclass(frozen=True, eq=False)
class Records:
    """Arrays that the kernels fill step by step.

    Attributes
    ----------
    plain : uint8 array, shape (samples, steps, units of the plain layers that are kept)
        Messages.
    graded : int32 array, shape (samples, steps, units of the graded layers that are kept)
        Messages.
    trains : dict of str to slice
        Units of a layer that is kept, among those whose messages are of its type.
    wanted : int64 array, shape (probes, 4)
        For each probe its bank (``STATES``, ``TRACES``, ``WEIGHTS``, ``TAGS``), row, first column and
        number of columns.
    states : int32 array, shape (samples, steps, columns of all probes)
        What they showed, probe after probe.
    names : tuple of str
        The probes.
    """

    plain: NDArray[np.uint8]
    graded: NDArray[np.int32]
    trains: dict[str, slice]
    wanted: NDArray[np.int64]
    states: NDArray[np.int32]
    names: tuple[str, ...]

    @classmethod
    def allocate(
        cls,
        network: Network,
        slots: Slots,
        kept: Sequence[str],
        probes: Sequence[str],
        samples: int,
        steps: int,
    ) -> Records:
        """Make room for a run."""
        trains, widths = {}, [0, 0]
        for name in kept:
            units, graded = network.layer(name).units, int(network.sends_graded(name))
            trains[name] = slice(widths[graded], widths[graded] + units)
            widths[graded] += units
        names = tuple(dict.fromkeys(probes))
        rows = [_wanted(network, slots, probe) for probe in names]
        wanted = np.array(rows, np.int64).reshape(-1, 4)
        return cls(
            np.empty((samples, steps, widths[0]), np.uint8),
            np.empty((samples, steps, widths[1]), np.int32),
            trains,
            wanted,
            np.empty((samples, steps, int(wanted[:, 3].sum())), np.int32),
            names,
        )

    def starts(self, network: Network) -> tuple[int, ...]:
        """Say where each layer's train begins, -1 where it is not kept."""
        return tuple(self.trains[e.name].start if e.name in self.trains else -1 for e in network.layers)

    def part(self, samples: slice) -> tuple[Any, ...]:
        """Return the arrays for some of the samples, in the order that the kernel takes them."""
        return self.plain[samples], self.graded[samples], self.wanted, self.states[samples]

    def spikes(self, network: Network, slots: Slots) -> dict[str, NDArray[np.uint8] | NDArray[np.int32]]:
        """Messages of each layer that is kept, shape (samples, steps, units)."""
        found: dict[str, NDArray[np.uint8] | NDArray[np.int32]] = {}
        for name, units in self.trains.items():
            order = slots.orders[name]
            if network.sends_graded(name):
                found[name] = order.restored(self.graded[..., units])
            else:
                found[name] = order.restored(self.plain[..., units])
        return found

    def probes(self, slots: Slots) -> dict[str, NDArray[np.int32]]:
        """Return what each probe showed, by name; weights as (samples, steps, targets, sources)."""
        found, start = {}, 0
        for name, width in zip(self.names, self.wanted[:, 3].tolist(), strict=True):
            array = self.states[..., start : start + width]
            owner, _, state = name.rpartition(".")
            if state == "weights" or state in _TAGS:
                array = array.reshape(*array.shape[:2], *slots.weights[owner][1])
                found[name] = slots.matrix(owner, array)
            else:
                sides = slots.targets if state in POST_TRACES else slots.sources
                population = owner if owner in slots.populations else sides[owner]
                found[name] = slots.orders[population].restored(array)
            start += width
        return found


def _wanted(network: Network, slots: Slots, probe: str) -> tuple[int, int, int, int]:
    name, _, state = probe.rpartition(".")
    if name in slots.populations:
        units, names = slots.populations[name], network.layer(name).neuron.states
        row = names.index(state) if state in names else _BESIDE[state]
        return STATES, row, units.start, units.stop - units.start
    if state == "weights":
        part = slots.weights[name][0]
        return WEIGHTS, 0, part.start, part.stop - part.start
    place = slots.places[name]
    if state in _TAGS:
        return TAGS, _TAGS[state], place.tags.start, place.tags.stop - place.tags.start
    if state in POST_TRACES:
        row = POST_ROWS[POST_TRACES.index(state)]
        return TRACES, row, place.post.start, place.post.stop - place.post.start
    return TRACES, PRE_TRACES.index(state), place.traces.start, place.traces.stop - place.traces.start


_BESIDE = {"m": M, "d": M, "n": N, "y1": Y1, "y2": Y2, "y3": Y3}
"""Rows of what third factors keep beside neurons."""
_TAGS = {"tag_1": SYNAPSE_TAG, "tag_2": DELAY_TAG}
