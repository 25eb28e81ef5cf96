"""Messages between coordinator and device, as bytes.

Down goes a ``Task``, up comes an ``Update``. Both sides hold the Program, what of it is shared, and the codec of
updates; of these a message carries only a mark, eight bytes of their digest. Numbers are LEB128::

    task body:   mark 8 | turn | version | seed | halvings | acknowledged | base + 1, or 0 | weights
    update body: mark 8 | turn | version | samples | loss * 2^16 | name length | name | counts ... | change

Weights are those of the version ``base`` and what changed since, or whole; in chip units, by the codec ``exact``.
Counts are those of ``counts.py``. Each body travels in a frame (``frame.py``).
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.counters import Counters
from hardware.errors import LavaFedError
from lava_fed.codec import varint
from lava_fed.codec.codec import Codec
from lava_fed.codec.exact import Exact
from lava_fed.errors import WireError
from lava_fed.messages import counts, frame
from lava_fed.messages.delta import FRACTION_BITS, WeightDelta, change_between
from lava_fed.messages.task import Task
from lava_fed.shared import Shared

LOSS_LIMIT = 1 << 16
"""Losses are below this, in steps of 2^-16."""
MARK = 8
"""Bytes of the mark."""

Weights = Mapping[str, NDArray[np.int16]]
Versions = Callable[[int], Weights]
"""Returns the global weights of a version that this side holds."""


@dataclass(frozen=True, eq=False)
class Update:
    """What a device answers a task with.

    Attributes
    ----------
    delta : WeightDelta
        The change of the shared weights, as much of it as the codec lets through.
    counters : Counters
        Events on the chip.
    loss : float
        Mean over the samples as they were shown, 0..65535; 0 where it is unknown.
    """

    delta: WeightDelta
    counters: Counters
    loss: float = 0.0


@dataclass(frozen=True, eq=False)
class Wire:
    """What both sides agree on, and how they write it.

    Attributes
    ----------
    shared : Shared
        What the federation trains.
    codec : Codec
        How changes travel up.
    """

    shared: Shared
    codec: Codec

    @cached_property
    def mark(self) -> bytes:
        """Eight bytes that tell this agreement from others."""
        facts = [self.shared.program.digest, self.shared.names, self.codec.name, self.codec.facts()]
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).digest()[:MARK]

    def encode_task(self, task: Task, base: tuple[int, Weights] | None = None) -> bytes:
        """Return the message that asks a device for one round.

        Parameters
        ----------
        task : Task
            The work.
        base : (int, mapping), optional
            A version that the device holds, with its weights; only what changed since is sent then, where that
            is shorter.

        Raises
        ------
        LavaFedError
            Where the task does not belong to the Program.
        """
        self._check_program(task.program)
        self.shared.check(task.weights, "task")
        numbers = task.turn, task.version, task.seed, task.halvings, task.acknowledged
        head = self.mark + varint.encode(*numbers)
        body = head + varint.encode(0) + self._pack(_nothing(task.weights), task.weights)
        if base is not None:
            version, weights = base
            shorter = head + varint.encode(version + 1) + self._pack(weights, task.weights)
            body = min(body, shorter, key=len)
        return frame.wrap("task", body)

    def decode_task(self, data: bytes, versions: Versions) -> Task:
        """Read a task.

        Parameters
        ----------
        data : bytes
            The message.
        versions : callable
            Returns the weights of a version that this device holds.

        Raises
        ------
        WireError
            Where the bytes are anything but a sound task of this federation.
        """
        body, offset = self._body(data, "task")
        numbers = []
        for what in ("turn", "version", "seed", "halvings", "acknowledged turn", "base"):
            value, offset = varint.decode(body, offset, what)
            numbers.append(value)
        turn, version, seed, halvings, acknowledged, base = numbers
        change = self._exact.decode(body[offset:], self.shared)
        before = versions(base - 1) if base else _nothing(change)
        weights = {}
        for connection in self.shared.connections:
            total = before[connection.name] + (change[connection.name] >> FRACTION_BITS)
            if total.min() < connection.low or total.max() > connection.high:
                raise WireError(
                    f"task: connection {connection.name} would hold {total.min()}..{total.max()}, "
                    f"its weights lie in {connection.low}..{connection.high}"
                )
            weights[connection.name] = total.astype(np.int16)
        try:
            return Task(self.shared.program.digest, turn, version, seed, halvings, acknowledged, weights)
        except LavaFedError as error:
            raise WireError(str(error)) from error

    def encode_update(self, update: Update, change: bytes) -> bytes:
        """Return the message that carries a change and the counted events to the coordinator.

        Parameters
        ----------
        update : Update
            What is said of the change.
        change : bytes
            The change itself, as the codec wrote it.

        Raises
        ------
        LavaFedError
            Where the update does not belong to the Program, or a number is out of range.
        """
        delta = update.delta
        self._check_program(delta.program)
        if not 0 <= update.loss < LOSS_LIMIT:  # which also refuses what is no number
            raise LavaFedError(f"delta of {delta.device}: loss {update.loss} must lie in 0..{LOSS_LIMIT - 1}")
        name = delta.device.encode("ascii")
        loss = math.floor(update.loss * LOSS_LIMIT + 0.5)
        head = varint.encode(delta.turn, delta.version, delta.samples, min(loss, LOSS_LIMIT**2 - 1), len(name))
        counted = counts.encode(update.counters, self.shared.program, delta.device)
        return frame.wrap("update", self.mark + head + name + counted + change)

    def decode_update(self, data: bytes) -> Update:
        """Read an update.

        Raises
        ------
        WireError
            Where the bytes are anything but a sound update of this federation.
        """
        body, offset = self._body(data, "update")
        numbers = []
        for what in ("turn", "version", "samples", "loss", "device name"):
            value, offset = varint.decode(body, offset, what)
            numbers.append(value)
        turn, version, samples, loss, length = numbers
        if length > len(body) - offset:
            raise WireError("update ends inside its device name; send it again")
        name, offset = body[offset : offset + length], offset + length
        counters, offset = counts.decode(body, offset, self.shared.program)
        if loss >= LOSS_LIMIT**2:
            raise WireError(f"update has a loss of {loss / LOSS_LIMIT}, over the limit of {LOSS_LIMIT}")
        change = self.codec.decode(body[offset:], self.shared)
        try:
            delta = WeightDelta(self.shared.program.digest, name.decode("ascii"), turn, version, samples, change)
        except UnicodeDecodeError as error:
            raise WireError("update has a device name that is not ASCII") from error
        except LavaFedError as error:
            raise WireError(str(error)) from error
        return Update(delta, counters, loss / LOSS_LIMIT)

    @cached_property
    def _exact(self) -> Exact:
        return Exact()

    def _pack(self, before: Weights, after: Weights) -> bytes:
        return self._exact.encode(change_between(before, after), np.random.default_rng(0))

    def _check_program(self, digest: str) -> None:
        if digest != self.shared.program.digest:
            raise LavaFedError(
                f"message is for Program {digest[:12]}, this side holds {self.shared.program.digest[:12]}; "
                "give both the same Program"
            )

    def _body(self, data: bytes, kind: str) -> tuple[bytes, int]:
        body = frame.unwrap(data, kind)
        if body[:MARK] != self.mark:
            raise WireError(
                f"{kind} is of another federation: give both sides the same Program, shared connections and codec"
            )
        return body, MARK


def _nothing(weights: Mapping[str, NDArray[np.signedinteger[Any]]]) -> dict[str, NDArray[np.int16]]:
    return {name: np.zeros(array.shape, np.int16) for name, array in weights.items()}
