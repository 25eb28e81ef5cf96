"""A Program as the chain of layers that SLAYER trains, with its loss and gradients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.errors import LavaFedError
from hardware.network import INPUT, Network
from hardware.spikes import SpikeTrain
from lava_fed.local.slayer.kernels import Reals
from lava_fed.local.slayer.layer import ONE, Pass, SpikingLayer, Surrogate

Gradients = dict[str, NDArray[np.float64]]
_LEAST = 1e-300


@dataclass(frozen=True, eq=False)
class Chain:
    """Layers in the order of their signals.

    Attributes
    ----------
    layers : tuple of SpikingLayer
        From the input to the output.
    """

    layers: tuple[SpikingLayer, ...]

    @classmethod
    def of(cls, network: Network) -> Chain:
        """Read a network.

        Raises
        ------
        LavaFedError
            Where it is no chain from the input to the output, or a layer is none of SLAYER's.
        """
        found: list[SpikingLayer] = []
        before, left = INPUT, {layer.name for layer in network.layers}
        while left:
            leading = [c for c in network.connections if c.source == before]
            targets = sorted({c.target for c in leading})
            if len(leading) != 1 or targets[0] not in left or len(network.into(targets[0])) != 1:
                raise LavaFedError(
                    f"SLAYER trains chains of layers here, and {before!r} leads to "
                    f"{', '.join(targets) or 'nothing'} by connections that branch, join, end early or turn back; "
                    "train such a Program on the chip "
                    '(work.method = "on_chip")'
                )
            before = targets[0]
            left.remove(before)
            found.append(SpikingLayer.of(network, network.layer(before), leading[0]))
        if before != network.output.name:
            raise LavaFedError(
                f"the last layer of the chain is {before!r}, and the output {network.output.name!r}"
            )
        return cls(tuple(found))

    def steps(self, given: int) -> int:
        """Return the steps that count of a sample: each connection takes one.

        Raises
        ------
        LavaFedError
            Where none is left.
        """
        if given <= len(self.layers):
            raise LavaFedError(
                f"samples of {given} steps end before a signal has passed {len(self.layers)} connections; "
                f"give them at least {len(self.layers) + 1}"
            )
        return given - len(self.layers)

    def seen(self, spikes: SpikeTrain) -> Reals:
        """Return input as the first layer takes it, (samples, steps or 1, units); held input has one step."""
        values = spikes.values
        held = values.strides[1] == 0 and values.shape[1] > 1
        kept = values[:, :1] if held else values[:, : self.steps(spikes.steps)]
        return np.ascontiguousarray(kept, dtype=np.float64)

    def room(self, seen: Reals, weights: Mapping[str, Reals], batch: int, steps: int) -> list[Pass]:
        """Take room for batches of at most ``batch`` samples like ``seen``; other arguments as of ``forward``."""
        lengths = [seen.shape[1], *[steps] * (len(self.layers) - 1)]
        return [
            Pass.of(batch, length, steps, *weights[layer.connection].shape)
            for length, layer in zip(lengths, self.layers, strict=True)
        ]

    def forward(self, seen: Reals, weights: Mapping[str, Reals], room: Sequence[Pass]) -> list[Pass]:
        """Compute a batch.

        Parameters
        ----------
        seen : float64 array
            As ``seen`` returns it.
        weights : mapping of str to float64 array, shape (sources, targets)
            Integers by connection, transposed.
        room : sequence of Pass
            As ``room`` returns it, for at least as many samples.

        Returns
        -------
        list of Pass
            The room of this batch.
        """
        passes = [each.first(len(seen)) for each in room]
        for layer, made in zip(self.layers, passes, strict=True):
            layer.forward(seen, weights[layer.connection], made)
            seen = made.sent
        return passes

    def scores(self, passes: list[Pass]) -> NDArray[np.float64]:
        """Return what decides the label, shape (samples, classes): spikes, or last voltages in weight units."""
        sent = passes[-1].sent
        found: NDArray[np.float64] = sent.sum(axis=1) if self.layers[-1].fires else sent[:, -1] / ONE
        return found

    def learn(
        self,
        seen: Reals,
        labels: NDArray[np.integer[Any]],
        weights: Mapping[str, Reals],
        room: Sequence[Pass],
        *,
        temperature: float,
        surrogate: Surrogate,
    ) -> tuple[float, Gradients, list[Pass]]:
        """Return loss and gradients of a batch.

        The loss is the cross-entropy of ``softmax(score / temperature)``, as of SLAYER's ``loss.SpikeMax``.

        Parameters
        ----------
        seen, weights, room
            As of ``forward``.
        labels : integer array, shape (samples,)
            The units that should win.
        temperature : float
            Score that makes a class e times as likely.
        surrogate : Surrogate
            The derivative of a spike.

        Returns
        -------
        loss : float
            Mean over the samples.
        gradients : dict of str to float64 array, shape (sources, targets)
            Of the mean loss by the weights, in chip units, transposed; they lie in the room.
        passes : list of Pass
            Of the layers.
        """
        passes = self.forward(seen, weights, room)
        count, last = len(labels), self.layers[-1]
        odds = self.scores(passes) / temperature
        odds -= odds.max(axis=1, keepdims=True)
        chances = np.exp(odds)
        chances /= chances.sum(axis=1, keepdims=True)
        rows = np.arange(count)
        loss = -float(np.log(np.maximum(chances[rows, labels], _LEAST)).mean())
        chances[rows, labels] -= 1.0
        gradient = np.zeros(passes[-1].sent.shape)
        if last.fires:
            gradient += chances[:, np.newaxis] / (count * temperature)
        else:
            gradient[:, -1] = chances / (count * temperature * ONE)
        for index in range(len(self.layers) - 1, -1, -1):
            layer, made = self.layers[index], passes[index]
            came = passes[index - 1].sent if index else seen
            layer.backward(came, gradient, weights[layer.connection], surrogate, made, further=index > 0)
            gradient = made.by_seen
        found = {layer.connection: made.by_weights for layer, made in zip(self.layers, passes, strict=True)}
        return loss, found, passes
