"""Normalization in front of neurons, kept apart from weights and neurons until ``FoldNorms`` folds it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from compile.fields import Fields, number, numbers
from compile.neurons import Model, Real
from hardware.errors import NetworkError
from hardware.neurons.resonator import IMAGINARY
from hardware.spikes import frozen

CONSTANTS = {"bias": "", "drive": "", "drive_real": "", "drive_imag": IMAGINARY}
"""Constant inputs of neurons that a norm can shift, and the port whose input it then scales."""


@dataclass(frozen=True, eq=False)
class Norm:
    """What a trained batch norm does to the input of neurons at one port, with its statistics at rest.

    The weighted input a[t] of the port counts as ``scale`` * a[t], from whichever node it comes, and ``shift`` is
    added to the constant input ``into`` of the neurons' equations. For SLAYER's norms that constant is

    - ``bias`` of CUBA neurons: SLAYER normalizes the current after its decay, so the shift enters the voltage;
    - ``drive`` of CUBA neurons in Recurrent and KWTA blocks, which keep the normalized current from step to step;
    - ``drive`` of ALIF neurons, whose norm comes before the current integrates;
    - ``drive_real`` and ``drive_imag`` of resonators, one norm for each part of their input;
    - ``bias`` of sigma-delta units, whose norm comes between sum and activation.

    Attributes
    ----------
    into : str
        ``bias``, ``drive``, ``drive_real`` or ``drive_imag``.
    scale : float
        Above 0: one over the running standard deviation.
    shift : float or vector
        Minus the running mean, times ``scale``; in the unit of weights.

    Raises
    ------
    NetworkError
        Where one of them is not of that kind.
    """

    into: str
    scale: float = 1.0
    shift: Real = 0.0

    def __post_init__(self) -> None:
        """Check the numbers, freeze a vector."""
        if self.into not in CONSTANTS:
            raise NetworkError(f"a norm cannot shift {self.into!r}; known: {', '.join(CONSTANTS)}")
        if not (math.isfinite(self.scale) and self.scale > 0):
            raise NetworkError(f"norm_{self.into}: scale {self.scale:g} must be a finite number above 0")
        shift = np.asarray(self.shift, np.float64)
        if shift.ndim > 1 or shift.size == 0 or not np.isfinite(shift).all():
            raise NetworkError(f"norm_{self.into}: shift must be a finite number, or a vector of them")
        same = shift.min() == shift.max()
        object.__setattr__(self, "shift", float(shift.flat[0]) if same else frozen(shift))

    @property
    def port(self) -> str:
        """The port whose input is scaled."""
        return CONSTANTS[self.into]


def check_norms(norms: tuple[Norm, ...], model: Model, units: int) -> None:
    """Check that norms fit the neurons that they stand before.

    Raises
    ------
    NetworkError
        Where the neurons have no such constant input, the shift is not one for each unit, or two scale one port.
    """
    for norm in norms:
        if not hasattr(model, norm.into):
            raise NetworkError(f"{model.kind} neurons have no {norm.into} that a norm could shift")
        if np.size(norm.shift) not in (1, units):
            raise NetworkError(f"norm_{norm.into} shifts {np.size(norm.shift)} of {units} units")
        if sum(other.port == norm.port for other in norms) > 1:
            raise NetworkError(f"two norms scale the input at {norm.port or 'the plain port'}; make them one")


def show_norms(norms: tuple[Norm, ...]) -> str:
    """Write norms as words ``norm_bias=[scale shift]``, each with a space before it; a shift may be a vector."""
    ordered = sorted(norms, key=lambda norm: list(CONSTANTS).index(norm.into))
    return "".join(
        f" norm_{norm.into}=[{number(norm.scale)} {numbers(np.atleast_1d(norm.shift))}]" for norm in ordered
    )


def read_norms(fields: Fields, where: str) -> tuple[Norm, ...]:
    """Take the words of norms, in the order of ``CONSTANTS``.

    Raises
    ------
    NetworkError
        Where a word is not ``[scale shift]``, or its numbers are not those of a norm.
    """
    norms = []
    for into in CONSTANTS:
        if (word := fields.take(f"norm_{into}")) is None:
            continue
        try:
            scale, *shift = (float(part) for part in word.strip("[]").split())
            norms.append(Norm(into, scale, np.array(shift)))
        except ValueError as error:
            raise NetworkError(f"{where}: norm_{into}={word} must be [scale shift ...]") from error
        except NetworkError as error:
            raise NetworkError(f"{where}: {error}") from error
    return tuple(norms)
