"""What a chip offers, each figure with its evidence."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from hardware.chip.board import Board
from hardware.chip.figure import Evidence, Figure
from hardware.chip.quantity import QUANTITIES
from hardware.errors import ChipError


@dataclass(frozen=True, kw_only=True)
class ChipSpec:
    """Limits and widths of a chip; ``QUANTITIES`` says what each one means.

    Plain numbers to compute with; ``figures`` has the same numbers with unit, evidence and source. What nobody has
    published is ``None``: it is not checked, and shown as not published.

    Attributes
    ----------
    name : str
        Identifier used on the command line and in Programs.
    title : str
        Name for people.
    cores, columns, rows, cores_per_tile : int
        Cores of a chip, and the mesh of tiles that they sit on (see ``tile``).
    neurons_per_core, synapse_bytes_per_core, axons_in_per_core, axons_out_per_core : int (axons: or None)
        What a core holds.
    weight_bits, weight_exponent_min, weight_exponent_max, delay_max, refractory_max, threshold_bits, bias_bits, \
bias_exponent_bits, decay_bits, state_bits, graded_bits : int
        Widths.
    compartment_configs_per_core, threshold_configs_per_core, synapse_configs_per_core, trace_configs_per_core, \
axon_slots_of_learning, learning_bytes_reserved_per_core : int or None
        Tables of a core that its neurons, synapses and learning rules share.
    programmable_neurons, graded_spikes, learning : bool
        What it can do at all.
    stated : mapping of str to Figure
        Where the figures come from, by attribute.
    boards : mapping of str to Board
        Boards that carry it, by name, the smallest first.
    """

    name: str
    title: str
    cores: int
    columns: int
    rows: int
    cores_per_tile: int
    neurons_per_core: int
    synapse_bytes_per_core: int
    axons_in_per_core: int | None
    axons_out_per_core: int | None
    weight_bits: int
    weight_exponent_min: int
    weight_exponent_max: int
    delay_max: int
    refractory_max: int
    threshold_bits: int
    bias_bits: int
    bias_exponent_bits: int
    decay_bits: int
    state_bits: int
    graded_bits: int
    compartment_configs_per_core: int | None
    threshold_configs_per_core: int | None
    synapse_configs_per_core: int | None
    trace_configs_per_core: int | None
    axon_slots_of_learning: int | None
    learning_bytes_reserved_per_core: int | None
    programmable_neurons: bool
    graded_spikes: bool
    learning: bool
    stated: Mapping[str, Figure] = field(default_factory=dict, repr=False, hash=False)
    boards: Mapping[str, Board] = field(default_factory=dict, repr=False, hash=False)

    @property
    def figures(self) -> dict[str, Figure]:
        """Every figure by name; one that was changed in Python counts as an estimate."""
        found = {}
        for name, quantity in QUANTITIES.items():
            value, said = getattr(self, name), self.stated.get(name)
            if said is None or said.value != value:
                evidence = Evidence.UNKNOWN if value is None else Evidence.ESTIMATE
                said = Figure(value, quantity.unit, evidence, "given by hand")
            found[name] = said
        return found

    def tile(self, core: int) -> tuple[int, int]:
        """Return column and row of the tile that a core of one chip sits on; tiles count row by row."""
        row, column = divmod(core // self.cores_per_tile, self.columns)
        return column, row

    def board(self, name: str) -> Board:
        """Return one of its boards, or a grid of chips written as ``"2x2"`` (columns x rows).

        Raises
        ------
        ChipError
            Where it has no such board.
        """
        if name in self.boards:
            return self.boards[name]
        grid = re.fullmatch(r"([0-9]{1,4})x([0-9]{1,4})", name)
        if grid is not None:
            return Board.grid(self, int(grid[1]), int(grid[2]))
        close = difflib.get_close_matches(name, self.boards, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"it has {', '.join(self.boards) or 'none'}"
        raise ChipError(
            f"{self.title} has no board {name[:60]!r}; {hint} (or give columns and rows of chips, as 2x2)"
        )
