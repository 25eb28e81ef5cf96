"""Devices of this machine behind the seam of a fleet, on a clock of their own."""

from __future__ import annotations

from lava_fed.local_fleet.fleet import Answering, LocalFleet

__all__ = ["Answering", "LocalFleet"]
