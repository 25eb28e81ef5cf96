"""What is kept of a device that learns, between two samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware import container
from hardware.errors import ContainerError
from hardware.spikes import frozen as read_only

KIND = "learning"
"""Kind of container that holds a state."""


@dataclass(frozen=True, eq=False)
class LearningState:
    """All that the next sample depends on: whoever has it goes on as if nothing had happened, on any backend.

    Traces, tags and messages begin anew with every sample, so weights and the place in the random streams are all.

    Attributes
    ----------
    program : str
        Digest of the Program that learns.
    seed : int
        Of the random streams, 0..2^31-1.
    learned : int
        Samples that have been learned; tells where streams and learning epochs go on.
    weights : mapping of str to int16 array
        Of every connection that learns. Read-only.
    frozen : tuple of str
        Connections that keep their weights, sorted.
    """

    program: str
    seed: int
    learned: int
    weights: Mapping[str, NDArray[np.int16]]
    frozen: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Freeze the weights."""
        kept = {name: read_only(np.asarray(array, np.int16)) for name, array in self.weights.items()}
        object.__setattr__(self, "weights", kept)

    def pack(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Split the state into a JSON header and named arrays."""
        header = {
            "program": self.program,
            "seed": self.seed,
            "learned": self.learned,
            "frozen": list(self.frozen),
        }
        return header, {f"weights/{name}": array for name, array in self.weights.items()}

    @classmethod
    def unpack(cls, header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> LearningState:
        """Join header and arrays; the reverse of ``pack``.

        Raises
        ------
        KeyError, TypeError, ValueError
            Where they are not those of a state.
        """
        seed, learned = header["seed"], header["learned"]
        texts = [header["program"], *header["frozen"]]
        if any(type(each) is not int or each < 0 for each in (seed, learned)) or not all(
            isinstance(each, str) for each in texts
        ):
            raise ValueError("it does not hold what a state of learning holds")
        if any(not name.startswith("weights/") or array.dtype != np.int16 for name, array in arrays.items()):
            raise ValueError("it holds arrays that are no weights")
        weights = {name.removeprefix("weights/"): array for name, array in arrays.items()}
        return cls(header["program"], seed, learned, weights, tuple(header["frozen"]))

    def save(self, path: Path | str) -> None:
        """Write the state to ``path`` atomically; equal states give equal bytes."""
        container.write(Path(path), KIND, *self.pack())

    @classmethod
    def load(cls, path: Path | str) -> LearningState:
        """Read a state.

        Raises
        ------
        ContainerError
            Where the file is missing, damaged, of another version or no such state.
        """
        header, arrays = container.read(Path(path), KIND)
        try:
            return cls.unpack(header, arrays)
        except (KeyError, TypeError, ValueError) as error:
            raise ContainerError(f"{path} is not a valid state of learning: {error!s:.200}") from error
