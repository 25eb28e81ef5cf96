"""The part of the page on what a run cost."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from hardware.energy.amount import Amount
from lava_fed.ledger.sheet import CAUSES
from lava_fed.report.content import Content
from lava_fed.report.figures import bars, stacked
from lava_fed.report.html import figure
from lava_fed.report.numbers import joules, short_count, si, size
from lava_fed.runs.record import Fate

MOST_DEVICES = 200
"""Devices drawn; the table below the figures holds all of them."""


def section(content: Content) -> str:
    """Write the section."""
    figures = "".join(
        (
            *_events(content),
            *_spent(content, "Energy", "joules", joules),
            *_spent(content, "Time", "seconds", _time),
            *_fates(content),
            *_by_device(content),
        )
    )
    return f'<section>\n<h2>What it cost</h2>\n<div class="grid">\n{figures}</div>\n</section>\n'


def _events(content: Content) -> Iterator[str]:
    numbers = [each.number for each in content.rounds]
    shown: list[tuple[str, Sequence[float], Callable[[float], str], str, str]] = [
        ("Bytes up", [r.bytes_up for r in content.rounds], size, "up",
         "sent by devices, and by edge aggregators: what was learned"),
        ("Bytes down", [r.bytes_down for r in content.rounds], size, "down",
         "sent to the devices: global weights"),
        ("Spikes", [r.spikes for r in content.rounds], short_count, "events",
         "sent on all devices, input included"),
        ("Synaptic operations", [r.synaptic_operations for r in content.rounds], short_count, "events",
         "synapses reached by spikes on all devices"),
        ("Learning updates", [r.learning_updates for r in content.rounds], short_count, "events",
         "rules evaluated on all devices, one a synapse and epoch; pulls by FedProx and EWC likewise"),
    ]  # fmt: skip
    for title, values, write, style, what in shown:
        text = f"{write(sum(values))} in all, {what}; {_range(min(values), max(values), write)} a round."
        yield figure(f"{title} per round", bars.draw(numbers, values, write, f"{title}: {text}", style), text)


def _spent(content: Content, title: str, unit: str, write: Callable[[float], str]) -> Iterator[str]:
    """Draw joules or seconds of all rounds by cause."""
    spent: list[Mapping[str, Amount]] = [getattr(each, unit) for each in content.rounds]
    amounts = [amount for each in spent for amount in each.values()]
    if not any(amount.value for amount in amounts):
        return
    parts = _parts(spent)
    by_cause = ", ".join(f"{part.name} {write(sum(part.values))}" for part in parts)
    low, high = sum(amount.low for amount in amounts), sum(amount.high for amount in amounts)
    how = _sources(content) if unit == "joules" else "as if one device worked after the other"
    text = (
        f"{write(sum(amount.value for amount in amounts))} in all, between {write(low)} and {write(high)}: "
        f"{by_cause}; {how}."
    )
    names = [f"round {each.number}" for each in content.rounds]
    yield figure(f"{title} per round", stacked.draw(names, parts, write, f"{title}: {text}"), text)


def _parts(spent: Sequence[Mapping[str, Amount]]) -> list[stacked.Part]:
    causes = [cause for cause in CAUSES if any(cause in each for each in spent)]
    return [
        stacked.Part(cause, [each[cause].value if cause in each else 0.0 for each in spent], cause)
        for cause in causes
    ]


def _sources(content: Content) -> str:
    chip = "no energy model fits the chip"
    if content.model:
        chip = f"the chip's part {'is estimated' if content.estimated else 'comes'} by the model {content.model}"
    return f"{chip}, that of the radio by {content.channel}"


def _time(value: float) -> str:
    return si(value, "s")


def _fates(content: Content) -> Iterator[str]:
    """Show what became of the devices, where anything but answers did."""
    found = {fate for each in content.rounds for fate in each.fates}
    if found <= {Fate.ANSWERED.value}:
        return
    order = [fate.value for fate in Fate if fate.value in found]
    parts = [
        stacked.Part(fate, [each.fates.get(fate, 0) for each in content.rounds], f"fate-{fate}") for fate in order
    ]
    text = ", ".join(f"{sum(part.values):,.0f} {part.name}" for part in parts)
    text = f"Devices that were asked or answered, over all rounds: {text}."
    names = [f"round {each.number}" for each in content.rounds]
    yield figure("Devices per round", stacked.draw(names, parts, short_count, text), text)


def _by_device(content: Content) -> Iterator[str]:
    devices = content.devices[:MOST_DEVICES]
    if len(devices) < 2:
        return
    names = [each.name for each in devices]
    limited = "" if len(devices) == len(content.devices) else f" The first {MOST_DEVICES} devices are drawn."
    parts = [
        stacked.Part("up", [each.bytes_up for each in devices], "up"),
        stacked.Part("down", [each.bytes_down for each in devices], "down"),
    ]
    every = [each.bytes_up + each.bytes_down for each in devices]
    text = f"{_range(min(every), max(every), size)} a device over all rounds.{limited}"
    drawn = stacked.draw(names, parts, size, f"Bytes of each device: {text}", "device", 0)
    yield figure("Bytes of each device", drawn, text)
    shown: list[tuple[str, list[Mapping[str, Amount]], Callable[[float], str]]] = [
        ("Energy", [each.joules for each in devices], joules),
        ("Time", [each.seconds for each in devices], _time),
    ]
    for title, spent, write in shown:
        sums = [sum(amount.value for amount in each.values()) for each in spent]
        if any(sums):
            text = f"{_range(min(sums), max(sums), write)} a device over all rounds.{limited}"
            drawn = stacked.draw(names, _parts(spent), write, f"{title} of each device: {text}", "device", 0)
            yield figure(f"{title} of each device", drawn, text)
    counted: list[tuple[str, list[int]]] = [
        ("Spikes", [each.spikes for each in devices]),
        ("Synaptic operations", [each.synaptic_operations for each in devices]),
        ("Learning updates", [each.learning_updates for each in devices]),
    ]
    for title, counts in counted:
        text = f"{_range(min(counts), max(counts), short_count)} a device over all rounds.{limited}"
        part = stacked.Part(title.lower(), counts, "events")
        drawn = stacked.draw(names, [part], short_count, f"{title} of each device: {text}", "device", 0)
        yield figure(f"{title} of each device", drawn, text)


def _range(low: float, high: float, write: Callable[[float], str]) -> str:
    return write(low) if write(low) == write(high) else f"{write(low)} to {write(high)}"
