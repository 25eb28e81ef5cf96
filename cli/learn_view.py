"""A training as a table with its costs, as a document."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cli.output import Output
    from hardware.counters import Counters
    from hardware.energy.account import Account
    from lava_fed.learning.point import Point
    from lava_fed.learning.training import Training


def show(title: str, training: Training, output: Output) -> None:
    """Print the learning curve with its events, then what they cost."""
    output.table(
        title,
        (
            "samples",
            "test",
            "while learning",
            "weights changed",
            "spikes",
            "synaptic operations",
            "learning updates",
        ),
        [_row(point) for point in training.points],
        numeric="rrrrrrr",
    )
    first, last = training.points[0], training.points[-1]
    if first.accuracy is not None and last.accuracy is not None and training.test is not None:
        from lava_fed.report.numbers import percent

        output.line(
            f"Test: {percent(first.accuracy)} before, {percent(last.accuracy)} after, of "
            f"{len(training.test):,} samples."
        )
    found = account(training)
    if found is None:
        output.line("Energy is not told: the Program's chip has no energy model, or its layers are on no cores.")
        return
    from hardware.energy.cause import Cause
    from lava_fed.report.numbers import si

    def told(amount: Any, unit: str, sure: str) -> str:
        return f"{si(amount.value, unit)} ({si(amount.low, unit)} to {si(amount.high, unit)}{sure})"

    sure = f", {100 * found.estimated:.0f} % of it estimated" if found.estimated else ""
    rows = {"energy of learning": told(found.joules, "J", sure)}
    rows["of a sample"] = told(found.joules.over(found.events.samples), "J", "")
    updates = found.by_cause().get(Cause.LEARNING)
    if updates is not None:
        rows["of it the rules"] = told(updates.over(found.events.samples), "J", "")
    if found.seconds is not None:
        guess = ", estimate" if found.time_estimated else ""
        rows["time of a sample"] = told(found.seconds.over(found.events.samples), "s", guess)
    rows["constants"] = found.model.title
    output.fields(rows)


def document(training: Training) -> dict[str, Any]:
    """Return curve, events and costs as JSON values."""
    found = account(training)
    last = training.points[-1]
    return {
        **training.facts,
        "samples": training.size,
        "test_samples": None if training.test is None else len(training.test),
        "learned": training.learned,
        "accuracy": last.accuracy,
        "points": [{**point.to_json(), "running": point.running} for point in training.points],
        "energy": None if found is None else _costs(found),
    }


def events(training: Training) -> Counters:
    """Add up the events of all stretches of the curve."""
    from hardware.counters import Counters

    return functools.reduce(Counters.__add__, (point.counters for point in training.points), Counters())


def account(training: Training) -> Account | None:
    """Account for the energy and time of what was learned; ``None`` where no model is known for the chip."""
    from hardware.activity import spread
    from hardware.energy.account import account as account_for
    from hardware.energy.known import NAMES, find_model

    program = training.session.program
    if program.chip.name not in NAMES or not program.placement:
        return None
    steps = training.learned * training.steps
    activity = spread(program.network, events(training).spikes, training.learned, steps)
    frozen = training.plan.frozen
    return account_for(program, activity, find_model(program.chip.name), learning=True, frozen=frozen)


def _row(point: Point) -> tuple[str, ...]:
    from lava_fed.report.numbers import percent

    counters = point.counters
    return (
        f"{point.learned:,}",
        "-" if point.accuracy is None else percent(point.accuracy),
        "-" if point.running is None else percent(point.running),
        f"{point.changed:,}",
        f"{sum(counters.spikes.values()):,}",
        f"{sum(counters.synaptic_operations.values()):,}",
        f"{sum(counters.learning_updates.values()):,}",
    )


def _costs(found: Account) -> dict[str, Any]:
    def amount(each: Any) -> dict[str, float]:
        return {"value": each.value, "low": each.low, "high": each.high}

    seconds = found.seconds
    return {
        "model": found.model.name,
        "estimated_share": found.estimated,
        "joules": amount(found.joules),
        "joules_of_a_sample": amount(found.joules.over(found.events.samples)),
        "joules_by_cause": {cause.value: amount(each) for cause, each in found.by_cause().items()},
        "seconds_of_a_sample": None if seconds is None else amount(seconds.over(found.events.samples)),
    }
