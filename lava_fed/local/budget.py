"""What a round may take of a device's energy and time."""

from __future__ import annotations

from dataclasses import dataclass

from hardware.counters import Counters
from hardware.errors import LavaFedError
from hardware.program import Program
from lava_fed.ledger.prices import Prices

PIECE = 8
"""Samples after which a device with a budget looks at what it has spent."""


@dataclass(frozen=True)
class Meter:
    """Tells what a round has cost, and whether more fits its budget.

    Attributes
    ----------
    program : Program
        The device's.
    prices : Prices or None
        Of its events; ``None`` where no energy model fits.
    joules, seconds : float
        Budget of a round on the chip, 0 for none.
    """

    program: Program
    prices: Prices | None
    joules: float = 0.0
    seconds: float = 0.0

    @property
    def limited(self) -> bool:
        """Whether there is a budget."""
        return bool(self.joules or self.seconds)

    def check(self) -> None:
        """Check that what is limited can be told.

        Raises
        ------
        LavaFedError
            Where the Program is not placed, or the chip's model says nothing of time.
        """
        if self.limited and self.prices is None:
            raise LavaFedError(
                "work.joules and work.seconds need a Program that is placed on a chip with an energy model; "
                "compile it for loihi2, or take the budgets out of the config"
            )
        if self.seconds and self.prices is not None and not self.prices.model.seconds:
            raise LavaFedError(
                f"work.seconds: the energy model {self.prices.model.name} of this chip says nothing of time; "
                "compile the Program for loihi2, or limit work.joules"
            )

    def spent_joules(self, counters: Counters) -> float:
        """Return joules of all events; 0 where they are not known."""
        if self.prices is None:
            return 0.0
        return self.prices.compute(counters).value + self.prices.learning(counters).value

    def spent_seconds(self, counters: Counters, samples: int) -> float:
        """Return seconds on the chip; 0 where they are not known.

        All steps are taken to be average ones; a pull of a synapse takes as long as an evaluation of its rule.
        """
        if self.prices is None or not samples:
            return 0.0
        work, learning = self.prices.time(counters)
        return self.prices.steps(counters) * work.value + self.prices.learning_steps(counters) * learning.value

    def allows(self, counters: Counters, shown: int, more: int) -> bool:
        """Say whether ``more`` samples fit the budget, as costly as those before were on average.

        Parameters
        ----------
        counters : Counters
            Events of the round so far.
        shown : int
            Samples so far; before the first, nothing is known and some are allowed.
        more : int
            Samples that would come next.

        Raises
        ------
        LavaFedError
            Where the budget is spent by the first samples.
        """
        if not self.limited or not shown:
            return True
        for what, unit, budget, spent in (
            ("joules", "J", self.joules, self.spent_joules(counters) if self.joules else 0.0),
            ("seconds", "s", self.seconds, self.spent_seconds(counters, shown) if self.seconds else 0.0),
        ):
            if budget and spent > budget and shown <= PIECE:
                raise LavaFedError(
                    f"work.{what} {budget:g} {unit} is less than the {spent:.3g} {unit} that the first {shown} "
                    f"samples of a round take; raise it to {spent:.3g} at least"
                )
            if budget and spent * (shown + more) / shown > budget:
                return False
        return True
