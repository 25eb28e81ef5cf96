"""What is known about a round after it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from hardware.counters import Counters
from lava_fed.runs.fields import check_fields, cosine_of, count_of, counts_of, share_of


class Fate(str, Enum):
    """What became of a device that was asked."""

    ANSWERED = "answered"
    SILENT = "silent"
    """Nothing came before the deadline: lost, late, or the device is gone."""
    FAILED = "failed"
    """The device said that it could not."""
    REFUSED = "refused"
    """What it sent was unsound."""
    STALE = "stale"
    """Its update was too old to be used."""


@dataclass(frozen=True)
class DeviceRecord:
    """One device in one round.

    Attributes
    ----------
    device : str
        Its name.
    fate : Fate
        What became of it.
    why : str
        Why it failed or was refused; empty otherwise.
    down, up : int
        Bytes to the device and from it, frames and duplicates included; in the messages that were really sent.
    samples : int
        Samples that it learned from; 0 unless it answered, as all that follows.
    loss : float
        As it said.
    age : int
        Versions that the global model was ahead of it.
    counters : Counters
        Events on its chip.
    drift : float
        How far its weights moved away from the global ones, as they arrived: Euclidean norm, chip units.
    """

    device: str
    fate: Fate
    why: str = ""
    down: int = 0
    up: int = 0
    samples: int = 0
    loss: float = 0.0
    age: int = 0
    counters: Counters = field(default_factory=Counters)
    drift: float = 0.0

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> DeviceRecord:
        """Rebuild a record from JSON values.

        Raises
        ------
        KeyError, TypeError, ValueError
            Where the value is not such a record.
        """
        check_fields(cls, value)
        if not isinstance(value["loss"], float) or not 0 <= value["loss"] < 2**31:
            raise ValueError(f"{value['loss']!r:.40} is not a loss")
        if not isinstance(value["drift"], float) or not 0 <= value["drift"] < float("inf"):
            raise ValueError(f"{value['drift']!r:.40} is not a distance")
        return cls(
            device=str(value["device"]),
            fate=Fate(value["fate"]),
            why=str(value["why"]),
            **{name: count_of(value[name]) for name in ("down", "up", "samples", "age")},
            loss=value["loss"],
            counters=Counters(**{event: counts_of(counts) for event, counts in value["counters"].items()}),
            drift=value["drift"],
        )


@dataclass(frozen=True)
class RoundRecord:
    """One federated round: from one version of the global weights to the next.

    Attributes
    ----------
    round : int
        From 1.
    accuracy : float or None
        Of the global weights after the round, as devices hold them, on the test set, 0..1; ``None`` where the
        round was not judged.
    device_accuracy : mapping of str to float
        On the test set, of the global weights before the round with what each device changed; empty where devices
        are not judged.
    task_accuracy : tuple of float
        Of the global weights after the round on the test samples of each task; empty where there is one task only,
        or the round was not judged.
    devices : tuple of DeviceRecord
        All that were asked or answered, in the order of their names.
    forwarded : mapping of str to int
        Bytes that each edge aggregator sent on; empty without edges.
    clock : float
        Time of the fleet at the end of the round, s.
    clipped : int
        Master weights that stopped at the edge of their range in this round.
    weights_digest : str
        SHA-256 of the global weights after the round.
    agreement : float or None
        Mean cosine between the changes of any two devices, -1..1; ``None`` where there was one.
    """

    round: int
    accuracy: float | None
    device_accuracy: Mapping[str, float]
    task_accuracy: tuple[float, ...]
    devices: tuple[DeviceRecord, ...]
    forwarded: Mapping[str, int]
    clock: float
    clipped: int
    weights_digest: str
    agreement: float | None = None

    @property
    def answered(self) -> tuple[DeviceRecord, ...]:
        """Devices whose updates were used."""
        return tuple(device for device in self.devices if device.fate is Fate.ANSWERED)

    @property
    def samples(self) -> dict[str, int]:
        """Samples that each device learned from whose update was used."""
        return {device.device: device.samples for device in self.answered}

    @property
    def counters(self) -> Counters:
        """Events of all these devices while they learned."""
        return sum((device.counters for device in self.answered), Counters())

    @property
    def bytes_up(self) -> int:
        """Bytes from all devices, over all hops."""
        return sum(device.up for device in self.devices) + sum(self.forwarded.values())

    @property
    def bytes_down(self) -> int:
        """Bytes to all devices."""
        return sum(device.down for device in self.devices)

    def to_json(self) -> dict[str, Any]:
        """Return the record as JSON values."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> RoundRecord:
        """Rebuild a record; the reverse of ``to_json``.

        Raises
        ------
        KeyError, TypeError, ValueError
            Where the value is not such a record.
        """
        check_fields(cls, value)
        if not isinstance(value["clock"], float) or not 0 <= value["clock"] < float("inf"):
            raise ValueError(f"{value['clock']!r:.40} is not a time")
        return cls(
            round=count_of(value["round"]),
            accuracy=None if value["accuracy"] is None else share_of(value["accuracy"]),
            device_accuracy={name: share_of(share) for name, share in value["device_accuracy"].items()},
            task_accuracy=tuple(map(share_of, value["task_accuracy"])),
            devices=tuple(map(DeviceRecord.from_json, value["devices"])),
            forwarded=counts_of(value["forwarded"]),
            clock=value["clock"],
            clipped=count_of(value["clipped"]),
            weights_digest=str(value["weights_digest"]),
            agreement=None if value["agreement"] is None else cosine_of(value["agreement"]),
        )
