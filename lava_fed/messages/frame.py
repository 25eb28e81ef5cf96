"""The frame of a message: what it is, how long, and whether it came whole.

::

    magic "LFED" | version u8 | kind u8 | body length, LEB128 | CRC-32 u32 of all before it and of the body | body

The checksum finds damage; who sent a message is for the transport to prove.
"""

from __future__ import annotations

import struct
import zlib

from hardware.errors import LavaFedError
from lava_fed.codec import varint
from lava_fed.errors import WireError

MAGIC = b"LFED"
VERSION = 2
KINDS = {"task": 1, "update": 2, "edge": 3}
BODY_LIMIT = 1 << 28
"""Longest body, bytes."""

_HEAD = struct.Struct("<4sBB")
_CRC = struct.Struct("<I")


def wrap(kind: str, body: bytes) -> bytes:
    """Return the message of a kind that carries ``body``.

    Raises
    ------
    LavaFedError
        Where the body is too long.
    """
    if len(body) > BODY_LIMIT:
        raise LavaFedError(f"{kind} has {len(body)} bytes, over the limit of {BODY_LIMIT} for one message")
    head = _HEAD.pack(MAGIC, VERSION, KINDS[kind]) + varint.encode(len(body))
    return head + _CRC.pack(zlib.crc32(body, zlib.crc32(head))) + body


def unwrap(data: bytes, kind: str) -> bytes:
    """Return the body of a message that should be of ``kind``.

    Raises
    ------
    WireError
        Where it is of another kind or version, cut short or damaged.
    """
    if len(data) < _HEAD.size:
        raise WireError(f"message of {len(data)} bytes is too short to be a {kind}")
    magic, version, found = _HEAD.unpack_from(data)
    if magic != MAGIC:
        raise WireError(f"message is not one of ours; expected a {kind}")
    if version != VERSION:
        raise WireError(f"message has version {version}, expected {VERSION}; update lava-fed on one side")
    if found != KINDS[kind]:
        raise WireError(f"message is of kind {found}, expected {KINDS[kind]} ({kind})")
    length, offset = varint.decode(data, _HEAD.size, "its length")
    start = offset + _CRC.size
    if length > BODY_LIMIT or len(data) - start != length:
        raise WireError(f"{kind} claims {length} bytes but holds {max(0, len(data) - start)}; send it again")
    body = data[start:]
    if _CRC.unpack_from(data, offset)[0] != zlib.crc32(body, zlib.crc32(data[:offset])):
        raise WireError(f"{kind} is damaged: its checksum does not match; send it again")
    return body
