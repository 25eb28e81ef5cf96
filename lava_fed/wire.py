"""Messages between coordinator and device, as bytes.

Down goes a ``Task``, up comes a ``WeightDelta`` with the events that were counted. Both sides hold the Program, so
a message carries its digest instead of names and shapes. Little endian::

    magic "LFED" | version u8 | kind u8 | body length u32 | CRC-32 u32 of all before it and of the body | body
    task body:   digest 32 | round u32 | seed u32 | passes u16 | one block per connection
    update body: digest 32 | round u32 | samples u32 | name length u8 | name | counts u64 ... | blocks

Blocks (see ``bits.py``) are sorted by the connection's name; counts follow the order of ``_count_keys``. The
checksum finds damage; who sent a message is for the transport to prove.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from hardware.counters import Counters
from hardware.errors import LavaFedError
from hardware.network import INPUT, Connection
from hardware.program import Program
from lava_fed import bits
from lava_fed.delta import WeightDelta
from lava_fed.errors import WireError
from lava_fed.task import Task, check_shapes

MAGIC = b"LFED"
VERSION = 1
KINDS = {"task": 1, "update": 2}
BODY_LIMIT = 1 << 28
"""Longest body, bytes."""

_FRAME = struct.Struct("<4sBBI")
_CRC = struct.Struct("<I")
_TASK = struct.Struct("<32sIIH")
_UPDATE = struct.Struct("<32sIIB")
_COUNT = struct.Struct("<Q")


def encode_task(task: Task, program: Program) -> bytes:
    """Return the message that asks a device for one round.

    Raises
    ------
    LavaFedError
        Where the task does not belong to the Program.
    """
    _same_program(task.program, program, LavaFedError)
    check_shapes(program, task.weights, "task")
    head = _TASK.pack(bytes.fromhex(task.program), task.round, task.seed, task.passes)
    return _frame("task", head + _blocks(task.weights))


def decode_task(data: bytes, program: Program) -> Task:
    """Read a task for ``program``.

    Raises
    ------
    WireError
        Where the bytes are anything but a sound task for this Program.
    """
    body = _unframe(data, "task")
    if len(body) < _TASK.size:
        raise WireError("task ends before its weights; send it again")
    digest, round_, seed, passes = _TASK.unpack_from(body)
    _same_program(digest.hex(), program, WireError)
    ranges = {c.name: c.learned_range for c in program.network.plastic}
    weights = _read_blocks(body, _TASK.size, program, ranges)
    try:
        return Task(digest.hex(), round_, seed, passes, weights)
    except LavaFedError as error:
        raise WireError(str(error)) from error


def encode_update(delta: WeightDelta, counters: Counters, program: Program) -> bytes:
    """Return the message that carries a delta and the counted events to the coordinator.

    Raises
    ------
    LavaFedError
        Where delta or counters do not belong to the Program.
    """
    _same_program(delta.program, program, LavaFedError)
    check_shapes(program, delta.weights, f"delta of {delta.device}")
    name = delta.device.encode("ascii")
    parts = [_UPDATE.pack(bytes.fromhex(delta.program), delta.round, delta.samples, len(name)), name]
    for event, keys in _count_keys(program).items():
        counts: Mapping[str, int] = getattr(counters, event)
        if set(counts) != set(keys) or any(not 0 <= value < 2**64 for value in counts.values()):
            raise LavaFedError(
                f"delta of {delta.device}: {event} were counted for {', '.join(sorted(counts)) or 'nothing'}, "
                f"expected numbers below 2^64 for {', '.join(keys)}"
            )
        parts += [_COUNT.pack(counts[key]) for key in keys]
    return _frame("update", b"".join(parts) + _blocks(delta.weights))


def decode_update(data: bytes, program: Program) -> tuple[WeightDelta, Counters]:
    """Read a delta against ``program`` and the events that the device counted.

    Raises
    ------
    WireError
        Where the bytes are anything but a sound update for this Program.
    """
    body = _unframe(data, "update")
    if len(body) < _UPDATE.size:
        raise WireError("update ends before its device name; send it again")
    digest, round_, samples, length = _UPDATE.unpack_from(body)
    _same_program(digest.hex(), program, WireError)
    keys = _count_keys(program)
    start = _UPDATE.size + length
    offset = start + _COUNT.size * sum(map(len, keys.values()))
    if len(body) < offset:
        raise WireError("update ends before its weights; send it again")
    values = (value for (value,) in _COUNT.iter_unpack(body[start:offset]))
    counts = {event: {name: next(values) for name in names} for event, names in keys.items()}
    ranges = {}
    for connection in program.network.plastic:
        low, high = connection.learned_range
        ranges[connection.name] = (low - high, high - low)
    weights = _read_blocks(body, offset, program, ranges)
    try:
        device = body[_UPDATE.size : start].decode("ascii")
        return WeightDelta(digest.hex(), device, round_, samples, weights), Counters(**counts)
    except UnicodeDecodeError as error:
        raise WireError("update has a device name that is not ASCII") from error
    except LavaFedError as error:
        raise WireError(str(error)) from error


def _count_keys(program: Program) -> dict[str, list[str]]:
    """Names counted for each event, in the Program's own order; as ``hardware.backend.count``."""
    network = program.network
    layers = [layer.name for layer in network.layers]
    return {
        "spikes": [INPUT, *layers],
        "synaptic_operations": [connection.name for connection in network.connections],
        "neuron_updates": layers,
        "learning_updates": [connection.name for connection in network.plastic],
    }


