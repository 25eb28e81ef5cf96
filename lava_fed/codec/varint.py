"""Integers from 0 in as few bytes as they need: LEB128, seven bits a byte, lowest first."""

from __future__ import annotations

from lava_fed.errors import WireError

LONGEST = 10
"""Bytes of the longest number, which is below 2^64."""


def encode(*values: int) -> bytes:
    """Return the bytes of some numbers, one after another.

    Parameters
    ----------
    *values : int
        Each 0..2^64-1.

    Examples
    --------
    >>> encode(1, 127, 128).hex()
    '017f8001'
    """
    out = bytearray()
    for value in values:
        if not 0 <= value < 2**64:
            raise WireError(f"{value} cannot be sent; numbers lie in 0..2^64-1")
        rest = value
        while rest > 0x7F:
            out.append(rest & 0x7F | 0x80)
            rest >>= 7
        out.append(rest)
    return bytes(out)


def decode(data: bytes, offset: int, what: str) -> tuple[int, int]:
    """Read a number that starts at ``offset``.

    Returns
    -------
    value : int
        0..2^64-1.
    offset : int
        Where the next one starts.

    Raises
    ------
    WireError
        Where the message ends inside ``what``, or does not write the number in the shortest way.
    """
    value = 0
    for place in range(LONGEST):
        if offset + place >= len(data):
            raise WireError(f"message ends inside {what}; send it again")
        byte = data[offset + place]
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            if (place and not byte) or value >= 2**64:
                break
            return value, offset + place + 1
    raise WireError(f"message does not encode {what} in the one allowed way")
