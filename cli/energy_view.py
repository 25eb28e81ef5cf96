"""An account of energy and time, as tables and as a document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lava_fed.report.numbers import si

if TYPE_CHECKING:
    from cli.output import Output
    from hardware.energy.account import Account
    from hardware.energy.amount import Amount

MOSTLY = 0.5
"""Share of estimates from which on all of it is called one."""
CORES = 10
"""Cores that the table shows; the document has them all."""


def show(name: str, account: Account, output: Output) -> None:
    """Print the account for people."""
    model, events, whole = account.model, account.events, account.joules
    ran = (
        f"{events.samples:,} samples, {events.steps:,} steps in all" if events.measured else "an assumed activity"
    )
    title = f"{name}: {ran}; model {model.name}{_sure(account)}"
    counted: dict[Any, int] = {}
    for entry in account.entries:
        counted[entry.cause] = counted.get(entry.cause, 0) + entry.events
    output.table(
        title,
        ("cause", "events", "energy", "from", "to", "share", "evidence"),
        [
            (
                cause.title,
                f"{counted[cause]:,}",
                *_amounts(amount),
                _share(amount, whole),
                model.joules[cause].evidence.value,
            )
            for cause, amount in account.by_cause().items()
        ],
        numeric="lrrrrrl",
    )
    guess = " (estimate)" if account.time_estimated else ""
    layers, works = account.seconds_by_layer(), account.seconds_by_core()
    output.table(
        "By layer",
        ("layer", "energy", "from", "to", "share", f"busiest core, a step{guess}"),
        [
            (layer or "chip", *_amounts(each), _share(each, whole), _work(layers.get(layer)))
            for layer, each in account.by_layer().items()
        ],
        numeric="lrrrrr",
    )
    cores = sorted(account.by_core().items(), key=lambda item: -item[1].value)
    output.table(
        f"By core{f', the first {CORES} of {len(cores)}' if len(cores) > CORES else ''}",
        ("core", "energy", "from", "to", "share", f"busy, a step{guess}"),
        [
            (
                "none" if core is None else str(core),
                *_amounts(each),
                _share(each, whole),
                _work(None if core is None else works.get(core)),
            )
            for core, each in cores[:CORES]
        ],
        numeric="rrrrrr",
    )
    output.fields(_totals(account))


def _totals(account: Account) -> dict[str, str]:
    events = account.events
    timed = ", estimate" if account.time_estimated else ""
    rows: dict[str, str] = {}
    if events.measured:
        rows["energy of a sample"] = _range(account.joules.over(events.samples), "J", _sure(account))
    rows["energy of a step"] = _range(account.joules.over(events.steps), "J", _sure(account))
    seconds, step = account.seconds, account.step
    if seconds is not None and step is not None:
        if events.measured:
            rows["time of a sample"] = _range(seconds.over(events.samples), "s", timed)
        rows["time of a step"] = _range(step.seconds, "s", timed)
        rows["of it"] = (
            f"{si(step.work.value, 's')} the busiest core ({step.busiest}), "
            f"{si(step.learning.value, 's')} learning, {si(step.way.value, 's')} the longest way, "
            f"{si(step.barrier.value, 's')} the barrier of {events.tiles} tile{'' if events.tiles == 1 else 's'}"
        )
    if step is not None and events.chips > 1:
        rows["not timed"] = "links between chips, and what their barrier takes beyond that of one chip"
    chips = "one chip" if events.chips == 1 else f"{events.chips} chips"
    if account.leakage is not None:
        rows["leakage meanwhile"] = (
            f"{_range(account.leakage.over(events.steps), 'J', timed)} in a step, {chips}, "
            "not in the figures above"
        )
    if account.uncounted:
        rows["not counted"] = ", ".join(f"{count:,} {cause.title}" for cause, count in account.uncounted.items())
    rows["constants"] = account.model.title
    return rows


def document(account: Account) -> dict[str, Any]:
    """Return the account as JSON values."""
    events, step = account.events, account.step
    return {
        "model": {
            "name": account.model.name,
            "title": account.model.title,
            "estimate": account.model.estimated,
            "constants": {
                name: {
                    "value": constant.value,
                    "unit": constant.unit,
                    "within": constant.within,
                    "evidence": constant.evidence.value,
                    "source": constant.source,
                }
                for name, constant in account.model.constants
            },
        },
        "estimated_share": account.estimated,
        "measured": events.measured,
        "samples": events.samples,
        "steps": events.steps,
        "joules": _json(account.joules),
        "joules_of_a_sample": _json(account.joules.over(events.samples)),
        "joules_by_cause": {cause.value: _json(each) for cause, each in account.by_cause().items()},
        "joules_by_layer": {layer or "chip": _json(each) for layer, each in account.by_layer().items()},
        "joules_by_core": {
            "none" if core is None else str(core): _json(each) for core, each in account.by_core().items()
        },
        "seconds_of_a_step": None if step is None else _json(step.seconds),
        "seconds_of_a_sample": None if account.seconds is None else _json(account.seconds.over(events.samples)),
        "work_seconds_of_a_step_by_layer": {
            layer: _json(each) for layer, each in account.seconds_by_layer().items()
        },
        "work_seconds_of_a_step_by_core": {
            str(core): _json(each) for core, each in account.seconds_by_core().items()
        },
        "busiest_core": None if step is None else step.busiest,
        "leaked_joules": None if account.leakage is None else _json(account.leakage),
        "not_counted": {cause.value: count for cause, count in account.uncounted.items()},
        "entries": [
            {
                "cause": entry.cause.value,
                "layer": entry.layer,
                "core": entry.core,
                "events": entry.events,
                "joules": _json(entry.joules),
            }
            for entry in account.entries
        ],
    }


def _json(amount: Amount) -> dict[str, float]:
    return {"value": amount.value, "low": amount.low, "high": amount.high}


def _amounts(amount: Amount) -> tuple[str, str, str]:
    return si(amount.value, "J"), si(amount.low, "J"), si(amount.high, "J")


def _work(amount: Amount | None) -> str:
    return "-" if amount is None else si(amount.value, "s")


def _range(amount: Amount, unit: str, said: str) -> str:
    return f"{si(amount.value, unit)} ({si(amount.low, unit)} to {si(amount.high, unit)}{said})"


def _sure(account: Account) -> str:
    """Say that energy is an estimate, or how much of it."""
    if account.estimated > MOSTLY:
        return ", estimate"
    return f", {100 * account.estimated:.1f} % of it estimated" if account.estimated else ""


def _share(amount: Amount, whole: Amount) -> str:
    return f"{100 * amount.value / whole.value:.1f} %" if whole.value else "-"
