"""Results as rows of text, for the terminal and the page alike."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from benchmarks.ceiling import doubt, peak, per_cycle, share
from benchmarks.growth import HIGH, LOW
from benchmarks.results import Ceiling, Cell, Measured, Results, Series, Standing


@dataclass(frozen=True)
class Table:
    """A table of text.

    Attributes
    ----------
    title : str
        What it shows.
    header : tuple of str
        Names of columns.
    rows : tuple of tuple of str
        As wide as the header.
    notes : tuple of str
        What belongs below.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()


def tables(results: Results) -> list[Table]:
    """Return all tables of what was measured."""
    made = []
    ceiling = results.get("ceiling")
    for measured in results.get("networks", []):
        made += [_speed(measured, ceiling), _agreement(measured)]
    if ceiling is not None:
        made += [_ceiling(ceiling, results.get("networks", [])), _memory(ceiling)]
    if results.get("growth"):
        made.append(_growth(results["growth"]))
    return made


def ratio(cell: Cell) -> str:
    """Return how many times faster ours is: the median of all rounds, with the least and the greatest."""
    ratios = cell["ratios"]
    middle = _short(statistics.median(ratios))
    return f"{middle} x" if len(ratios) == 1 else f"{middle} x ({_short(min(ratios))}..{_short(max(ratios))})"


def _speed(measured: Measured, ceiling: Ceiling | None) -> Table:
    own = measured["standings"][0]
    batches = [cell["batch"] for cell in own["cells"]]
    header = ["", "start-up", "memory"]
    for batch in batches:
        header += [f"batch {batch}", "ours is"]
    rows = [_row(standing, batches, mine=standing is own) for standing in measured["standings"]]
    best = max(cell["rate"] for cell in own["cells"])
    notes = [
        f"Input: {measured['input']}. {measured['synapses']:,} synapses, {measured['steps']} steps a sample.",
        f"Ours: {measured['operations']:,.0f} synaptic operations per step and sample, "
        f"{measured['operations'] * best / 1e9:,.2f} billion per second at best"
        + (f", {share(measured, ceiling):.1%} of the ceiling." if ceiling else "."),
    ]
    notes += _doubts(ceiling) if ceiling else []
    notes += [f"{s['name']}: {s['same']}." for s in measured["standings"][1:] if s["cells"]]
    notes += [f"{s['name']}: {s['reason']}." for s in measured["standings"] if s["reason"]]
    title = f"{measured['name']}: steps x samples per second"
    return Table(title, tuple(header), tuple(rows), tuple(notes))


def _row(standing: Standing, batches: list[int], *, mine: bool) -> tuple[str, ...]:
    cells = {cell["batch"]: cell for cell in standing["cells"]}
    if not cells:
        return (_named(standing), "not measured", *[""] * (1 + 2 * len(batches)))
    memory = max(cell["memory"] for cell in cells.values())
    held = f"{memory / 1e6:,.0f} MB" if memory else "-"
    row = [_named(standing), f"{standing['start_up']:.1f} s", held]
    for batch in batches:
        cell = cells.get(batch)
        row += ["", ""] if cell is None else [f"{cell['rate']:,.0f}", "" if mine else ratio(cell)]
    return tuple(row)


def _named(standing: Standing) -> str:
    return f"{standing['name']} {standing['version']}".strip()


def _agreement(measured: Measured) -> Table:
    names = list(measured["standings"][0]["spikes"])
    rows = []
    for index, standing in enumerate(measured["standings"]):
        if not standing["spikes"]:
            continue
        counts = [f"{standing['spikes'][name]:,}" if name in standing["spikes"] else "-" for name in names]
        rows.append((standing["name"], *counts, "the reference" if index == 0 else verdict(standing)))
    title = f"{measured['name']}: messages of {measured['spikes_of']} samples, by layer"
    return Table(title, ("", *names, "every message"), tuple(rows))


def verdict(standing: Standing) -> str:
    """Say whether all messages of all layers equal ours."""
    if standing["differ"]:
        return f"differ in {', '.join(standing['differ'])}"
    return "equal" if standing["equal"] else "not compared"


def _ceiling(ceiling: Ceiling, networks: list[Measured]) -> Table:
    rows = [
        (
            f"additions of {adds['bits']} bits, {_threads(adds['threads'])}",
            f"{adds['registers'] / 1e9:,.0f} billion/s",
            f"{adds['cache'] / 1e9:,.0f} billion/s",
        )
        for adds in ceiling["adds"]
    ]
    rows += [(f"{m['name']}: share of the ceiling", f"{share(m, ceiling):.1%}", "") for m in networks]
    notes = (
        ceiling["derivation"],
        f"The ceiling is {peak(ceiling) / 1e9:,.0f} billion additions of 16 bits per second. At "
        f"{ceiling['hertz'] / 1e9:.2f} GHz one core adds {per_cycle(ceiling):.0f} of them in a cycle.",
        *_doubts(ceiling),
    )
    return Table("The ceiling", ("", "in registers", "from the first cache"), tuple(rows), notes)


def _doubts(ceiling: Ceiling) -> list[str]:
    """Return what must be said wherever a share of the ceiling is."""
    why = doubt(ceiling)
    return (
        [f"DO NOT QUOTE the shares: the ceiling was too low, {why}; measure when nothing else runs."]
        if why
        else []
    )


def _memory(ceiling: Ceiling) -> Table:
    rows = tuple(
        (
            f"{band['level']}, {band['bytes'] >> 10:,} KiB, {_threads(band['threads'])}",
            f"{band['read'] / 1e9:,.1f} GB/s",
            f"{band['copy'] / 1e9:,.1f} GB/s",
        )
        for band in ceiling["bandwidth"]
    )
    return Table("Memory", ("", "read", "copy"), rows)


def _growth(series: list[Series]) -> Table:
    rows = tuple(_grown(one) for one in series)
    notes = [f"{one['name']}: {one['note']}." for one in series if one["of"] == "time"]
    notes += [f"{one['of']} against {one['name']}: {one['reason']}." for one in series if one["reason"]]
    return Table("Growth", ("", "sizes", "exponent", f"in {LOW}..{HIGH}", "points"), rows, tuple(notes))


def _grown(one: Series) -> tuple[str, ...]:
    what = f"{one['of']} against {one['name']}"
    if one["reason"]:
        return (what, "not measured", "", "", "")
    return (
        what,
        f"{one['sizes'][0]:,.0f} to {one['sizes'][-1]:,.0f}",
        f"{one['exponent']:.2f}",
        "yes" if LOW <= one["exponent"] <= HIGH else "no",
        "  ".join(f"{value:.3g}" for value in one["values"]) + f" {one['unit']}",
    )


def _threads(count: int) -> str:
    return "1 thread" if count == 1 else f"{count} threads"


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
