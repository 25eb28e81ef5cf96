"""Runs of a study as JSON, from which its page can be written again later."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.machine import machine
from hardware.errors import LavaFedError

FORMAT = 1
"""Changed whenever a field of any study changes its meaning."""


def keep(runs: Sequence[Mapping[str, Any]], file: Path) -> None:
    """Write runs, and what machine they are from.

    Parameters
    ----------
    runs : sequence of mapping
        JSON values by name.
    file : Path
        Replaced where there is one.
    """
    found = {"format": FORMAT, "machine": machine(), "runs": list(runs)}
    file.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def read(files: Sequence[Path]) -> tuple[list[Any], dict[str, str]]:
    """Read the runs of several files, and what machine the last of them are from.

    Raises
    ------
    LavaFedError
        Where a file is missing or holds no runs.
    """
    runs: list[Any] = []
    facts: dict[str, str] = {}
    for file in files:
        try:
            stored = json.loads(file.read_text(encoding="utf-8"))
            if stored["format"] != FORMAT:
                raise ValueError(f"format {stored['format']}")
            runs += stored["runs"]
            facts = stored["machine"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise LavaFedError(
                f"{file} cannot be read as results: {error}; make them with --json {file}"
            ) from error
    return runs, facts


def measured(facts: Mapping[str, str]) -> str:
    """Return when and on what the runs were measured, without a full stop."""
    return f"Measured {facts.get('date', '')} on {facts.get('processor', '')}, {facts.get('cores', '?')} cores"
