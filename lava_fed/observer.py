"""Who watches a federation."""

from __future__ import annotations

from lava_fed.runs.record import RoundRecord


class Observer:
    """Told of progress, always from the thread that called ``federate``; this one ignores it all."""

    def stage(self, text: str) -> None:
        """Hear what begins now, for example ``"round 3 of 10"``."""

    def progress(self, fraction: float) -> None:
        """Hear how much of the whole work is done, 0..1, never falling."""

    def device_done(self, round_number: int, device: str) -> None:
        """Hear that a device's answer of a round has arrived, in order of arrival."""

    def round_done(self, record: RoundRecord) -> None:
        """Hear that a round is stored; after a resume, stored rounds are told again first."""
