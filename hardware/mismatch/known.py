"""The device profiles that come with lava-fed."""

from __future__ import annotations

from pathlib import Path

from hardware.mismatch.profile import DeviceProfile, MismatchError

_FOLDER = Path(__file__).parent / "profiles"
NAMES = ("defects", "mixed-signal", "sram-faults")
"""Their names; each is a file of the folder ``profiles``."""


def find_profile(name: str) -> DeviceProfile:
    """Return a profile by its name, or from a TOML file of the user's own.

    Parameters
    ----------
    name : str
        One of ``NAMES``, or a path that ends in ``.toml``.

    Raises
    ------
    MismatchError
        Where there is no such profile, or the file is not sound.
    """
    if name in NAMES:
        return DeviceProfile.load(_FOLDER / f"{name}.toml")
    if name.endswith(".toml"):
        return DeviceProfile.load(Path(name))
    raise MismatchError(
        f"no device profile is called {name[:60]!r}; known: {', '.join(NAMES)}, or give a TOML file of your own"
    )
