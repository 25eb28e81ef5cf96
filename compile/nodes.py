"""The nodes of a graph: what the host drives, neurons, and views of other nodes."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from compile.neurons import Model
from compile.norms import Norm, check_norms
from hardware.chip import widths
from hardware.encoder import Encoder
from hardware.errors import NetworkError
from hardware.spikes import frozen


@dataclass(frozen=True)
class Source:
    """Units that the host drives.

    Attributes
    ----------
    name : str
        Unique.
    shape : tuple of int
        Axes in row-major order, as (channels, height, width); units are counted along the last axis first.
    graded : bool
        Whether the host sends numbers instead of plain spikes.
    encoder : Encoder or None
        How it makes them from real numbers.
    """

    name: str
    shape: tuple[int, ...]
    graded: bool = False
    encoder: Encoder | None = None

    @property
    def units(self) -> int:
        """Number of units."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class Flatten:
    """Views its one input as one axis, row-major; it holds no state and takes no time.

    Attributes
    ----------
    name : str
        Unique.
    units : int
        Number of units, equal to that of its input.
    """

    name: str
    units: int

    @property
    def shape(self) -> tuple[int, ...]:
        """One axis."""
        return (self.units,)


@dataclass(frozen=True)
class Concat:
    """Views its inputs, in the order of their edges, as one, joined along the first axis; takes no time.

    Attributes
    ----------
    name : str
        Unique.
    shape : tuple of int
        Its first axis is the sum of the inputs' first axes; the others are equal.
    """

    name: str
    shape: tuple[int, ...]

    @property
    def units(self) -> int:
        """Number of units."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class Average:
    """Means over groups of consecutive units of its one input; a readout, so nothing may follow it.

    Attributes
    ----------
    name : str
        Unique.
    units : int
        Number of groups; divides the units of the input.
    """

    name: str
    units: int

    @property
    def shape(self) -> tuple[int, ...]:
        """One axis."""
        return (self.units,)


@dataclass(frozen=True, eq=False)
class Population:
    """Neurons.

    Attributes
    ----------
    name : str
        Unique.
    shape : tuple of int
        Axes in row-major order, as (channels, height, width).
    model : Model
        Their equations.
    delays : uint8 array, shape (units,), or None
        Steps 0..63 for which each axon holds a message back.
    norms : tuple of Norm
        Norms of their input, at most one a port.
    """

    name: str
    shape: tuple[int, ...]
    model: Model
    delays: NDArray[np.uint8] | None = None
    norms: tuple[Norm, ...] = ()

    def __post_init__(self) -> None:
        """Check parameters, norms and delays against the number of units."""
        for field in dataclasses.fields(self.model):
            value = getattr(self.model, field.name)
            if isinstance(value, np.ndarray) and value.shape != (self.units,):
                raise NetworkError(
                    f"layer {self.name!r}: {field.name} has {value.size} values for {self.units} units"
                )
        try:
            check_norms(self.norms, self.model, self.units)
        except NetworkError as error:
            raise NetworkError(f"layer {self.name!r}: {error}") from error
        if self.delays is None:
            return
        delays = np.asarray(self.delays)
        if delays.dtype.kind not in "iu" or delays.shape != (self.units,):
            raise NetworkError(f"layer {self.name!r}: delays must be an integer for each of {self.units} units")
        if delays.min() < 0 or delays.max() > widths.DELAY_MAX:
            raise NetworkError(
                f"layer {self.name!r}: delays {delays.min()}..{delays.max()} must lie in 0..{widths.DELAY_MAX}"
            )
        object.__setattr__(self, "delays", frozen(delays.astype(np.uint8)) if delays.any() else None)

    @property
    def units(self) -> int:
        """Number of neurons."""
        return math.prod(self.shape)


View = Flatten | Concat | Average
Node = Source | Flatten | Concat | Average | Population
