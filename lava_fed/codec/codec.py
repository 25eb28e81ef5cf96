"""The contract of a codec: what of a change travels, in which bytes.

A codec is registered under the entry point group ``lava_fed.codecs`` as a frozen dataclass whose fields are its
options, each with a default. Most only say what is left of a change; its bytes are those of ``stream.py``. A small
one sends nothing but signs, each worth half a chip unit::

    @dataclass(frozen=True)
    class Half(Codec):
        name: ClassVar[str] = "half"

        def reduce(self, change, rng):
            return {name: np.sign(array) << 15 for name, array in change.items()}

What a codec holds back is no loss where the device keeps it for its next round (``feedback.py``).
"""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from lava_fed.codec.stream import pack, unpack
from lava_fed.shared import Shared

Change = Mapping[str, NDArray[np.int32]]
"""The change of each shared connection, in master units."""


class Codec(ABC):
    """Turns changes into bytes, and those into what was sent."""

    name: ClassVar[str]
    """Identifier in configs."""
    exact: ClassVar[bool] = False
    """Whether nothing is ever held back."""

    @abstractmethod
    def reduce(self, change: Change, rng: np.random.Generator) -> dict[str, NDArray[np.int32]]:
        """Return what is sent of a change.

        Parameters
        ----------
        change : mapping of str to int32 array, shape (targets, sources)
            By connection, in master units.
        rng : numpy.random.Generator
            The only source of randomness.

        Returns
        -------
        dict of str to int32 array
            For the same connections.
        """

    def encode(self, change: Change, rng: np.random.Generator) -> bytes:
        """Return the bytes of what is sent of a change; arguments as of ``reduce``."""
        return pack(self.reduce(change, rng))

    def decode(self, data: bytes, shared: Shared) -> dict[str, NDArray[np.int32]]:
        """Return what was sent.

        Parameters
        ----------
        data : bytes
            As ``encode`` returned them.
        shared : Shared
            Names and shapes of the connections.

        Raises
        ------
        WireError
            Where the bytes are anything else.
        """
        return unpack(data, shared.shapes)

    def check(self, shared: Shared) -> None:
        """Check, before the first round, that the options suit the connections; any do, unless a codec says more.

        Raises
        ------
        ConfigError
            Naming the option and the connection.
        """
        del shared

    def facts(self) -> dict[str, Any]:
        """Return the options, as JSON values."""
        return {option: getattr(self, option) for option in inspect.signature(type(self)).parameters}
