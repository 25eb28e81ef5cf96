"""The ledger of a whole run, as data."""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from hardware.energy.amount import Amount, total
from hardware.program import Program
from lava_fed.ledger.channel import Channel
from lava_fed.ledger.entry import Entry, Spent, entries
from lava_fed.ledger.prices import Prices
from lava_fed.runs.record import RoundRecord

COUNTS = ("down", "up", "samples", "spikes", "synaptic_operations", "learning_updates")
CAUSES = ("compute", "learning", "radio")


@dataclass(frozen=True)
class Sheet:
    """All entries of a run.

    Attributes
    ----------
    channel : Channel
        What messages travel by.
    model : str
        Energy model of the chip; empty where none fits.
    estimated : bool
        Whether it rests on estimates.
    rounds : tuple of tuple of Entry
        By round, by device.
    """

    channel: Channel
    model: str
    estimated: bool
    rounds: tuple[tuple[Entry, ...], ...]

    @classmethod
    def of(cls, records: Sequence[RoundRecord], program: Program, channel: Channel) -> Sheet:
        """Account for all rounds of a run."""
        prices = Prices.of(program)
        return cls(
            channel,
            "" if prices is None else prices.model.name,
            prices is not None and prices.model.estimated,
            tuple(entries(record, prices, channel) for record in records),
        )

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All entries, by round and device."""
        return tuple(entry for row in self.rounds for entry in row)

    def csv_text(self) -> str:
        """Return all entries as a table: one line a device and round, bounds beside every estimate.

        Joules and seconds that no model knows are empty.
        """
        out = io.StringIO()
        table = csv.writer(out, lineterminator="\n")
        spent = [
            f"{cause} {unit}{end}" for unit in ("J", "s") for cause in CAUSES for end in ("", " low", " high")
        ]
        table.writerow(["round", "device", "fate", *COUNTS, *spent])
        for entry in self.entries:
            counts = [getattr(entry, name) for name in COUNTS]
            table.writerow(
                [entry.round, entry.device, entry.fate, *counts, *_cells(entry.joules), *_cells(entry.seconds)]
            )
        return out.getvalue()

    def to_json(self) -> dict[str, Any]:
        """Return the totals of the run by cause and by round, as JSON values."""
        return {
            "channel": self.channel.name,
            "channel_source": self.channel.source,
            "model": self.model,
            "model_estimated": self.estimated,
            **totals(self.entries),
            "rounds": [totals(row) for row in self.rounds],
        }


def totals(rows: Iterable[Entry]) -> dict[str, Any]:
    """Add entries up: counts, joules by cause, and seconds by cause of all devices one after the other."""
    kept = list(rows)
    found: dict[str, Any] = {name: sum(getattr(entry, name) for entry in kept) for name in COUNTS}
    for unit in ("joules", "seconds"):
        found[unit] = {cause: _sum([getattr(getattr(entry, unit), cause) for entry in kept]) for cause in CAUSES}
    return found


def _sum(amounts: Sequence[Amount | None]) -> dict[str, float] | None:
    known = [amount for amount in amounts if amount is not None]
    return dataclasses.asdict(total(known)) if known else None


def _cells(spent: Spent) -> list[str]:
    cells: list[str] = []
    for cause in CAUSES:
        amount: Amount | None = getattr(spent, cause)
        cells += ["", "", ""] if amount is None else [repr(each) for each in dataclasses.astuple(amount)]
    return cells
