"""What one call of a Lava session gives to the processes of its graph, which live on from call to call."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.lesson import Lesson, Moment

Calls = Callable[[], "Call"]
"""Returns the present call; processes ask in its first step."""


@dataclass(frozen=True, eq=False)
class Call:
    """One call of ``run`` or ``learn``.

    Attributes
    ----------
    sample_steps : int
        Steps of one sample.
    spikes : integer array, shape (steps, inputs)
        Messages of the host, sample by sample.
    lesson : Lesson or None
        What the host tells beside them; ``None`` where nothing learns.
    weights : mapping of str to integer array
        What connections that can learn begin with; those left out keep what they have.
    outputs : mapping of str to Path
        File of ``"spikes/<layer>"``, ``"probe/<state>"`` and ``"weights/<connection>"``; what has none is not
        written.
    """

    sample_steps: int
    spikes: NDArray[Any]
    lesson: Lesson | None = None
    weights: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    outputs: Mapping[str, Path] = field(default_factory=dict)

    @property
    def steps(self) -> int:
        """Steps of all samples."""
        return len(self.spikes)

    def moment(self, step: int) -> Moment:
        """Return what the host tells of a step, counted from 1 through all samples."""
        sample, index = divmod(step - 1, self.sample_steps)
        to_end, lesson = self.sample_steps - 1 - index, self.lesson
        if lesson is None:
            return Moment(to_end)
        return Moment(to_end, int(lesson.labels[sample]), int(lesson.rewards[sample]), lesson.anneal)

    def output(self, name: str) -> NDArray[Any] | None:
        """Open the file of an output for writing; ``None`` where nobody wants it."""
        if name not in self.outputs:
            return None
        opened: NDArray[Any] = np.load(self.outputs[name], mmap_mode="r+")
        return opened

    def save(self, folder: Path) -> None:
        """Write all but the outputs into a folder, for processes to load."""
        lesson = self.lesson
        told: dict[str, Any] = {"sample_steps": self.sample_steps}
        np.save(folder / "spikes.npy", self.spikes)
        if lesson is not None:
            np.save(folder / "told.npy", np.stack([lesson.labels, lesson.rewards]))
            told["lesson"] = {name: getattr(lesson, name) for name in ("seed", "anneal", "after")}
            told["frozen"] = sorted(lesson.frozen)
        (folder / "call.json").write_text(json.dumps(told), encoding="utf-8")
        with (folder / "weights.npz").open("wb") as file:
            np.savez(file, **dict(self.weights))

    @classmethod
    def load(cls, folder: Path) -> Call:
        """Read what ``save`` has written, with the outputs where they are known by now."""
        outputs = folder / "outputs.json"
        names: dict[str, str] = json.loads(outputs.read_text(encoding="utf-8")) if outputs.exists() else {}
        told = json.loads((folder / "call.json").read_text(encoding="utf-8"))
        lesson = None
        if "lesson" in told:
            labels, rewards = np.load(folder / "told.npy")
            lesson = Lesson(labels, rewards, **told["lesson"], frozen=frozenset(told["frozen"]))
        return cls(
            sample_steps=told["sample_steps"],
            spikes=np.load(folder / "spikes.npy", mmap_mode="r"),
            lesson=lesson,
            weights=np.load(folder / "weights.npz"),
            outputs={name: folder / file for name, file in names.items()},
        )


class Anew:
    """Mixed into process models that begin anew with each call: time counts from 1, and the call is told.

    Lava's own time runs on from one run to the next. It tells every model when a run has ended.
    """

    time_step: int
    proc_params: Any

    def begin(self, call: Call) -> None:
        """Take up what the call brings."""
        raise NotImplementedError

    def end(self) -> None:
        """Let go of what the call has brought."""

    def run_spk(self) -> None:
        """Advance by one step."""
        if self.time_step == 1:
            self.begin(self.proc_params["calls"]())
        self.step()

    def step(self) -> None:
        """Advance by one step of a call that has begun."""
        raise NotImplementedError

    def _host(self) -> None:
        host: Any = super()
        host._host()
        self.time_step = 0
        self.end()
