"""The chips that come with lava-fed."""

from __future__ import annotations

from pathlib import Path

from hardware.chip.file import read_chip
from hardware.chip.spec import ChipSpec
from hardware.errors import ChipError

_HERE = Path(__file__).parent

LOIHI1 = read_chip(_HERE / "loihi1.toml")
"""Intel's Loihi (2018)."""
LOIHI2 = read_chip(_HERE / "loihi2.toml")
"""Intel's Loihi 2 (2021)."""
CHIPS: dict[str, ChipSpec] = {chip.name: chip for chip in (LOIHI1, LOIHI2)}
"""All of them, by name."""


def find_chip(name: str | Path) -> ChipSpec:
    """Return a chip by its name, or from a TOML file of the user's own.

    Parameters
    ----------
    name : str or Path
        ``"loihi1"``, ``"loihi2"``, or a path that ends in ``.toml``.

    Raises
    ------
    ChipError
        Where there is no such chip, or the file is not sound.
    """
    text = str(name)
    if text in CHIPS:
        return CHIPS[text]
    if text.endswith(".toml"):
        return read_chip(Path(text), CHIPS)
    raise ChipError(f"no chip is called {text[:60]!r}; known: {', '.join(CHIPS)}, or give a TOML file of your own")
