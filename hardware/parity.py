"""The certificate that comes of comparing runs value by value."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hardware.traces import LayerParity


@dataclass(frozen=True)
class Comparison:
    """What came of comparing the reference with one other run.

    Attributes
    ----------
    against : str
        The other.
    layers, states : tuple of LayerParity
        Messages of each layer, and states where both sides show them.
    refused : str
        Why nothing was compared; empty where something was.
    notes : tuple of str
        Known disagreements of the two, and what else a reader must know.
    """

    against: str
    layers: tuple[LayerParity, ...] = ()
    states: tuple[LayerParity, ...] = ()
    refused: str = ""
    notes: tuple[str, ...] = ()

    @property
    def equal(self) -> bool | None:
        """Whether every value is equal; ``None`` where nothing was compared."""
        return None if self.refused else all(trace.equal for trace in (*self.layers, *self.states))

    def document(self) -> dict[str, Any]:
        """Return it as data for JSON."""
        return {
            "equal": self.equal,
            "layers": [_document(trace) for trace in self.layers],
            "states": [_document(trace) for trace in self.states],
            "refused": self.refused or None,
            "notes": list(self.notes),
        }


@dataclass(frozen=True)
class Certificate:
    """What was run on what, where, and whether all agreed.

    Attributes
    ----------
    program : str
        Digest of the Program.
    provenance : mapping of str to str
        Where the Program came from; with the SHA-256 of its model where it had a file.
    data : str
        Digest of the input.
    samples, steps : int
        Size of the input.
    reference : str
        What the others were compared with.
    versions : mapping of str to str
        Packages that took part.
    comparisons : tuple of Comparison
        One for each other.
    accuracy : mapping of str to float, or None
        Share of samples labelled rightly, 0..1; ``None`` without labels.
    """

    program: str
    provenance: Mapping[str, str]
    data: str
    samples: int
    steps: int
    reference: str
    versions: Mapping[str, str]
    comparisons: tuple[Comparison, ...]
    accuracy: Mapping[str, float] | None = None

    @property
    def different(self) -> tuple[str, ...]:
        """Names of those that differ from the reference."""
        return tuple(each.against for each in self.comparisons if each.equal is False)

    @property
    def equal(self) -> bool:
        """Whether something was compared, and nothing differs."""
        return not self.different and any(each.equal for each in self.comparisons)

    def document(self) -> dict[str, Any]:
        """Return it as data for JSON."""
        return {
            "equal": self.equal,
            "program": self.program,
            "model": self.provenance.get("model"),
            "model_sha256": self.provenance.get("model_sha256"),
            "input": self.data,
            "samples": self.samples,
            "steps": self.steps,
            "reference": self.reference,
            "versions": dict(self.versions),
            "accuracy": None if self.accuracy is None else dict(self.accuracy),
            "against": {each.against: each.document() for each in self.comparisons},
        }


def _document(trace: LayerParity) -> dict[str, Any]:
    return {**dataclasses.asdict(trace), "values": trace.values, "equal": trace.equal}
