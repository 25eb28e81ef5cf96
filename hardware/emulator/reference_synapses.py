"""The specification of synapses: from the messages of a step to what arrives, by further delay."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from hardware.fixed import scale, word
from hardware.synapses.convolution import Convolution
from hardware.synapses.dense import Dense
from hardware.synapses.sparse import Sparse
from hardware.synapses.synapse import Synapse

Reach = tuple[int, int, int]
"""Target unit, flat index of the weight, further delay."""


class Join(NamedTuple):
    """What a weight joins.

    Attributes
    ----------
    number : int
        Of the synapse in the draws of independent rounding, see ``hardware.emulator.streams.synapse_draw``.
    pairs : list of (int, int)
        Targets and sources, in order; of a weight that is shared there are many, or at a border none.
    """

    number: int
    pairs: list[tuple[int, int]]


class SynapseState:
    """The weights of a connection, as they are now.

    Attributes
    ----------
    weights : list of int
        Flat, in the order of ``Synapse.weights``.
    """

    def __init__(self, synapse: Synapse) -> None:
        self.synapse = synapse
        self.weights: list[int] = synapse.weights.ravel().tolist()
        self._reaches: dict[int, list[Reach]] = {}

    def deliver(self, sent: list[int]) -> dict[int, list[int]]:
        """Sum weight times message at each target, for each further delay on its own.

        Parameters
        ----------
        sent : list of int
            Message of each source.

        Returns
        -------
        dict of int to list of int
            32-bit words for each target, by further delay; delays that nothing takes are left out.
        """
        sums: dict[int, list[int]] = {}
        for source, message in enumerate(sent):
            if message == 0:
                continue
            for target, index, delay in self._reach(source):
                row = sums.setdefault(delay, [0] * self.synapse.targets)
                row[target] += self.weights[index] * message
        return {
            delay: [word(scale(self._kept(total), self.synapse.exponent)) for total in row]
            for delay, row in sums.items()
        }

    def joins(self) -> list[Join]:
        """Return what each weight joins."""
        pairs: list[list[tuple[int, int]]] = [[] for _ in self.weights]
        for source in range(self.synapse.sources):
            for target, index, _ in self._reach(source):
                pairs[index].append((target, source))
        if isinstance(self.synapse, Convolution):
            return [Join(weight, sorted(each)) for weight, each in enumerate(pairs)]
        return [Join(target * self.synapse.sources + source, [(target, source)]) for ((target, source),) in pairs]

    def _kept(self, total: int) -> int:
        """Bits of a sum that remain before the exponent."""
        if isinstance(self.synapse, Convolution) and not self.synapse.transposed:
            return ((total + (1 << 23)) & ((1 << 24) - 1)) - (1 << 23)
        return word(total)

    def _reach(self, source: int) -> list[Reach]:
        if source not in self._reaches:
            self._reaches[source] = list(_synapses_of(self.synapse, source))
        return self._reaches[source]


def _synapses_of(synapse: Synapse, source: int) -> Iterator[Reach]:
    if isinstance(synapse, Dense):
        for target in range(synapse.targets):
            delay = 0 if synapse.delays is None else int(synapse.delays[target, source])
            yield target, target * synapse.sources + source, delay
    elif isinstance(synapse, Sparse):
        for index in (synapse.source_of == source).nonzero()[0].tolist():
            yield int(synapse.target_of[index]), index, 0
    elif isinstance(synapse, Convolution):
        yield from _convolved(synapse, source)
    else:
        raise TypeError(f"{synapse.kind} synapses have no specification")


def _convolved(synapse: Convolution, source: int) -> Iterator[Reach]:
    """Look for the targets of one source among all that there are, by the formula."""
    second, rows, columns = synapse.weights.shape[1:]
    _, height, width = synapse.source_shape
    channels, target_height, target_width = synapse.target_shape
    channel, row, column = source // (height * width), source // width % height, source % width
    for out in range(channels):
        group = channel // (synapse.source_shape[0] // synapse.groups)
        if out // (channels // synapse.groups) != group:
            continue
        if synapse.transposed:
            kernel = channel * second + out - group * second
        else:
            kernel = out * second + channel - group * second
        for y in range(target_height):
            for x in range(target_width):
                near, far = ((row, column), (y, x)) if synapse.transposed else ((y, x), (row, column))
                k = _tap(near[0], far[0], synapse.stride[0], synapse.padding[0], synapse.dilation[0], rows)
                m = _tap(near[1], far[1], synapse.stride[1], synapse.padding[1], synapse.dilation[1], columns)
                if k >= 0 and m >= 0:
                    yield (out * target_height + y) * target_width + x, (kernel * rows + k) * columns + m, 0


def _tap(near: int, far: int, stride: int, padding: int, dilation: int, taps: int) -> int:
    """Return k where ``far == near * stride - padding + k * dilation``, or -1 where no tap joins the two."""
    k, rest = divmod(far - near * stride + padding, dilation)
    return k if rest == 0 and 0 <= k < taps else -1
