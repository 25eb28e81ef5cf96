"""Everything that the page of a Program shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from compile.core_rows import CoreReport, CoreRow
from compile.report import LayerRow, LimitRow
from hardware.chip.board import Board
from hardware.chip.spec import ChipSpec
from hardware.energy.account import Account


@dataclass(frozen=True)
class LayerPart:
    """What one layer takes on the chip.

    Attributes
    ----------
    row : LayerRow
        The layer itself.
    cores : tuple of int
        Cores with neurons of it, ascending.
    bits : mapping of str to int
        Bits of its synapses by format.
    messages : float
        That its neurons make in a step.
    traffic : float
        Messages times hops of a step.
    joules : float or None
        Energy of a step; ``None`` where no model is known.
    """

    row: LayerRow
    cores: tuple[int, ...]
    bits: Mapping[str, int]
    messages: float
    traffic: float
    joules: float | None


@dataclass(frozen=True)
class Content:
    """A placed Program with its activity, traffic and energy.

    Attributes
    ----------
    name : str
        Of the file.
    chip : ChipSpec
        The kind of chip.
    board : Board
        The grid of chips; of one chip alone where the Program names no board.
    rates : str
        Where the rates come from, as a sentence without its full stop.
    report : CoreReport
        Cores in use, and the traffic beside that of other placements.
    layers : tuple of LayerPart
        In the order of the network.
    limits : tuple of LimitRow
        What was checked.
    account : Account or None
        Energy and time; ``None`` where no model is known for the chip.
    joules : mapping of int to float
        Energy of a step by core; empty without an account.
    inputs : str
        What the host sends.
    provenance : mapping of str to str
        Where the Program comes from, its digest included.
    """

    name: str
    chip: ChipSpec
    board: Board
    rates: str
    report: CoreReport
    layers: tuple[LayerPart, ...]
    limits: tuple[LimitRow, ...]
    account: Account | None
    joules: Mapping[int, float]
    inputs: str
    provenance: Mapping[str, str]

    @property
    def cores(self) -> tuple[CoreRow, ...]:
        """Cores in use, by number."""
        return self.report.rows

    @property
    def chips(self) -> tuple[int, ...]:
        """Chips in use, ascending."""
        return tuple(sorted({row.chip for row in self.cores}))

    @property
    def numbers(self) -> dict[str, int]:
        """The number that each layer carries in the picture, from 1."""
        return {layer.row.name: index for index, layer in enumerate(self.layers, 1)}

    @property
    def estimated(self) -> bool:
        """Whether energies are estimates."""
        return self.account is not None and self.account.model.estimated
