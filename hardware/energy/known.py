"""The energy models that come with lava-fed."""

from __future__ import annotations

from pathlib import Path

from hardware.energy.file import read_model
from hardware.energy.model import EnergyModel
from hardware.errors import LavaFedError

_HERE = Path(__file__).parent
NAMES = ("loihi1", "davies2018", "loihi2", "events")
"""Names of the models; the first and third are those of the chips of the same names."""


def find_model(name: str | Path) -> EnergyModel:
    """Return a model by its name, or from a TOML file of the user's own.

    Parameters
    ----------
    name : str or Path
        One of ``NAMES``, or a path that ends in ``.toml``.

    Raises
    ------
    LavaFedError
        Where there is no such model, or the file is not sound.
    """
    text = str(name)
    if text in NAMES:
        return read_model(_HERE / f"{text}.toml")
    if text.endswith(".toml"):
        return read_model(Path(text))
    raise LavaFedError(
        f"no energy model is called {text[:60]!r}; known: {', '.join(NAMES)}, or give a TOML file of your own"
    )
