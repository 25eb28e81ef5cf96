"""What the coordinator asks of a device in one round."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.errors import LavaFedError
from hardware.spikes import frozen

SEED_LIMIT = 1 << 31
"""Seeds lie in 0..2^31-1."""
TURN_LIMIT = 1 << 31
"""Turns lie in 1..2^31-1, versions in 0..2^31-1."""
HALVINGS_LIMIT = 8
"""Learning is halved 0..7 times."""
_DEVICE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")


@dataclass(frozen=True, eq=False)
class Task:
    """One round's work.

    Attributes
    ----------
    program : str
        Digest of the Program, 64 hexadecimal digits.
    turn : int
        Number of the task, from 1; in synchronous rounds that of the round.
    version : int
        Rounds that made the weights: 0 for those of the Program.
    seed : int
        Seed of the whole run, 0..2^31-1; a device derives its own from it.
    halvings : int
        How often learning is halved in this round, 0..7.
    acknowledged : int
        Turn of this device's last update that the coordinator took, 0 for none; what the device learned in later
        turns was lost on the way, so it goes back to its memory of that turn.
    weights : mapping of str to int16 array, shape (targets, sources)
        Global weights of every shared connection, chip units; read-only.
    """

    program: str
    turn: int
    version: int
    seed: int
    halvings: int
    acknowledged: int
    weights: Mapping[str, NDArray[np.int16]]

    def __post_init__(self) -> None:
        """Check ranges and freeze the weights."""
        for name, value, low, limit in (
            ("turn", self.turn, 1, TURN_LIMIT),
            ("version", self.version, 0, TURN_LIMIT),
            ("seed", self.seed, 0, SEED_LIMIT),
            ("halvings", self.halvings, 0, HALVINGS_LIMIT),
            ("acknowledged turn", self.acknowledged, 0, self.turn),
        ):
            if not low <= value < limit:
                raise LavaFedError(f"task: {name} {value} must lie in {low}..{limit - 1}")
        object.__setattr__(self, "weights", integer_weights(self.weights))

    def streams(self, device: str) -> tuple[np.random.Generator, int]:
        """Derive a device's randomness for this task.

        A ``numpy.random.SeedSequence`` of run seed, turn and the SHA-256 of the device's name; so nothing
        depends on which device is asked first, or on how many there are.

        Returns
        -------
        rng : numpy.random.Generator
            For whatever the trainer draws.
        seed : int
            Seeds ``Session.learn``, 0..2^31-1.
        """
        drawn, learn = np.random.SeedSequence([self.seed, self.turn, *_words(device)]).spawn(2)
        return np.random.default_rng(drawn), int(learn.generate_state(1)[0]) % SEED_LIMIT

    def dice(self, device: str) -> np.random.Generator:
        """Return what a device's codec draws from, apart from what learning draws from."""
        return np.random.default_rng([SEED_LIMIT + 1, self.seed, self.turn, *_words(device)])

    def shuffle(self, device: str, number: int) -> np.random.Generator:
        """Return what shuffles a device's data for its pass ``number``, counted over all turns from 0."""
        return np.random.default_rng([SEED_LIMIT, self.seed, number, *_words(device)])


def _words(device: str) -> list[int]:
    return [int(word) for word in np.frombuffer(hashlib.sha256(device.encode()).digest()[:16], "<u4")]


def integer_weights(weights: Mapping[str, NDArray[Any]]) -> Mapping[str, NDArray[np.int16]]:
    """Return a read-only mapping, sorted by name, of read-only int16 matrices.

    Raises
    ------
    LavaFedError
        Where an array is not a matrix of integers that fit 16 bits.
    """
    result: dict[str, NDArray[np.int16]] = {}
    for name in sorted(weights):
        array = np.asarray(weights[name])
        if array.dtype.kind not in "iu" or array.ndim != 2:
            raise LavaFedError(f"connection {name}: expected an integer matrix, found {array.dtype}{array.shape}")
        if array.size and (array.min() < -(2**15) or array.max() >= 2**15):
            raise LavaFedError(f"connection {name}: values {array.min()}..{array.max()} do not fit 16 bits")
        result[name] = np.asarray(frozen(array.astype(np.int16, copy=False)), dtype=np.int16)
    return MappingProxyType(result)


def check_device(name: str) -> str:
    """Return a device's name if it is a sound one.

    Raises
    ------
    LavaFedError
        Where it is empty, longer than 63 characters, or holds more than letters, digits, ``_``, ``.`` and ``-``.
    """
    if not _DEVICE.fullmatch(name):
        raise LavaFedError(
            f"device name {name[:80]!r} must have 1..63 letters, digits, '_', '.' or '-', "
            "and start with a letter or digit"
        )
    return name
