"""Grey images as messages that a Program's input block makes of them, in every step the same."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.encoder import Encoder
from hardware.errors import LavaFedError
from hardware.spikes import SpikeTrain
from lava_fed.data.dataset import DataSet
from lava_fed.data.images import Images
from lava_fed.data.pixels import WHITE
from lava_fed.data.rated import Rated

STEPS = 11
"""Steps of a sample."""


@dataclass(frozen=True, eq=False)
class Held:
    """Images whose pixels are numbers 0..1, encoded for a network that takes graded input.

    Attributes
    ----------
    pixels : uint8 array, shape (samples, rows, columns)
        Grey values. Read-only.
    y : int32 array, shape (samples,)
        Labels ``0..classes - 1``. Read-only.
    classes : int
        Number of classes.
    title : str
        Name for people.
    encoder : Encoder
        Of the Program; it takes no mean over steps.
    steps : int
        Steps of a sample, in each of which every pixel sends its message. One unit more sees white in every image:
        it stands in for the biases of those who read it.

    Raises
    ------
    LavaFedError
        Where pixels and labels do not fit together, or the encoder wants to see several steps.
    """

    pixels: NDArray[np.uint8]
    y: NDArray[np.int32]
    classes: int
    title: str
    encoder: Encoder
    steps: int = STEPS

    def __post_init__(self) -> None:
        """Check shapes and types, and freeze the arrays."""
        if self.encoder.decimate != 1:
            raise LavaFedError(
                f"{self.title}: its Program takes means over {self.encoder.decimate} steps, and images "
                "are the same in every step; compile it with encoder.decimate = 1"
            )
        if self.steps < 1:
            raise LavaFedError(f"{self.title}: samples of {self.steps} steps show nothing; give at least 1")
        checked = Images(self.pixels, self.y, self.title, classes=self.classes)
        object.__setattr__(self, "pixels", checked.pixels)
        object.__setattr__(self, "y", checked.y)

    @classmethod
    def of(cls, images: Images, encoder: Encoder) -> Held:
        """Return images as a Program's input block sees them."""
        return cls(images.pixels, images.y, images.classes, images.title, encoder)

    @classmethod
    def grey(cls, images: Rated, encoder: Encoder) -> Held:
        """Return images of other grey values as a Program's input block sees them, for as many steps."""
        pixels = ((images.pixels.astype(np.int64) * WHITE + images.white // 2) // images.white).astype(np.uint8)
        return cls(pixels, images.y, images.classes, images.title, encoder, images.steps)

    @property
    def owners(self) -> None:
        """Nobody knows whose images they are."""
        return None

    @property
    def white(self) -> int:
        """The brightest grey value."""
        return WHITE

    @cached_property
    def digest(self) -> str:
        """SHA-256 of pixels, labels, encoder and steps, 64 hexadecimal digits; the title does not count."""
        sha = hashlib.sha256(f"held {self.pixels.shape} {self.classes} {self.encoder} {self.steps}".encode())
        sha.update(np.ascontiguousarray(self.pixels).tobytes())
        sha.update(np.ascontiguousarray(self.y, "<i4").tobytes())
        return sha.hexdigest()

    @cached_property
    def _messages(self) -> NDArray[np.int32]:
        """Message of each grey value, shape (256,)."""
        return self.encoder(np.arange(WHITE + 1) / np.float32(WHITE + 1))

    def __len__(self) -> int:
        """Count the images."""
        return len(self.pixels)

    def only(self, indices: NDArray[np.integer[Any]] | slice) -> Held:
        """Return the images at ``indices``, in that order."""
        return replace(self, pixels=self.pixels[indices], y=self.y[indices])

    def lasting(self, steps: int) -> Held:
        """Return the images with another number of steps."""
        return replace(self, steps=steps)

    def take(self, indices: NDArray[np.integer[Any]] | slice) -> DataSet:
        """Return the images at ``indices`` as messages, in that order."""
        pixels = self.pixels[indices]
        messages = np.empty((len(pixels), int(np.prod(pixels.shape[1:])) + 1), np.int32)
        messages[:, :-1] = self._messages[pixels.reshape(len(pixels), -1)]
        messages[:, -1] = self._messages[WHITE]
        return DataSet(SpikeTrain.held(messages, self.steps), self.y[indices], self.classes, self.title)
