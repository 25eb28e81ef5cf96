"""Errors of the compiler, beside those of the hardware."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from hardware.errors import LavaFedError, NetworkError

if TYPE_CHECKING:
    from compile.rules.violation import Violation


class UnsupportedLayerError(LavaFedError):
    """A model that uses something the compiler cannot express; the message names layer, feature and remedy."""


class RuleViolationError(NetworkError):
    """A network that breaks design rules of the chip; the message names each layer, used, limit and remedy.

    Attributes
    ----------
    violations : tuple of Violation
        Every rule that is broken.
    fits : tuple of str
        Options of ``lava-fed compile``, each of which alone makes the network fit.

    Parameters
    ----------
    chip : str
        The chip's title.
    violations, fits
        As above.
    """

    def __init__(self, chip: str, violations: Sequence[Violation], fits: Sequence[str] = ()) -> None:
        self.violations, self.fits = tuple(violations), tuple(fits)
        self._advice = f"; it fits with {', or with '.join(fits)}" if fits else ""
        self._count = f"{len(violations)} design rules of {chip} are broken"
        many = f"{self._count}: " + "; ".join(self._numbered)
        super().__init__((violations[0].sentence if len(violations) == 1 else many) + self._advice)

    @property
    def _numbered(self) -> list[str]:
        return [f"({number}) {each.sentence}" for number, each in enumerate(self.violations, 1)]

    @property
    def lines(self) -> tuple[str, ...]:
        """One line for each broken rule, where there are several, and what it comes to."""
        if len(self.violations) == 1:
            return super().lines
        return (*self._numbered, f"{self._count}, each named above{self._advice}")

    @property
    def document(self) -> dict[str, Any]:
        """The broken rules as a list."""
        broken = [violation.as_json() for violation in self.violations]
        return {**super().document, "violations": broken, "fits": list(self.fits)}


class RecipeError(LavaFedError):
    """A training recipe that is not valid; the message names the key and what it may be."""
