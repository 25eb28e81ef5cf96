"""What the cores of the picture can be coloured by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

from cli.chip_page.content import Content
from lava_fed.report.numbers import short_count, si, size

EDGES = (0.0, 0.01, 0.05, 0.2, 0.5, 0.8, 1.0)
"""Shares of the limit, or of the fullest core, between which the levels 1 to 6 lie; nothing at all is level 0."""


@dataclass(frozen=True)
class Shade:
    """One quantity of every core.

    Attributes
    ----------
    key, title : str
        Its name in the page, and for people.
    of : str
        What the darkest colour stands for.
    values : mapping of int to float
        By core.
    full : float
        The limit, or the largest value where no limit is known.
    limited : bool
        Whether ``full`` is a limit.
    write : callable
        How a value is written.
    """

    key: str
    title: str
    of: str
    values: Mapping[int, float]
    full: float
    limited: bool
    write: Callable[[float], str]

    def level(self, core: int) -> int:
        """Return the level of a core's colour, 0 to 6.

        Examples
        --------
        >>> shade = Shade("n", "neurons", "", {1: 0, 2: 1, 3: 10, 4: 10.1, 5: 1000}, 1000, True, str)
        >>> [shade.level(core) for core in shade.values]
        [0, 1, 1, 2, 6]
        """
        value = self.values[core]
        if value <= 0 or self.full <= 0:
            return 0
        share = value / self.full
        return next((level for level, edge in enumerate(EDGES[1:], 1) if share <= edge), len(EDGES) - 1)

    def legend(self) -> tuple[str, ...]:
        """Say what each level means, from 0."""
        words = ["none"]
        for low, high in pairwise(EDGES):
            if self.limited:
                share = f"{100 * low:g} to {100 * high:g} %" if low else f"up to {100 * high:g} %"
                words.append(share)
            else:
                low_words, high_words = self.write(low * self.full), self.write(high * self.full)
                words.append(f"{low_words} to {high_words}" if low else f"up to {high_words}")
        return tuple(words)


def shades(content: Content) -> tuple[Shade, ...]:
    """Return the quantities that the page offers, those without a value left out."""
    chip, cores = content.chip, content.cores
    held = (
        ("neurons", "neurons", "neurons_per_core", [core.neurons for core in cores], short_count),
        ("memory", "synaptic memory", "synapse_bytes_per_core", [core.synapse_bytes for core in cores], size),
        ("axons-in", "input axons", "axons_in_per_core", [core.axons_in for core in cores], short_count),
        ("axons-out", "output axons", "axons_out_per_core", [core.axons_out for core in cores], short_count),
    )
    numbers = [core.core for core in cores]
    found = []
    for key, title, figure, values, write in held:
        limit = chip.figures[figure]
        known = isinstance(limit.value, int)
        full = float(limit.value or 0) if known else float(max(values))
        of = (
            f"share of a core's {write(full)} ({limit.evidence.value})"
            if known
            else "on a scale up to the fullest core; the limit is not published"
        )
        found.append(
            Shade(key, title, of, dict(zip(numbers, map(float, values), strict=True)), full, known, write)
        )
    traffic = {core.core: core.traffic for core in cores}
    of = "messages times hops in a step of what the core sends, on a scale up to the busiest core"
    found.append(Shade("traffic", "traffic", of, traffic, max(traffic.values()), False, short_count))
    if content.joules:
        energy = {core: content.joules.get(core, 0.0) for core in numbers}
        of = "energy in a step, on a scale up to the core that takes most"
        of += "; an estimate" if content.estimated else ""
        found.append(Shade("energy", "energy", of, energy, max(energy.values()), False, partial(si, unit="J")))
    return tuple(found)
