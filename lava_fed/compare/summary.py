"""What a finished run came to, read from its folder."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hardware import container
from lava_fed.errors import RunError
from lava_fed.ledger.sheet import CAUSES
from lava_fed.runs.record import RoundRecord
from lava_fed.runs.run import RESULT, SETUP

SIZE_LIMIT = 1 << 30
"""Largest result, bytes."""
DIGESTS = ("program", "training data", "test data")
"""Facts that are digests, of which the first ``DIGITS`` are enough."""
DIGITS = 12
SEED = "run.seed"


@dataclass(frozen=True)
class Judged:
    """A judged round.

    Attributes
    ----------
    round : int
        From 1.
    accuracy : float
        Of the global model, 0..1.
    sent : int
        Bytes so far, both ways.
    """

    round: int
    accuracy: float
    sent: int


@dataclass(frozen=True)
class Summary:
    """A finished run.

    Attributes
    ----------
    name : str
        Its folder.
    seed : int
        Of the run.
    settings : mapping of str to Any
        What decides its result, by dotted key, without the seed; Program and data by the
        beginning of their digests.
    curve : tuple of Judged
        Every judged round; the last one is the final model.
    up, down : int
        Bytes.
    joules : mapping of str to float
        By cause; without what no model knows.
    """

    name: str
    seed: int
    settings: Mapping[str, Any]
    curve: tuple[Judged, ...]
    up: int
    down: int
    joules: Mapping[str, float]

    @property
    def accuracy(self) -> float:
        """Of the final global model."""
        return self.curve[-1].accuracy


def read_summary(out: Path) -> Summary:
    """Read a finished run.

    Raises
    ------
    LavaFedError
        Where there is none, or one of its files is unsound.
    """
    path = out / RESULT
    if not path.is_file():
        what = "is not finished; finish it with --resume" if (out / SETUP).exists() else "holds no run"
        raise RunError(f"{out} {what}")
    header, _ = container.read(out / SETUP, "setup")
    try:
        settings = dict(header["facts"])
        seed = int(settings.pop(SEED))
        for key in DIGESTS:
            settings[key] = str(settings[key])[:DIGITS]
        if path.stat().st_size > SIZE_LIMIT:
            raise RunError(f"{path} is over {SIZE_LIMIT} bytes; is it the right file?")
        result = json.loads(path.read_bytes())
        records = [RoundRecord.from_json(each) for each in result["rounds"]]
        spent = result["ledger"]["joules"]
        joules = {cause: float(spent[cause]["value"]) for cause in CAUSES if spent[cause] is not None}
        curve = tuple(_curve(records))
        if not curve:
            raise ValueError("no round was judged")
    except OSError as error:
        raise RunError(f"cannot read {path}: {error.strerror}") from error
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise RunError(f"{path} is not the result of a run: {error!s:.100}; run it again") from error
    return Summary(
        name=str(out),
        seed=seed,
        settings=settings,
        curve=curve,
        up=sum(record.bytes_up for record in records),
        down=sum(record.bytes_down for record in records),
        joules=joules,
    )


def _curve(records: Sequence[RoundRecord]) -> list[Judged]:
    sent, found = 0, []
    for record in records:
        sent += record.bytes_up + record.bytes_down
        if record.accuracy is not None:
            found.append(Judged(record.round, record.accuracy, sent))
    return found


def find_runs(folders: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Return the finished runs in some folders, and those that are not finished.

    Parameters
    ----------
    folders : sequence of Path
        Each a run, or a folder that holds runs at any depth.

    Raises
    ------
    RunError
        Where a folder holds no run.
    """
    found: dict[Path, None] = {}
    for folder in folders:
        runs = [folder] if (folder / SETUP).exists() else sorted(path.parent for path in folder.rglob(SETUP))
        if not runs:
            raise RunError(f"{folder} holds no run; make some with: lava-fed sweep CONFIG.toml --out {folder}")
        found |= dict.fromkeys(runs)
    finished = [path for path in found if (path / RESULT).is_file()]
    return finished, [path for path in found if not (path / RESULT).is_file()]
