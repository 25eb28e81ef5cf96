"""One line of the ledger: what one device took in one round."""

from __future__ import annotations

from dataclasses import dataclass

from hardware.energy.amount import NOTHING, Amount, total
from lava_fed.ledger.channel import Channel
from lava_fed.ledger.prices import Prices
from lava_fed.runs.record import RoundRecord


@dataclass(frozen=True)
class Spent:
    """Joules or seconds by cause.

    Attributes
    ----------
    compute, learning : Amount or None
        On the chip; ``None`` where no energy model fits.
    radio : Amount
        Of the device's messages, both ways.
    """

    compute: Amount | None
    learning: Amount | None
    radio: Amount

    @property
    def all(self) -> Amount:
        """All that is known."""
        return total([self.compute or NOTHING, self.learning or NOTHING, self.radio])


@dataclass(frozen=True)
class Entry:
    """What one device took in one round.

    Attributes
    ----------
    round : int
        From 1.
    device, fate : str
        Its name; what became of it.
    down, up : int
        Bytes of the messages to it and from it.
    samples, spikes, synaptic_operations, learning_updates : int
        What it reported; 0 where it did not answer, though it may have computed.
    joules, seconds : Spent
        By cause.
    """

    round: int
    device: str
    fate: str
    down: int
    up: int
    samples: int
    spikes: int
    synaptic_operations: int
    learning_updates: int
    joules: Spent
    seconds: Spent


def entries(record: RoundRecord, prices: Prices | None, channel: Channel) -> tuple[Entry, ...]:
    """Account for a round, device by device.

    Parameters
    ----------
    record : RoundRecord
        The round.
    prices : Prices or None
        Of the Program's events; ``None`` where no energy model fits.
    channel : Channel
        What messages travel by.
    """
    pooled = record.counters
    work, learn = (NOTHING, NOTHING) if prices is None else prices.time(pooled)
    rows = []
    for device in record.devices:
        counters = device.counters
        joules = Spent(None, None, channel.joules(device.up, device.down))
        seconds = Spent(None, None, channel.seconds(device.up, device.down))
        if prices is not None and (steps := prices.steps(counters)):
            joules = Spent(prices.compute(counters), prices.learning(counters), joules.radio)
            if work.value:
                learning = learn.times(prices.learning_steps(counters))
                seconds = Spent(work.times(steps), learning, seconds.radio)
        rows.append(
            Entry(
                round=record.round,
                device=device.device,
                fate=device.fate.value,
                down=device.down,
                up=device.up,
                samples=device.samples,
                spikes=sum(counters.spikes.values()),
                synaptic_operations=sum(counters.synaptic_operations.values()),
                learning_updates=sum(counters.learning_updates.values()),
                joules=joules,
                seconds=seconds,
            )
        )
    return tuple(rows)
