"""A broken design rule."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from hardware.network import INPUT


@dataclass(frozen=True)
class Violation:
    """One rule that one layer breaks.

    Attributes
    ----------
    layer : str
        The layer, or layers that share a core; ``"input"``, or ``"network"`` where all together break it.
    problem : str
        What is wrong, with the figures, to be read after the layer's name.
    used, limit : int or None
        The figures; ``None`` where the chip cannot do such a thing at all.
    remedy : str
        What would make it fit.
    rule : str
        The rule, as a sentence; the check fills it in.
    """

    layer: str
    problem: str
    used: int | None
    limit: int | None
    remedy: str
    rule: str = ""

    @property
    def sentence(self) -> str:
        """All of it in one sentence."""
        who = f"the {self.layer}" if self.layer in (NETWORK, INPUT) else f"layer {self.layer!r}"
        return f"{who} {self.problem}; {self.remedy}"

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return dataclasses.asdict(self) | {"sentence": self.sentence}


NETWORK = "network"
"""Stands for all layers together."""
