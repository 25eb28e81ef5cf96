"""The contract of a contender, seen from inside its own process.

A contender's module ends with ``serve(ItsClass)``. The process then answers one JSON line for each line asked, so
that contenders take turns in one run. It imports numpy, the standard library and the contender's own package; the
peers' environments have nothing else.

Questions, each with its answer::

    {"ask": "run", "batch": 64, "repeats": 3, "threads": 2}   {"seconds": per step and sample, "memory": bytes}
    {"ask": "check", "samples": 2}                            {"spikes": {layer: count}, "digests": {layer: hex}}
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Layers = Mapping[str, NDArray[Any]]
DISTINCT = 16
"""Most batches that are prepared beforehand; more repeats use them again."""


class Job:
    """A network with its input, in a folder.

    Parameters
    ----------
    folder : Path
        With ``program.h5``, ``meta.json`` and ``weights.npz`` (see ``benchmarks.portable``) and ``input.npy``.

    Attributes
    ----------
    meta : dict
        Layers in order, steps, and how the input is meant.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.meta: dict[str, Any] = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
        self.steps: int = self.meta["steps"]
        self._input = np.load(folder / "input.npy", mmap_mode="r")

    @property
    def samples(self) -> int:
        """Distinct samples."""
        return int(self._input.shape[0])

    def messages(self, start: int, batch: int) -> NDArray[Any]:
        """Return integers for a batch, shape (batch, steps, units); images held over all steps are views."""
        values: NDArray[Any] = self._input[np.arange(start, start + batch) % self.samples]
        if values.ndim == 2:
            return np.broadcast_to(values[:, None], (batch, self.steps, values.shape[1]))
        return values

    def drive(self, start: int, batch: int) -> NDArray[np.float32]:
        """Return a batch in units of a weight, shape (batch, units) for images, else (batch, steps, units)."""
        values = self._input[np.arange(start, start + batch) % self.samples]
        scaled: NDArray[np.float32] = values.astype(np.float32) / np.float32(self.meta["input_scale"])
        return scaled

    @cached_property
    def arrays(self) -> dict[str, NDArray[Any]]:
        """Weights and biases, by name."""
        with np.load(self.folder / "weights.npz") as stored:
            return {name: stored[name] for name in stored.files}


class Contender(ABC):
    """Something that runs the network of a job.

    Parameters
    ----------
    job : Job
        What to run.
    """

    exact = False
    """Whether its messages claim to be Lava's, bit for bit."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self._prepared: dict[tuple[int, int], Callable[[], object]] = {}

    @abstractmethod
    def work(self, start: int, batch: int) -> Callable[[], object]:
        """Make a batch ready; what is returned runs it, and only that is timed."""

    @abstractmethod
    def layers(self, samples: int) -> Layers:
        """Return what every layer sends for the first samples, shape (samples, steps, units)."""

    def threads(self, count: int) -> None:  # noqa: B027  # most have no threads to set
        """Use this many threads."""

    def first(self) -> None:
        """Run one sample, with which start-up ends."""
        self.work(0, 1)()

    def seconds(self, batch: int, repeats: int) -> float:
        """Time ``repeats`` batches; seconds per step and sample."""
        works = []
        for index in range(repeats):
            key = (batch, index % DISTINCT)
            if key not in self._prepared:
                self._prepared = {k: w for k, w in self._prepared.items() if k[0] == batch}
                self._prepared[key] = self.work(key[1] * batch, batch)
            works.append(self._prepared[key])
        start = time.perf_counter()
        for work in works:
            work()
        return (time.perf_counter() - start) / (repeats * batch * self.job.steps)


def digest(messages: NDArray[Any]) -> str:
    """Return a digest of the messages of a layer, whatever their integer type."""
    return hashlib.sha256(np.ascontiguousarray(messages, np.int32).tobytes()).hexdigest()[:16]


def peak_memory() -> int:
    """Return the most bytes that this process ever held in memory."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def answer(contender: Contender, question: Mapping[str, Any]) -> dict[str, Any]:
    """Answer one question."""
    if question["ask"] == "run":
        contender.threads(question["threads"])
        return {"seconds": contender.seconds(question["batch"], question["repeats"]), "memory": peak_memory()}
    sent = contender.layers(question["samples"])
    return {
        "spikes": {name: int(np.count_nonzero(messages)) for name, messages in sent.items()},
        "digests": {name: digest(messages) for name, messages in sent.items()} if contender.exact else {},
    }


def serve(kind: Callable[[Job], Contender]) -> None:
    """Answer questions until there are no more; libraries that print are sent to the error stream."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as replies:
        os.dup2(2, 1)

        def reply(line: Mapping[str, Any]) -> None:
            replies.write(json.dumps(line) + "\n")
            replies.flush()

        try:
            contender = kind(Job(Path(sys.argv[1])))
            contender.first()
            reply({"ready": True})
            for line in sys.stdin:
                reply(answer(contender, json.loads(line)))
        except Exception as error:  # whatever a peer raises is the reason why it has no numbers
            traceback.print_exc()
            reply({"failed": f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"})
    sys.stderr.flush()
    os._exit(0)  # simulators leave threads and processes that would wait for ever
