"""How good devices are with the layers that are their own, as a run's results have it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lava_fed.errors import RunError
from lava_fed.runs.fields import check_fields, share_of


@dataclass(frozen=True)
class Personal:
    """How good a device is with the layers that are its own, 0..1.

    Attributes
    ----------
    accuracy : float
        On all test samples.
    own_mix : float
        On test samples whose classes are mixed as those of the device.
    global_own_mix : float
        Of the global model on these.
    """

    accuracy: float
    own_mix: float
    global_own_mix: float

    def to_json(self) -> dict[str, float]:
        """Return JSON values by name."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Personal:
        """Read what ``to_json`` wrote.

        Raises
        ------
        ValueError, TypeError
            Where the value is not that.
        """
        check_fields(cls, value)
        return cls(**{name: share_of(share) for name, share in value.items()})


def read_personal(path: Path, names: Sequence[str]) -> dict[str, Personal]:
    """Read the part of a run's results that tells of personal layers; nothing where there are none.

    Parameters
    ----------
    path : Path
        The results.
    names : sequence of str
        The devices.

    Raises
    ------
    RunError
        Where the file says nonsense, or leaves a device out.
    """
    try:
        found = json.loads(path.read_bytes())["personal"]
        personal = {name: Personal.from_json(found[name]) for name in names} if found is not None else {}
    except OSError as error:
        raise RunError(f"cannot read {path}: {error.strerror}") from error
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise RunError(f"{path} is not the result of a run: {error!s:.100}; finish it with --resume") from error
    return personal
