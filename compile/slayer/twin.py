"""How integers are put into SLAYER's neurons, and its states held against the chip's widths."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.chip.widths import ALIGN_SHIFT
from hardware.errors import LavaFedError
from hardware.neurons.neuron import PerUnit

Arrived = Mapping[str, Any]
"""Synaptic input by port: torch.float64 integers, shape (samples, units, steps)."""
Advance = Callable[[Arrived], Any]
"""Advances neurons through consecutive steps from where they stand and returns their messages, as integers."""
MANTISSA = 1 << ALIGN_SHIFT
"""Scale of weights and thresholds."""
STATE = MANTISSA << ALIGN_SHIFT
"""Scale of states, and of graded messages."""
WORD_LIMIT = 1 << 31


def chosen(value: PerUnit, units: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return a parameter for some units: one value for all, or one for each."""
    return np.atleast_1d(value if np.ndim(value) == 0 else np.asarray(value)[units]).astype(np.float64)


def constant(value: PerUnit, units: NDArray[np.int64]) -> Any:
    """Return a constant input, given at the scale of states, as real numbers, shape (units or 1, 1)."""
    import torch

    return torch.from_numpy(chosen(value, units) / STATE).reshape(-1, 1)


def prepare(twin: Any, units: NDArray[np.int64], decays: Mapping[str, PerUnit]) -> Any:
    """Put a SLAYER neuron into double precision, and its decays, by name, into 4096ths."""
    import torch

    twin.double()
    twin.shape = torch.Size([len(units)])
    twin.num_neurons = len(units)
    for name, value in decays.items():
        getattr(twin, name).data = torch.from_numpy(chosen(value, units))
    return twin


def check(layer: str, states: Mapping[str, Any], limit: int, scale: int = STATE) -> None:
    """Check that no state reaches the width of the chip's words.

    Raises
    ------
    LavaFedError
        Naming layer and state.
    """
    for name, state in states.items():
        largest = float(state.abs().max()) * scale
        if largest >= limit:
            raise LavaFedError(
                f"layer {layer!r}: its {name} reaches {largest:.0f}, and SLAYER's forward pass neither wraps nor "
                f"saturates at the chip's {limit}; it cannot serve as an oracle for this input"
            )
