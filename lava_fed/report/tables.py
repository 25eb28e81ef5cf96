"""The part of the page that holds everything in numbers."""

from __future__ import annotations

from collections.abc import Mapping

from hardware.energy.amount import Amount
from lava_fed.report.content import Content, Round
from lava_fed.report.html import table, text
from lava_fed.report.numbers import count, joules, percent, si


def sections(content: Content) -> str:
    """Write the tables, then where everything comes from."""
    network = table("Network", ("layer", "units", "neuron", "incoming weights"), content.network, text_columns=4)
    origin = "".join(f"<dt>{text(name)}</dt><dd>{text(value)}</dd>" for name, value in content.provenance.items())
    return (
        f"<section>\n<h2>Everything in numbers</h2>\n{_rounds(content)}{_devices(content)}{network}</section>\n"
        f'<section>\n<h2>Where this comes from</h2>\n<dl class="origin">{origin}</dl>\n</section>\n'
    )


def _rounds(content: Content) -> str:
    place = {each.number: index for index, (each, _) in enumerate(content.judged)}

    def row(each: Round) -> tuple[str, ...]:
        index, own = place.get(each.number), each.device_accuracy.values()
        others = [
            "" if index is None else percent(other.accuracy[index])
            for other in (content.alone, content.pooled)
            if other is not None
        ]
        fates = ", ".join(f"{number} {fate}" for fate, number in sorted(each.fates.items()))
        return (
            str(each.number),
            "" if each.accuracy is None else percent(each.accuracy),
            percent(min(own)) if own else "",
            percent(max(own)) if own else "",
            *others,
            *map(count, (each.bytes_up, each.bytes_down, each.spikes)),
            *map(count, (each.synaptic_operations, each.learning_updates)),
            _joules(each.joules),
            _seconds(each.seconds),
            "" if each.longest is None else si(each.longest.value, "s"),
            f"{sum(each.drift.values()) / len(each.drift):,.1f}" if each.drift else "",
            "" if each.agreement is None else f"{each.agreement:.3f}",
            fates,
        )

    names = [
        name for name, other in (("best alone", content.alone), ("one place", content.pooled)) if other is not None
    ]
    return table(
        "Rounds: accuracy on the test set, and what was sent and computed",
        ("round", "global", "devices, lowest", "devices, highest", *names, "bytes up",
         "bytes down", "spikes", "synaptic operations", "learning updates", "energy, radio included",
         "time of all, radio included", "time on chip, longest device", "drift, mean", "agreement", "devices"),
        [row(each) for each in content.rounds],
    )  # fmt: skip


def _devices(content: Content) -> str:
    kinds = max(len(row) for row in content.class_mix.values())
    last = content.judged[-1][0].device_accuracy
    spent = {each.name: each for each in content.devices}

    def row(name: str, mix: tuple[int, ...]) -> tuple[str, ...]:
        device = spent.get(name)
        took: tuple[str, ...] = ("",) * 8
        if device is not None:
            took = (
                f"{device.answered} of {device.asked}",
                count(device.bytes_up),
                count(device.bytes_down),
                *map(count, (device.spikes, device.synaptic_operations, device.learning_updates)),
                _joules(device.joules),
                _seconds(device.seconds),
            )
        own = content.personal.get(name)
        shares = () if own is None else (own.accuracy, own.own_mix, own.global_own_mix)
        judged = (percent(last[name]) if name in last else "", *map(percent, shares))
        return (name, count(sum(mix)), *map(count, mix), *judged, *took)

    layers = ("with its layers", "with its layers, own mix of classes", "global model, that mix")

    return table(
        "Devices: samples of each class, accuracy of the device's own weights in the last round, what it spent",
        ("device", "samples", *(f"class {index}" for index in range(kinds)), "accuracy",
         *(layers if content.personal else ()), "updates used",
         "bytes up", "bytes down", "spikes", "synaptic operations", "learning updates", "energy", "time"),
        [row(name, mix) for name, mix in content.class_mix.items()],
    )  # fmt: skip


def _seconds(amounts: Mapping[str, Amount]) -> str:
    return si(sum(amount.value for amount in amounts.values()), "s") if amounts else ""


def _joules(amounts: Mapping[str, Amount]) -> str:
    return joules(sum(amount.value for amount in amounts.values())) if amounts else ""
