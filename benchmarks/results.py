"""What a benchmark found, as the JSON that it is written to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypedDict, cast

from hardware.errors import LavaFedError

FORMAT = 1
"""Changed whenever a field changes its meaning."""


class Cell(TypedDict):
    """One contender at one batch size.

    ``rate`` is steps x samples per second, the median of all rounds; ``ratio`` ours over its, or for ours 1, in
    each round; ``memory`` the most bytes held so far.
    """

    batch: int
    threads: int
    rate: float
    ratios: list[float]
    memory: int


class Standing(TypedDict):
    """One contender on one network; ``reason`` says why where it has no cells."""

    name: str
    version: str
    same: str
    reason: str
    start_up: float
    cells: list[Cell]
    spikes: dict[str, int]
    equal: list[str]
    differ: list[str]


class Measured(TypedDict):
    """One network with all contenders, ours first.

    ``operations`` are synaptic operations per step and sample, ``spikes_of`` the samples in which spikes were
    counted.
    """

    name: str
    input: str
    steps: int
    synapses: int
    operations: float
    spikes_of: int
    standings: list[Standing]


class Bandwidth(TypedDict):
    """Bytes per second from a buffer of so many bytes for each thread."""

    level: str
    bytes: int
    threads: int
    read: float
    copy: float


class Adds(TypedDict):
    """Integer additions per second, with operands in registers or one of them in the first cache."""

    bits: int
    threads: int
    registers: float
    cache: float


class Ceiling(TypedDict):
    """What the machine can do at most."""

    hertz: float
    adds: list[Adds]
    bandwidth: list[Bandwidth]
    derivation: str


class Series(TypedDict):
    """Time or memory against one size; ``reason`` says why where there are no points."""

    name: str
    of: str
    unit: str
    note: str
    sizes: list[float]
    values: list[float]
    exponent: float
    reason: str


class Results(TypedDict, total=False):
    """Everything; parts that were not asked for are missing."""

    format: int
    machine: dict[str, str]
    settings: dict[str, str]
    networks: list[Measured]
    ceiling: Ceiling
    growth: list[Series]


def write(results: Results, file: Path) -> None:
    """Write results."""
    file.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


def read(file: Path) -> Results:
    """Read results.

    Raises
    ------
    LavaFedError
        Where the file is missing or is no result of this version.
    """
    try:
        stored: Any = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise LavaFedError(f"{file} cannot be read as results: {error}; make them with --json {file}") from error
    if not isinstance(stored, dict) or stored.get("format") != FORMAT:
        raise LavaFedError(f"{file} holds no results of format {FORMAT}; measure again with --json {file}")
    return cast(Results, stored)
