"""What a device learned in one round."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hardware.errors import LavaFedError
from hardware.program import Program
from lava_fed.task import ROUND_LIMIT, Task, check_device, check_shapes, integer_weights

SAMPLES_LIMIT = 1 << 31
"""Samples lie in 1..2^31-1."""


@dataclass(frozen=True, eq=False)
class WeightDelta:
    """The change of every weight that learns: integers, against the base weights of one round.

    Attributes
    ----------
    program : str
        Digest of the Program, 64 hexadecimal digits.
    device : str
        Who learned.
    round : int
        Number of the round, from 1.
    samples : int
        How many different samples it learned from, at least 1; the weight of this delta in an average.
    weights : mapping of str to int16 array, shape (targets, sources)
        Learned minus base, by connection; read-only.

    Raises
    ------
    LavaFedError
        Where a field is out of range.
    """

    program: str
    device: str
    round: int
    samples: int
    weights: Mapping[str, NDArray[np.int16]]

    def __post_init__(self) -> None:
        """Check ranges and freeze the weights."""
        check_device(self.device)
        if not 1 <= self.round < ROUND_LIMIT:
            raise LavaFedError(f"delta of {self.device}: round {self.round} must lie in 1..{ROUND_LIMIT - 1}")
        if not 1 <= self.samples < SAMPLES_LIMIT:
            raise LavaFedError(
                f"delta of {self.device}: samples {self.samples} must lie in 1..{SAMPLES_LIMIT - 1}"
            )
        object.__setattr__(self, "weights", integer_weights(self.weights))

    def learned(self, program: Program, task: Task) -> dict[str, NDArray[np.int16]]:
        """Return base plus delta: the weights that the device ended the round with.

        Raises
        ------
        LavaFedError
            Where the delta does not answer this task, or leaves the range that learning can reach.
        """
        if (self.program, self.round) != (task.program, task.round):
            raise LavaFedError(
                f"delta of {self.device} answers round {self.round} of Program {self.program[:12]}, "
                f"expected round {task.round} of {task.program[:12]}"
            )
        check_shapes(program, self.weights, f"delta of {self.device}")
        learned = {}
        for name, change in self.weights.items():
            total = task.weights[name].astype(np.int32) + change
            low, high = program.network.connection(name).learned_range
            if total.min() < low or total.max() > high:
                raise LavaFedError(
                    f"delta of {self.device}: connection {name} would reach {total.min()}..{total.max()}, "
                    f"but learning stays in {low}..{high}"
                )
            learned[name] = total.astype(np.int16)
        return learned
