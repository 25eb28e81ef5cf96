"""Trains of spikes as messages."""

from __future__ import annotations

from types import MappingProxyType

from hardware.errors import LavaFedError
from hardware.spikes import VALUES_LIMIT, SpikeTrain
from lava_fed.errors import WireError
from lava_fed.spike_codec.aer import Aer
from lava_fed.spike_codec.entropy import Entropy
from lava_fed.spike_codec.form import Form
from lava_fed.spike_codec.frame import Header, unwrap, wrap
from lava_fed.spike_codec.raster import Raster

FORMS: MappingProxyType[str, Form] = MappingProxyType({form.name: form for form in (Raster(), Aer(), Entropy())})
"""The forms there are, by name."""
BEST = "best"
"""Asks for the form that is smallest; all are tried."""


def encode(train: SpikeTrain, form: str) -> bytes:
    """Return the message that carries a train.

    Parameters
    ----------
    train : SpikeTrain
        Plain or graded; of a held one a single step is written.
    form : str
        ``"raster"``, ``"aer"``, ``"entropy"``, or ``"best"`` for the smallest of them.

    Raises
    ------
    LavaFedError
        Where the form is unknown, or cannot write graded messages.

    Examples
    --------
    >>> import numpy as np
    >>> train = SpikeTrain(np.eye(8, dtype=np.uint8)[np.newaxis])
    >>> len(encode(train, "raster")), len(encode(train, "aer"))  # the frame has 14 of them
    (22, 39)
    """
    if form == BEST:
        able = [each.name for each in FORMS.values() if each.grades or not train.graded]
        return min((encode(train, name) for name in able), key=len)
    if form not in FORMS:
        raise LavaFedError(f"no form of spikes is called {form!r}; known: {', '.join([*FORMS, BEST])}")
    chosen = FORMS[form]
    if train.graded and not chosen.grades:
        able = [each.name for each in FORMS.values() if each.grades]
        raise LavaFedError(f"form {form} has one bit for a message, these are graded; use {' or '.join(able)}")
    header = Header(chosen.number, train.samples, train.steps, train.units, train.graded, train.is_held)
    kept = train.values[:, :1] if train.is_held else train.values
    steps = 1 if train.is_held else train.steps
    return wrap(header, chosen.encode(kept.reshape(header.rows, train.units), steps))


def decode(data: bytes, limit: int = VALUES_LIMIT) -> SpikeTrain:
    """Read a train.

    Parameters
    ----------
    data : bytes
        The message.
    limit : int
        Most bytes of a train in memory: one a value, four of graded ones; a message that claims more is refused.

    Raises
    ------
    WireError
        Where the bytes are anything but a sound train; any train in one form has one encoding.
    """
    header, body = unwrap(data, limit)
    form = next((each for each in FORMS.values() if each.number == header.form), None)
    if form is None or (header.graded and not form.grades):
        raise WireError(f"train of spikes has the unknown form {header.form}; update lava-fed")
    steps = 1 if header.held else header.steps
    rows = form.decode(body, (header.rows, header.units), steps, graded=header.graded)
    if header.held:
        train = SpikeTrain.held(rows, header.steps)
    else:
        train = SpikeTrain(rows.reshape(header.samples, header.steps, header.units))
    if (train.graded, train.is_held) != (header.graded, header.held):
        raise WireError("train of spikes is said to be graded or held, and is not, or the other way round")
    return train


def sizes(train: SpikeTrain) -> dict[str, int]:
    """Return the bytes that a train needs in each form that can write it, frame included."""
    return {name: len(encode(train, name)) for name, form in FORMS.items() if form.grades or not train.graded}
