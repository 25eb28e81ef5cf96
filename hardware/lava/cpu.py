"""Programs on Lava's CPU simulator, in its fixed-point models."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from importlib import metadata, util
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.availability import Availability
from hardware.backend import Backend
from hardware.checks import check_learn, check_run
from hardware.counters import count
from hardware.errors import LavaFedError
from hardware.lava import job, simulate
from hardware.lesson import Lesson
from hardware.not_yet import check_known, check_plain
from hardware.program import Program
from hardware.run_result import RunResult
from hardware.session import Session
from hardware.spikes import SpikeTrain

LAVA_VERSION = "0.10.0"
"""The version whose models the emulator is proved against; a later one rounds some of them differently."""


def _python() -> tuple[int, int]:
    return sys.version_info[:2]


def lava_availability() -> Availability:
    """Say whether Lava can run here, without importing it."""
    use = "use the emulator, which computes the same bits"
    if sys.platform != "linux":
        return Availability(False, f"Lava jobs are supervised through Linux; this is {sys.platform}", use)
    if _python() != (3, 10):
        version = ".".join(map(str, _python()))
        return Availability(
            False, f"Lava {LAVA_VERSION} needs Python 3.10, this is {version}", f"install Python 3.10, or {use}"
        )
    remedy = f'pip install "lava-fed[lava]", which installs lava-nc {LAVA_VERSION}'
    try:
        found = metadata.version("lava-nc")
    except metadata.PackageNotFoundError:
        return Availability(False, "Lava (lava-nc) is not installed", remedy)
    if found != LAVA_VERSION:
        return Availability(False, f"lava-nc {found} is installed, {LAVA_VERSION} is needed", remedy)
    try:
        missing = [name for name in ("lava.magma", "lava.proc") if util.find_spec(name) is None]
    except ModuleNotFoundError:
        missing = ["lava"]
    if missing:
        return Availability(False, f"lava-nc is damaged: {missing[0]} is missing", remedy)
    return Availability(True, f"lava-nc {found}")


class LavaBackend(Backend):
    """Runs Programs on Lava's CPU simulator.

    Parameters
    ----------
    limits : hardware.lava.job.Limits
        When a run is given up.
    """

    name = "lava"
    title = "Lava's CPU simulator, fixed-point models"

    def __init__(self, limits: job.Limits = job.DEFAULT_LIMITS) -> None:
        self.limits = limits

    def availability(self) -> Availability:
        """Say whether Lava is installed in the right version."""
        return lava_availability()

    def load(self, program: Program) -> LavaSession:
        """Load a Program.

        Raises
        ------
        BackendUnavailableError
            Where Lava cannot run here.
        """
        self.availability().require(f"backend {self.name!r}")
        return LavaSession(program, self.limits)


class LavaSession(Session):
    """A Program on Lava's CPU simulator.

    Every call is one job in processes of its own; between calls only the weights are kept, here. So a failed
    call leaves the session as it was.

    Attributes
    ----------
    on_step : callable or None
        Called during a run as ``on_step(done, total)``, in steps.
    """

    on_step: Callable[[int, int], None] | None = None
    configuration = simulate.CPU

    def __init__(self, program: Program, limits: job.Limits = job.DEFAULT_LIMITS) -> None:
        check_known(program.network, "lava")
        self.program = program
        self._weights = program.weights()
        self.limits = limits
        self._closed = False

    def run(
        self, spikes: SpikeTrain, *, probes: Sequence[str] = (), layers: Sequence[str] | None = None
    ) -> RunResult:
        """Run every sample from rest with the present weights.

        Parameters
        ----------
        spikes : SpikeTrain
            Input spikes.
        probes : sequence of str
            States to record.
        layers : sequence of str, optional
            Layers whose messages are kept.

        Raises
        ------
        BackendError
            Where Lava fails or gets stuck; no process is left behind.
        """
        kept = check_run(self.program.network, spikes, probes, layers, learning=False)
        return self._job(spikes, None, probes).keeping(kept)

    def learn(
        self,
        spikes: SpikeTrain,
        labels: NDArray[np.integer[Any]] | None = None,
        *,
        seed: int,
        rewards: NDArray[np.integer[Any]] | None = None,
        anneal: int = 0,
        after: int = 0,
        frozen: Collection[str] = (),
        probes: Sequence[str] = (),
        layers: Sequence[str] | None = None,
    ) -> RunResult:
        """Run the samples one after another and let the plastic weights change.

        Parameters
        ----------
        spikes : SpikeTrain
            Input spikes.
        labels : integer array, shape (samples,), optional
            The unit that should win; -1 teaches nothing.
        seed : int
            Seed of the trace streams.
        rewards, anneal, after, frozen
            See ``Session.learn``; not here yet.
        probes : sequence of str
            States to record.
        layers : sequence of str, optional
            Layers whose messages are kept.

        Raises
        ------
        BackendError
            Where Lava fails or gets stuck; the weights are then unchanged.
        """
        network = self.program.network
        kept = check_run(network, spikes, probes, layers, learning=True)
        lesson = check_learn(
            network, spikes, labels, seed, rewards=rewards, anneal=anneal, after=after, frozen=frozen
        )
        check_plain(lesson, "lava")
        return self._job(spikes, lesson, probes).keeping(kept)

    def weights(self) -> dict[str, NDArray[np.int16]]:
        """Return the present weights of every plastic connection."""
        return {name: array.copy() for name, array in self._weights.items()}

    def replace_weights(self, weights: Mapping[str, NDArray[Any]]) -> None:
        """Replace weights of plastic connections that are known to fit."""
        for name, array in weights.items():
            self._weights[name] = np.array(array, np.int16)

    def close(self) -> None:
        """Refuse further runs; there is nothing to release."""
        self._closed = True

    def _job(self, spikes: SpikeTrain, lesson: Lesson | None, probes: Sequence[str]) -> RunResult:
        if self._closed:
            raise LavaFedError("this session is closed; load the Program again")
        total = spikes.samples * spikes.steps
        notify = self.on_step
        with job.private_folder() as folder:
            self.program.with_weights(self._weights).save(folder / "program.h5")
            np.save(folder / "spikes.npy", spikes.values)
            if lesson is not None:
                np.save(folder / "labels.npy", lesson.labels)
            job.run(
                folder,
                simulate.TARGET,
                {
                    "probes": list(dict.fromkeys(probes)),
                    "seed": None if lesson is None else lesson.seed,
                    "configuration": self.configuration,
                },
                limits=self.limits,
                on_step=None if notify is None else lambda done: notify(done, total),
            )
            outputs = _outputs(folder)
        if lesson is not None:
            self.write_weights({name: outputs[f"weights/{name}"] for name in self.weights()})
        shape = (spikes.samples, spikes.steps)
        network = self.program.network
        fired = {layer.name: outputs[f"spikes/{layer.name}"] for layer in network.layers}
        fired = {name: array.reshape(*shape, -1) for name, array in fired.items()}
        states = {probe: outputs[f"probe/{probe}"] for probe in probes}
        return RunResult(
            spikes=fired,
            probes={probe: array.reshape(*shape, *array.shape[1:]) for probe, array in states.items()},
            counters=count(network, spikes, fired, lesson=lesson),
        )


def _outputs(folder: Path) -> dict[str, NDArray[Any]]:
    files = json.loads((folder / "outputs.json").read_text(encoding="utf-8"))
    return {name: np.load(folder / file, allow_pickle=False) for name, file in files.items()}
