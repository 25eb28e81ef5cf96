"""What a run leaves behind: messages by type, and the states that were asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.backend import TEACHER_PROBES
from hardware.emulator.image import Slots
from hardware.emulator.tables import STATES, TRACES, WEIGHTS, M
from hardware.network import Layer, Network


@dataclass(frozen=True, eq=False)
class Records:
    """Arrays that the kernels fill step by step.

    Attributes
    ----------
    plain : uint8 array, shape (samples, steps, units of all plain layers)
        Messages.
    graded : int32 array, shape (samples, steps, units of all graded layers)
        Messages.
    wanted : int64 array, shape (probes, 4)
        For each probe its bank (``STATES``, ``TRACES``, ``WEIGHTS``), row, first column and number of columns.
    states : int32 array, shape (samples, steps, columns of all probes)
        What they showed, probe after probe.
    names : tuple of str
        The probes.
    """

    plain: NDArray[np.uint8]
    graded: NDArray[np.int32]
    wanted: NDArray[np.int64]
    states: NDArray[np.int32]
    names: tuple[str, ...]

    @classmethod
    def allocate(cls, network: Network, slots: Slots, probes: Sequence[str], samples: int, steps: int) -> Records:
        """Make room for a run."""
        names = tuple(dict.fromkeys(probes))
        rows = [_wanted(network, slots, probe) for probe in names]
        wanted = np.array(rows, np.int64).reshape(-1, 4)
        return cls(
            np.empty((samples, steps, slots.widths[0]), np.uint8),
            np.empty((samples, steps, slots.widths[1]), np.int32),
            wanted,
            np.empty((samples, steps, int(wanted[:, 3].sum())), np.int32),
            names,
        )

    def part(self, samples: slice) -> tuple[Any, ...]:
        """Return the arrays for some of the samples, in the order that the kernel takes them."""
        return self.plain[samples], self.graded[samples], self.wanted, self.states[samples]

    def spikes(self, layer: Layer, slots: Slots) -> NDArray[np.uint8] | NDArray[np.int32]:
        """Messages of one layer, shape (samples, steps, units)."""
        if layer.neuron.sends_graded:
            return np.ascontiguousarray(self.graded[..., slots.trains[layer.name]])
        return np.ascontiguousarray(self.plain[..., slots.trains[layer.name]])

    def probes(self, slots: Slots) -> dict[str, NDArray[np.int32]]:
        """Return what each probe showed, by name; weights as (samples, steps, targets, sources)."""
        found, start = {}, 0
        for name, width in zip(self.names, self.wanted[:, 3].tolist(), strict=True):
            array = np.ascontiguousarray(self.states[..., start : start + width])
            connection, _, state = name.rpartition(".")
            if state == "weights":
                array = np.swapaxes(array.reshape(*array.shape[:2], *slots.weights[connection][1]), -1, -2)
            found[name] = array
            start += width
        return found


def _wanted(network: Network, slots: Slots, probe: str) -> tuple[int, int, int, int]:
    name, _, state = probe.rpartition(".")
    if name in slots.populations:
        units, names = slots.populations[name], network.layer(name).neuron.states
        row = M + TEACHER_PROBES.index(state) if state in TEACHER_PROBES else names.index(state)
        return STATES, row, units.start, units.stop - units.start
    if state == "weights":
        part = slots.weights[name][0]
        return WEIGHTS, 0, part.start, part.stop - part.start
    traces = slots.traces[name]
    return TRACES, ("x1", "x2").index(state), traces.start, traces.stop - traces.start
