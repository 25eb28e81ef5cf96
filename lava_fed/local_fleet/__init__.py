"""Devices of this machine behind the seam of a fleet, on a clock of their own."""

from __future__ import annotations

from lava_fed.local_fleet.fleet import LocalFleet

__all__ = ["LocalFleet"]
