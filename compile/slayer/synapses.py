"""What a connection's integers bring to its target, by torch's own operators in double precision."""

from __future__ import annotations

from typing import Any

from hardware.errors import LavaFedError
from hardware.network import Connection
from hardware.synapses.convolution import Convolution
from hardware.synapses.dense import Dense
from hardware.synapses.sparse import Sparse
from hardware.synapses.synapse import Synapse

EXACT = 1 << 53
"""Doubles hold every integer up to here."""
CONVOLUTION_LIMIT = 1 << 23
"""A plain convolution's sum is a 24-bit number on the chip; SLAYER does not wrap it."""


class Arrivals:
    """Computes what arrives over one connection.

    Parameters
    ----------
    connection : Connection
        Weights of any encoding, exponent and grid; synaptic delays too, which SLAYER itself does not have and
        which are here by their definition: a message of delay d counts d steps later, and the sum of each delay is
        scaled on its own.
    """

    def __init__(self, connection: Connection) -> None:
        self._name = connection.name
        self._synapse = connection.synapse
        self._slices = _by_delay(connection.synapse)

    def between(self, sent: Any, start: int, stop: int) -> Any:
        """Return what arrives in the steps from ``start`` to ``stop``.

        Parameters
        ----------
        sent : torch.Tensor, float64, shape (samples, sources, steps)
            Whole history of the source's messages, as integers; a message arrives one step after it is sent.
        start, stop : int
            The steps wanted.

        Returns
        -------
        torch.Tensor, float64, shape (samples, targets, stop - start)
            Integers.

        Raises
        ------
        LavaFedError
            Where a sum is too large to be an oracle's.
        """
        import torch

        total: Any = 0
        for delay, operator in self._slices:
            late = 1 + delay
            seen = sent[..., max(start - late, 0) : max(stop - late, 0)]
            missing = min(max(late - start, 0), stop - start)
            silence = torch.zeros(*sent.shape[:-1], missing, dtype=torch.float64)
            summed = operator(torch.cat([silence, seen], dim=-1))
            self._check(summed)
            total = total + torch.floor(summed * 2.0**self._synapse.exponent)
        return total

    def _check(self, summed: Any) -> None:
        wraps = isinstance(self._synapse, Convolution) and not self._synapse.transposed
        limit = CONVOLUTION_LIMIT if wraps else EXACT
        largest = float(summed.abs().max()) if summed.numel() else 0.0
        if largest >= limit:
            raise LavaFedError(
                f"connection {self._name}: its sum reaches {largest:.0f}, and SLAYER does not wrap at {limit}; it "
                "cannot serve as an oracle for this input"
            )


def _by_delay(synapse: Synapse) -> list[tuple[int, Any]]:
    """Return an operator on (samples, sources, steps) for each synaptic delay that occurs."""
    import numpy as np
    import torch

    weights = torch.from_numpy(synapse.weights.astype(np.float64))
    if isinstance(synapse, Convolution):
        return [(0, lambda sent: _slide(synapse, weights, sent))]
    if isinstance(synapse, Sparse):
        indices = torch.from_numpy(np.stack([synapse.target_of, synapse.source_of]).astype(np.int64))
        listed = torch.sparse_coo_tensor(indices, weights, synapse.shape).coalesce()
        return [(0, lambda sent: _product(listed, sent))]
    if not isinstance(synapse, Dense):
        raise LavaFedError(f"SLAYER has no counterpart of {synapse.kind} synapses")
    if synapse.delays is None:
        return [(0, lambda sent: torch.matmul(weights, sent))]
    parts = []
    for delay in np.unique(synapse.delays):
        chosen = torch.from_numpy(np.where(synapse.delays == delay, synapse.weights, 0).astype(np.float64))
        parts.append((int(delay), _matmul(chosen)))
    return parts


def _matmul(weights: Any) -> Any:
    import torch

    return lambda sent: torch.matmul(weights, sent)


def _product(matrix: Any, sent: Any) -> Any:
    """Multiply a sparse matrix with every step of every sample."""
    import torch

    samples, units, steps = sent.shape
    columns = sent.permute(1, 0, 2).reshape(units, samples * steps)
    return torch.sparse.mm(matrix, columns).reshape(-1, samples, steps).permute(1, 0, 2)


def _slide(synapse: Convolution, kernel: Any, sent: Any) -> Any:
    """Convolve every step of every sample as an image of its own."""
    from torch.nn import functional

    samples, _, steps = sent.shape
    images = sent.permute(0, 2, 1).reshape(samples * steps, *synapse.source_shape)
    options = {
        "stride": synapse.stride,
        "padding": synapse.padding,
        "dilation": synapse.dilation,
        "groups": synapse.groups,
    }
    height, width = synapse.target_shape[1:]
    if synapse.transposed:
        made = _fitted(functional.conv_transpose2d(images, kernel, **{**options, "padding": 0}), synapse)
    else:
        made = functional.conv2d(images, kernel, **options)[..., :height, :width]
    return made.reshape(samples, steps, synapse.targets).permute(0, 2, 1)


def _fitted(made: Any, synapse: Convolution) -> Any:
    """Cut the padding off a full transposed convolution, and fill up with zeros what no kernel reaches."""
    from torch.nn import functional

    made = made[..., synapse.padding[0] :, synapse.padding[1] :]
    height, width = synapse.target_shape[1:]
    right, bottom = max(width - made.shape[-1], 0), max(height - made.shape[-2], 0)
    return functional.pad(made, (0, right, 0, bottom))[..., :height, :width]
