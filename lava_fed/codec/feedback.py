"""Error feedback: what a codec holds back in one round is asked for again in the next.

``wanted = change + residual``, ``sent`` is what the codec lets through, ``residual = wanted - sent``: in integers,
so sums of what was sent and of what was wanted differ by the last residual, bit for bit (Seide et al., "1-Bit
Stochastic Gradient Descent", Interspeech 2014; Karimireddy et al., "Error Feedback Fixes SignSGD", ICML 2019).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hardware.errors import LavaFedError
from lava_fed.codec.codec import Change, Codec
from lava_fed.messages.delta import FRACTION_BITS
from lava_fed.shared import Shared

_WORD = np.iinfo(np.int32)


@dataclass(frozen=True, eq=False)
class Encoded:
    """A change on its way.

    Attributes
    ----------
    data : bytes
        Its encoding.
    sent : dict of str to int32 array, shape (targets, sources)
        What the other side will read, in master units.
    residual : dict of str to int32 array, shape (targets, sources)
        What was wanted and not sent.
    """

    data: bytes
    sent: dict[str, NDArray[np.int32]]
    residual: dict[str, NDArray[np.int32]]


def compensate(
    change: Change, residual: Change | None, codec: Codec, rng: np.random.Generator, shared: Shared
) -> Encoded:
    """Encode a change together with what was held back before.

    Parameters
    ----------
    change : mapping of str to int32 array, shape (targets, sources)
        What the device learned, in master units.
    residual : mapping of str to int32 array, optional
        Of the last change that arrived; none at first.
    codec : Codec
        Decides what is sent.
    rng : numpy.random.Generator
        For the codec.
    shared : Shared
        Names and shapes of the connections.

    Raises
    ------
    LavaFedError
        Where names, shapes or types do not fit, or more was held back than 32 bits hold.
    """
    shared.check(change, "change")
    if residual is not None:
        shared.check(residual, "what was held back")
    wanted = {}
    for name, array in change.items():
        if array.dtype != np.int32:
            raise LavaFedError(
                f"change: connection {name} must be int32, in units of 2^-{FRACTION_BITS} of a chip unit, found "
                f"{array.dtype}; mend the trainer"
            )
        total = array.astype(np.int64) + (0 if residual is None else residual[name])
        wanted[name] = _word(total, name, codec)
    if codec.exact:
        data = codec.encode(wanted, rng)
        return Encoded(data, wanted, {name: np.zeros_like(array) for name, array in wanted.items()})
    data = codec.encode({c.name: _within(wanted[c.name], c.low, c.high) for c in shared.connections}, rng)
    sent = codec.decode(data, shared)
    left = {name: _word(array.astype(np.int64) - sent[name], name, codec) for name, array in wanted.items()}
    return Encoded(data, sent, left)


def _within(values: NDArray[np.int32], low: int, high: int) -> NDArray[np.int32]:
    """Ask for no more than takes a weight from one end of its range to the other; the rest is held back."""
    span = (high - low) << FRACTION_BITS
    return np.clip(values, -span, span)


def _word(values: NDArray[np.int64], name: str, codec: Codec) -> NDArray[np.int32]:
    if values.min() < _WORD.min or values.max() > _WORD.max:
        raise LavaFedError(
            f"connection {name}: codec {codec.name} held back {np.abs(values).max()} master units, more than the "
            f"limit of {_WORD.max}; let it send more in each round, or set uplink.feedback = false"
        )
    return values.astype(np.int32)