def _blocks(weights: Mapping[str, NDArray[np.int16]]) -> bytes:
    return b"".join(bits.pack(weights[name]) for name in sorted(weights))


def _read_blocks(
    body: bytes, offset: int, program: Program, ranges: Mapping[str, tuple[int, int]]
) -> dict[str, NDArray[np.int16]]:
    weights = {}
    plastic: list[Connection] = sorted(program.network.plastic, key=lambda connection: connection.name)
    for connection in plastic:
        name, (low, high) = connection.name, ranges[connection.name]
        array, offset = bits.unpack(body, offset, connection.synapse.weights.shape, f"connection {name}")
        if array.min() < low or array.max() > high:
            raise WireError(f"connection {name}: values {array.min()}..{array.max()} must lie in {low}..{high}")
        weights[name] = array
    if offset != len(body):
        raise WireError(f"message has {len(body) - offset} stray bytes at its end")
    return weights


def _frame(kind: str, body: bytes) -> bytes:
    if len(body) > BODY_LIMIT:
        raise LavaFedError(f"{kind} has {len(body)} bytes, over the limit of {BODY_LIMIT} for one message")
    head = _FRAME.pack(MAGIC, VERSION, KINDS[kind], len(body))
    return head + _CRC.pack(zlib.crc32(body, zlib.crc32(head))) + body


def _unframe(data: bytes, kind: str) -> bytes:
    size = _FRAME.size + _CRC.size
    if len(data) < size:
        raise WireError(f"message of {len(data)} bytes is too short to be a {kind}")
    magic, version, found, length = _FRAME.unpack_from(data)
    if magic != MAGIC:
        raise WireError(f"message is not one of ours; expected a {kind}")
    if version != VERSION:
        raise WireError(f"message has version {version}, expected {VERSION}; update lava-fed on one side")
    if found != KINDS[kind]:
        raise WireError(f"message is of kind {found}, expected {KINDS[kind]} ({kind})")
    if length > BODY_LIMIT or len(data) - size != length:
        raise WireError(f"{kind} claims {length} bytes but holds {len(data) - size}; send it again")
    body = data[size:]
    if _CRC.unpack_from(data, _FRAME.size)[0] != zlib.crc32(body, zlib.crc32(data[: _FRAME.size])):
        raise WireError(f"{kind} is damaged: its checksum does not match; send it again")
    return body


def _same_program(digest: str, program: Program, error: type[LavaFedError]) -> None:
    expected = program.digest
    if digest != expected:
        raise error(
            f"message is for Program {digest[:12]}, this side holds {expected[:12]}; give both the same Program"
        )
