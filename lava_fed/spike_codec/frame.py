"""The frame of a train of spikes: whose form, how large, whether it came whole.

::

    magic "LSPK" | version u8 | form u8 | flags u8 | samples, steps, units: LEB128 | CRC-32 u32 | body

Flags: 1 where messages are graded, 2 where all steps are the same and one of them is in the body. The checksum is
of all other bytes. No frame of updates begins so, and none is read here.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

from lava_fed.codec import varint
from lava_fed.errors import WireError

MAGIC = b"LSPK"
VERSION = 1
GRADED, HELD = 1, 2
GRADED_BYTES = 4
_HEAD = struct.Struct("<4sBBB")
_CRC = struct.Struct("<I")


@dataclass(frozen=True)
class Header:
    """What is said of a train before its body.

    Attributes
    ----------
    form : int
        Number of the form of the body.
    samples, steps, units : int
        Shape of the train.
    graded : bool
        Whether a message is anything but 0 or 1.
    held : bool
        Whether all steps are the same, and the body has one.
    """

    form: int
    samples: int
    steps: int
    units: int
    graded: bool
    held: bool

    @property
    def rows(self) -> int:
        """Steps of all samples that are in the body."""
        return self.samples * (1 if self.held else self.steps)


def wrap(header: Header, body: bytes) -> bytes:
    """Return the message of a train."""
    flags = GRADED * header.graded + HELD * header.held
    head = _HEAD.pack(MAGIC, VERSION, header.form, flags)
    head += varint.encode(header.samples, header.steps, header.units)
    return head + _CRC.pack(zlib.crc32(body, zlib.crc32(head))) + body


def unwrap(data: bytes, limit: int) -> tuple[Header, bytes]:
    """Return header and body of a message.

    Parameters
    ----------
    data : bytes
        The message.
    limit : int
        Most bytes of a train in memory: one a value, four of graded ones.

    Raises
    ------
    WireError
        Where it is no train of this version, damaged, or of more values than a train may have.
    """
    if data[:4] != MAGIC or len(data) < _HEAD.size:
        raise WireError("message is no train of spikes")
    _, version, form, flags = _HEAD.unpack_from(data)
    if version != VERSION:
        raise WireError(f"train of spikes has version {version}, expected {VERSION}; update lava-fed on one side")
    if flags > GRADED + HELD:
        raise WireError(f"train of spikes has unknown flags {flags}")
    sizes, offset = [], _HEAD.size
    for what in ("samples", "steps", "units"):
        size, offset = varint.decode(data, offset, what)
        sizes.append(size)
    body = data[offset + _CRC.size :]
    if len(data) < offset + _CRC.size or _CRC.unpack_from(data, offset)[0] != zlib.crc32(
        body, zlib.crc32(data[:offset])
    ):
        raise WireError("train of spikes is damaged: its checksum does not match; send it again")
    samples, steps, units = sizes
    header = Header(form, samples, steps, units, bool(flags & GRADED), bool(flags & HELD))
    if header.held and header.steps < 2:
        raise WireError(f"train of spikes of {header.steps} steps cannot be held")
    values = max(header.samples, 1) * max(header.steps, 1) * max(header.units, 1)
    if values * (GRADED_BYTES if header.graded else 1) > limit:
        raise WireError(
            f"train of spikes claims {header.samples} x {header.steps} x {header.units} values, over the limit of "
            f"{limit:,} bytes; send fewer samples at once"
        )
    return header, body
