"""What a NIR file leaves open about discrete time.

NIR writes differential equations. Each simulator steps them in its own way, and its export does not say which:

============  =====  ===========  =======  =======  ==========  =============================================
Simulator     dt, s  Reset        Leak     Synapse  Integrator  Remarks
============  =====  ===========  =======  =======  ==========  =============================================
nir           1e-4   zero         euler    euler    time        the equations as written
snntorch      1e-4   late         euler    euler    time        ``Leaky``, ``Synaptic``, ``RLeaky``,
                                                                ``RSynaptic`` as they are by default; those
                                                                made with ``reset_mechanism="zero"`` need
                                                                ``reset=zero`` (``Leaky``) or ``hold``
norse         1e-6   zero         euler    jump     step        ``to_nir`` at its default dt of 1e-3 writes each
                                                                tau times dt; with ``to_nir(..., dt=1)`` read
                                                                with ``dt=1e-3``
sinabs        1      subtract     exact    euler    time        ``norm_input=True`` and ``SingleSpike``: what is
                                                                set otherwise is not in the export
spikingjelly  1e-4   zero         euler    euler    time        ``v_reset=None`` is exported as zero: read it
                                                                with ``reset=subtract``
============  =====  ===========  =======  =======  ==========  =============================================
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from hardware.errors import LavaFedError


class NirReset(Enum):
    """What a spike does to the voltage."""

    ZERO = "zero"
    """It becomes the node's v_reset, as the NIR equations say."""
    SUBTRACT = "subtract"
    """The node's v_threshold is taken off it at once."""
    HOLD = "hold"
    """It becomes the node's v_reset, and stays there through the next step, whose input it loses."""
    LATE = "late"
    """The node's v_threshold is taken off it in the next step, after the leak."""


class Leak(Enum):
    """The fraction that a state of time constant tau forgets in a step."""

    EULER = "euler"
    """dt / tau."""
    EXACT = "exact"
    """1 - exp(-dt / tau)."""


class Synapse(Enum):
    """What an input of 1 adds to the synaptic current of CubaLI and CubaLIF in a step."""

    EULER = "euler"
    """w_in times the fraction forgotten: it is a current that lasts one step."""
    JUMP = "jump"
    """w_in: it is an impulse."""


class Integrator(Enum):
    """What an input of 1 adds to the voltage of I and IF in a step."""

    TIME = "time"
    """r * dt."""
    STEP = "step"
    """r."""


class Begin(Enum):
    """The voltage before the first step."""

    REST = "rest"
    """v_leak, and v_reset for IF, which has no leak."""
    ZERO = "zero"
    """0."""


@dataclass(frozen=True)
class NirReading:
    """How a NIR graph is turned into steps.

    Attributes
    ----------
    dt : float
        Seconds of a step.
    reset : NirReset
        What a spike does.
    leak : Leak
        How much is forgotten in a step.
    synapse : Synapse
        What an input adds to a synaptic current.
    integrator : Integrator
        What an input adds to a voltage without leak.
    begin : Begin
        The voltage before the first step.
    graded : bool
        Whether the host sends real numbers instead of spikes.
    """

    dt: float = 1e-4
    reset: NirReset = NirReset.ZERO
    leak: Leak = Leak.EULER
    synapse: Synapse = Synapse.EULER
    integrator: Integrator = Integrator.TIME
    begin: Begin = Begin.REST
    graded: bool = False

    def __post_init__(self) -> None:
        """Check the step."""
        if not (math.isfinite(self.dt) and self.dt > 0):
            raise LavaFedError(f"NIR: dt {self.dt} must be a number of seconds above 0")

    @classmethod
    def named(cls, simulator: str = "nir", options: Mapping[str, str] = MappingProxyType({})) -> NirReading:
        """Return the reading for a simulator's exports, with some of it replaced.

        Parameters
        ----------
        simulator : str
            A key of ``READINGS``.
        options : mapping of str to str
            Fields by name, values as text.

        Raises
        ------
        LavaFedError
            Where a name or value is not known; the message lists what is.
        """
        if simulator not in READINGS:
            raise LavaFedError(f"NIR: no simulator {simulator!r}; known are {', '.join(READINGS)}")
        return READINGS[simulator].replaced(options)

    def replaced(self, options: Mapping[str, str]) -> NirReading:
        """Return this reading with the fields in ``options`` replaced, values as text."""
        fields = {field.name: field for field in dataclasses.fields(self)}
        values: dict[str, float | bool | Enum] = {}
        for name, text in options.items():
            if name not in fields:
                raise LavaFedError(f"NIR: no option {name!r}; known are {', '.join(['simulator', *fields])}")
            values[name] = _parsed(name, text, getattr(self, name))
        return dataclasses.replace(self, **values)  # type: ignore[arg-type]

    def described(self) -> dict[str, str]:
        """Return every field as text, for provenance; ``replaced`` reads it back."""
        texts: dict[str, str] = {}
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            texts[field.name] = value.value if isinstance(value, Enum) else str(value).lower()
        return texts


def _parsed(name: str, text: str, example: float | bool | Enum) -> float | bool | Enum:
    if isinstance(example, float):
        try:
            return float(text)
        except ValueError:
            raise LavaFedError(f"NIR: {name} {text!r} is not a number") from None
    known = {"true": True, "false": False} if isinstance(example, bool) else {e.value: e for e in type(example)}
    if text not in known:
        raise LavaFedError(f"NIR: {name} {text!r} is not known; choose {' or '.join(known)}")
    return known[text]


READINGS: Mapping[str, NirReading] = MappingProxyType(
    {
        "nir": NirReading(),
        "snntorch": NirReading(reset=NirReset.LATE),
        "norse": NirReading(dt=1e-6, synapse=Synapse.JUMP, integrator=Integrator.STEP),
        "sinabs": NirReading(dt=1.0, reset=NirReset.SUBTRACT, leak=Leak.EXACT),
        "spikingjelly": NirReading(),
    }
)
"""What each simulator does, by its name."""
