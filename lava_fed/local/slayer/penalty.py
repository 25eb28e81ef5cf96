"""What holds a device's weights back while it trains off the chip: the global weights, and earlier tasks.

FedProx (Li et al., "Federated Optimization in Heterogeneous Networks", MLSys 2020) adds ``mu / 2 * |w -
global|^2`` to a device's loss; elastic weight consolidation (Kirkpatrick et al., PNAS 2017) adds ``lambda / 2 *
sum F (w - anchor)^2``, F the Fisher information of earlier tasks: the mean over batches of the squared gradient
times the size of the batch. Tasks share one anchor, the newest, and their F add up (online EWC: Schwarz et al.,
ICML 2018). Weights count in chip units.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.errors import LavaFedError
from lava_fed.local.slayer.kernels import Reals

_PREFIX = "ewc/"
_PARTS = ("anchor", "held", "squares")


@dataclass(eq=False)
class Penalty:
    """The two pulls on one device in one round.

    Attributes
    ----------
    proximal, ewc : float
        FedProx's mu and EWC's lambda, in loss per squared chip unit.
    base : mapping of str to float64 array, shape (sources, targets)
        Global weights.
    task : str
        Digest of the samples that are learned now, 64 hexadecimal digits; another one begins a new task.
    anchor, held, squares : dict of str to float64 array
        Weights as the task began; F of earlier tasks; sum of squared gradients in this task.
    batches : int
        Batches in that sum.
    """

    proximal: float
    ewc: float
    base: Mapping[str, Reals]
    task: str
    anchor: dict[str, Reals]
    held: dict[str, Reals]
    squares: dict[str, Reals]
    batches: int

    @classmethod
    def begin(
        cls, proximal: float, ewc: float, base: Mapping[str, Reals], task: str, kept: Mapping[str, NDArray[Any]]
    ) -> Penalty:
        """Return the pulls as a round begins.

        Parameters
        ----------
        proximal, ewc, base, task
            As the attributes.
        kept : mapping of str to array
            As ``memory`` returned it in an earlier round; without it before the first.

        Raises
        ------
        LavaFedError
            Where what was kept is of other weights.
        """
        parts: list[dict[str, Reals]] = [dict(base), _zeros(base), _zeros(base)]
        if not ewc or f"{_PREFIX}task" not in kept:
            anchor, held, squares = parts
            return cls(proximal, ewc, base, task, anchor, held, squares, 0)
        for part, what in zip(parts, _PARTS, strict=True):
            for name, array in base.items():
                found = kept.get(f"{_PREFIX}{what}/{name}")
                if found is None or found.shape != array.shape:
                    raise LavaFedError(
                        f"the device's memory of earlier tasks does not fit connection {name}; start the run anew"
                    )
                part[name] = found.astype(np.float64)
        anchor, held, squares = parts
        batches = int(kept[f"{_PREFIX}batches"][0])
        if bytes(kept[f"{_PREFIX}task"]).hex() != task:
            held = {name: array + squares[name] / max(batches, 1) for name, array in held.items()}
            anchor, squares, batches = dict(base), _zeros(base), 0
        return cls(proximal, ewc, base, task, anchor, held, squares, batches)

    def pull(self, weights: Mapping[str, Reals], gradients: Mapping[str, Reals], samples: int) -> None:
        """Note the gradients of a batch, then add those of the two penalties to them, in place.

        Parameters
        ----------
        weights, gradients : mapping of str to float64 array, shape (sources, targets)
            By connection.
        samples : int
            Of the batch.
        """
        if self.ewc:
            self.batches += 1
            for name, gradient in gradients.items():
                self.squares[name] += samples * gradient * gradient
                np.add(gradient, self.ewc * self.held[name] * (weights[name] - self.anchor[name]), out=gradient)
        if self.proximal:
            for name, gradient in gradients.items():
                np.add(gradient, self.proximal * (weights[name] - self.base[name]), out=gradient)

    def memory(self) -> dict[str, NDArray[Any]]:
        """Return what the device keeps for its next round."""
        if not self.ewc:
            return {}
        kept: dict[str, NDArray[Any]] = {
            f"{_PREFIX}task": np.frombuffer(bytes.fromhex(self.task), np.uint8),
            f"{_PREFIX}batches": np.array([self.batches], np.int64),
        }
        for what in _PARTS:
            kept |= {f"{_PREFIX}{what}/{name}": array for name, array in getattr(self, what).items()}
        return kept


def _zeros(like: Mapping[str, Reals]) -> dict[str, Reals]:
    return {name: np.zeros(array.shape) for name, array in like.items()}
