"""A Program: an integer network, placed on a chip, as a frozen value with a digest."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware import container
from hardware.chip.board import Board
from hardware.chip.file import board_content, board_from, chip_content, chip_from
from hardware.chip.known import CHIPS
from hardware.chip.spec import ChipSpec
from hardware.errors import ChipError, ContainerError, LavaFedError
from hardware.json_values import integers
from hardware.network import Network
from hardware.network_file import pack_network, unpack_network

KIND = "program"
"""Kind of container that holds a Program."""


@dataclass(frozen=True)
class Use:
    """How much of a limited thing a Program takes.

    Attributes
    ----------
    what : str
        The resource, for example ``"neurons"``.
    where : str
        A layer, a core or the chip.
    used, limit : int
        In the resource's own unit; ``used <= limit`` in every Program.
    """

    what: str
    where: str
    used: int
    limit: int


@dataclass(frozen=True)
class Placement:
    """A run of one layer's neurons on one core.

    Attributes
    ----------
    layer : str
        The layer.
    core : int
        Core, counted from 0 through all chips of the board: core ``core % chip.cores`` of chip
        ``core // chip.cores``.
    first, last : int
        The neurons ``first..last - 1``.
    """

    layer: str
    core: int
    first: int
    last: int


@dataclass(frozen=True)
class Program:
    """What ``compile`` makes, backends run and federations train.

    Attributes
    ----------
    network : Network
        The integers.
    chip : ChipSpec
        The chip it was placed on.
    placement : tuple of Placement
        Which neurons sit on which core.
    board : Board or None
        The board that carries several such chips; ``None`` for one chip alone.
    utilization : tuple of Use
        What the design rules measured.
    provenance : dict of str to str
        Where it came from; not part of the digest.

    Raises
    ------
    ChipError
        Where the board carries other chips.
    """

    network: Network
    chip: ChipSpec
    placement: tuple[Placement, ...] = ()
    utilization: tuple[Use, ...] = ()
    provenance: dict[str, str] = field(default_factory=dict)
    board: Board | None = None

    def __post_init__(self) -> None:
        """Check that the board carries this chip."""
        if self.board is not None and self.board.chip_name != self.chip.name:
            raise ChipError(
                f"board {self.board.name!r} carries {self.board.chip_name}, and the Program is for "
                f"{self.chip.name}; take one of its own boards"
            )

    @cached_property
    def digest(self) -> str:
        """SHA-256 of network, chip, board and placement, 64 hexadecimal digits; the same for equal Programs."""
        header, arrays = _encode(self)
        for key in ("provenance", "utilization"):
            header.pop(key)
        return container.digest(header, arrays)

    def weights(self) -> dict[str, NDArray[np.int16]]:
        """Weights of every connection that learns, by the connection's name."""
        return {c.name: c.synapse.weights for c in self.network.plastic}

    def with_weights(self, weights: dict[str, NDArray[Any]]) -> Program:
        """Return this Program with other weights in the named connections.

        Raises
        ------
        NetworkError
            Where a name is unknown, a shape differs, or a value is outside the connection's range.
        """
        changed = {name: self.network.connection(name).with_weights(array) for name, array in weights.items()}
        connections = tuple(changed.get(c.name, c) for c in self.network.connections)
        return dataclasses.replace(self, network=dataclasses.replace(self.network, connections=connections))

    def save(self, path: Path | str) -> None:
        """Write the Program to ``path`` atomically; equal Programs give equal bytes."""
        container.write(Path(path), KIND, *_encode(self))

    @classmethod
    def load(cls, path: Path | str) -> Program:
        """Read a Program.

        Raises
        ------
        ContainerError
            Where the file is missing, damaged, of another version or not a Program.
        """
        path = Path(path)
        header, arrays = container.read(path, KIND)
        try:
            return _decode(header, arrays)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            raise ContainerError(
                f"{path} is not a valid Program: {type(error).__name__}: {error!s:.200}"
            ) from error
        except LavaFedError as error:
            raise ContainerError(f"{path} is not a valid Program: {error!s:.400}") from error


def _encode(program: Program) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Split a Program into a JSON header and named arrays."""
    header, arrays = pack_network(program.network)
    header |= {
        "chip": program.chip.name if CHIPS.get(program.chip.name) == program.chip else chip_content(program.chip),
        "placement": [dataclasses.asdict(p) for p in program.placement],
        "utilization": [dataclasses.asdict(u) for u in program.utilization],
        "provenance": dict(program.provenance),
    }
    if program.board is not None:
        header["board"] = {"name": program.board.name, **board_content(program.board)}
    return header, arrays


def _decode(header: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Program:
    """Join header and arrays; every value is checked by the constructors."""
    header = dict(header)
    said = header.pop("chip")
    if isinstance(said, str) and said not in CHIPS:
        raise LavaFedError(f"unknown chip {said!r}; known are {', '.join(CHIPS)}")
    chip = CHIPS[said] if isinstance(said, str) else chip_from(said, "its chip")
    board = dict(header.pop("board")) if "board" in header else None  # a single chip has none
    placement, utilization = header.pop("placement"), header.pop("utilization")
    provenance = header.pop("provenance")
    return Program(
        network=unpack_network(header, arrays),
        chip=chip,
        placement=tuple(Placement(**_texts(entry, "layer")) for entry in placement),
        utilization=tuple(Use(**_texts(entry, "what", "where")) for entry in utilization),
        provenance={str(key): str(value) for key, value in provenance.items()},
        board=None if board is None else board_from(board, str(board.pop("name")), chip.name, "its board"),
    )


def _texts(entry: dict[str, Any], *keys: str) -> dict[str, Any]:
    """Return ``entry`` if ``keys`` are texts, and all else of it integers."""
    for key in keys:
        if not isinstance(entry[key], str):
            raise LavaFedError(f"{key} must be a text, found {entry[key]!r}")
    integers({key: value for key, value in entry.items() if key not in keys})
    return entry
