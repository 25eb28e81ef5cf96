"""What the rounds so far tell of each device."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from lava_fed.runs.record import DeviceRecord, Fate, RoundRecord

Spent = Callable[[DeviceRecord], float]
"""Returns what a device spent on a round, in a unit of its own."""


def events(record: DeviceRecord) -> float:
    """Count all events on a chip: what stands for its energy where no model of that fits."""
    counters = record.counters
    every = (counters.spikes, counters.synaptic_operations, counters.neuron_updates, counters.learning_updates)
    return float(sum(count for counts in every for count in counts.values()))


@dataclass(eq=False)
class History:
    """One pass over the records, however many rounds there were.

    Attributes
    ----------
    last : dict of str to DeviceRecord
        Of each device that ever answered, its last sound answer.
    asked : set of str
        Devices that were asked at least once.
    spent : dict of str to float
        By device; a round without an answer counts as much as the mean of all answers.
    """

    last: dict[str, DeviceRecord] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    spent: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, records: Sequence[RoundRecord], spent: Spent = events) -> History:
        """Read the records of all rounds, in order."""
        found, silent, answers = cls(), dict[str, int](), 0
        for record in records:
            for device in record.devices:
                name = device.device
                found.asked.add(name)
                if device.fate is Fate.ANSWERED:
                    answers += 1
                    found.last[name] = device
                    found.spent[name] = found.spent.get(name, 0.0) + spent(device)
                else:
                    silent[name] = silent.get(name, 0) + 1
        mean = sum(found.spent.values()) / answers if answers else 1.0
        for name, count in silent.items():
            found.spent[name] = found.spent.get(name, 0.0) + count * mean
        return found
