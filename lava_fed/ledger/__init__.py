"""The account of a run: what was sent, computed, learned, and what that took."""

from __future__ import annotations

from lava_fed.ledger.energy import COUNT_LIMIT, Energy, energy

__all__ = ["COUNT_LIMIT", "Energy", "energy"]
