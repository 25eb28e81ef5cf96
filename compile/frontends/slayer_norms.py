"""Norms of SLAYER's dendrites as norms of a population."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from compile.errors import UnsupportedLayerError
from compile.neurons import AlifModel, CubaModel, Model, Real, ResonatorModel, SigmaDeltaModel
from compile.norms import Norm
from hardware.neurons.resonator import IMAGINARY

Parts = Mapping[str, tuple[float, Real]]
"""Scale and shift of the norm at each port."""


def norms_of(model: Model, parts: Parts, where: str, *, recurrent: bool = False) -> tuple[Norm, ...]:
    """Return the norms before a population, but for those that change nothing.

    Parameters
    ----------
    model : Model
        Its equations.
    parts : mapping of str to (float, float or vector)
        Scale and shift in the unit of weights, by port.
    where : str
        The block, for errors.
    recurrent : bool
        Whether SLAYER runs the block step by step and keeps the normalized current.

    Raises
    ------
    UnsupportedLayerError
        Where the neurons have no constant input that a norm could shift, or the norm of a recurrent block scales.
    """
    norms = []
    for port, (scale, shift) in parts.items():
        if scale == 1 and not np.any(shift):
            continue
        if recurrent and scale != 1:
            raise UnsupportedLayerError(
                f"{where}: WgtScaleBatchNorm in a recurrent block scales its current anew in every step, which no "
                "neuron here does; train it with MeanOnlyBatchNorm"
            )
        norms.append(Norm(_into(model, port, where, recurrent=recurrent), scale, shift))
    return tuple(norms)


def _into(model: Model, port: str, where: str, *, recurrent: bool) -> str:
    """Say to which constant input SLAYER's shift comes down; see ``Norm``."""
    match model:
        case CubaModel():
            return "drive" if recurrent else "bias"
        case AlifModel():
            return "drive"
        case ResonatorModel():
            return "drive_imag" if port == IMAGINARY else "drive_real"
        case SigmaDeltaModel():
            return "bias"
    raise UnsupportedLayerError(f"{where}: a norm or bias of {model.kind} units is not known; leave it out")
