"""What every partition checks before it deals."""

from __future__ import annotations

from hardware.errors import LavaFedError


def check_enough(samples: int, devices: int, minimum: int) -> None:
    """Check that there are enough samples for so many devices.

    Parameters
    ----------
    samples : int
        To be dealt out.
    devices, minimum : int
        Number of devices; fewest samples of each.

    Raises
    ------
    LavaFedError
        Where devices or minimum are below 1, or there are too few samples.
    """
    if devices < 1 or minimum < 1:
        raise LavaFedError(f"partition: devices {devices} and minimum {minimum} must be at least 1")
    if devices * minimum > samples:
        raise LavaFedError(
            f"partition: {samples} samples are too few for {devices} devices with at least {minimum} each"
        )
