"""A Program at work on Lava."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.checks import check_learn, check_run
from hardware.counters import count
from hardware.errors import LavaFedError
from hardware.lava import job, outputs, refusals, simulate
from hardware.lava.call import Call
from hardware.lava.failure import Limits
from hardware.lava.living import Living
from hardware.lesson import Lesson
from hardware.program import Program
from hardware.run_result import RunResult
from hardware.session import Session
from hardware.spikes import SpikeTrain


class LavaSession(Session):
    """A Program on Lava's CPU simulator.

    Its processes start with the first call and wait for the next one after each, until the session is closed, a
    call fails or others of the backend need the room; then the next call starts new ones. Between calls only the
    weights are kept, here: a failed call leaves the session as it was. Calls from several threads take turns.

    Attributes
    ----------
    on_step : callable or None
        Called during a run as ``on_step(done, total)``, in steps.
    """

    on_step: Callable[[int, int], None] | None = None
    configuration = simulate.CPU

    def __init__(
        self, program: Program, limits: Limits = job.DEFAULT_LIMITS, living: Living | None = None
    ) -> None:
        self.program = program
        self._weights = program.weights()
        self.limits = limits
        self._closed = False
        self._job: job.Job | None = None
        self._turn = threading.Lock()
        self._living = living or Living(1)

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
        return self._call(spikes, None, probes).keeping(kept)

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
            See ``Session.learn``.
        probes : sequence of str
            States to record.
        layers : sequence of str, optional
            Layers whose messages are kept.

        Raises
        ------
        LavaFedError
            Where a connection learns in a way that Lava's engine does not have.
        BackendError
            Where Lava fails or gets stuck; the weights are then unchanged.
        """
        network = self.program.network
        kept = check_run(network, spikes, probes, layers, learning=True)
        lesson = check_learn(
            network, spikes, labels, seed, rewards=rewards, anneal=anneal, after=after, frozen=frozen
        )
        self.check_lesson(lesson)
        return self._call(spikes, lesson, probes).keeping(kept)

    def check_lesson(self, lesson: Lesson) -> None:
        """Refuse what Lava's learning engine does not have.

        Raises
        ------
        LavaFedError
            Naming the connection.
        """
        refusals.check_learning(self.program.network, lesson.frozen)

    def weights(self) -> dict[str, NDArray[np.int16]]:
        """Return the present weights of every plastic connection."""
        return {name: array.copy() for name, array in self._weights.items()}

    def replace_weights(self, weights: Mapping[str, NDArray[Any]]) -> None:
        """Replace weights of plastic connections that are known to fit.

        Synapses that Lava cannot teach keep what they began with, so these need new processes.
        """
        for name, array in weights.items():
            self._weights[name] = np.array(array, np.int16)
            if self.configuration != simulate.CPU or not refusals.teachable(self.program.network.connection(name)):
                self._end_job()

    def close(self) -> None:
        """End the processes and refuse further calls."""
        self._closed = True
        self._end_job()

    def rest(self) -> bool:
        """End the processes unless a call is going on; return whether none is left."""
        if not self._turn.acquire(blocking=False):
            return False
        try:
            self._end_job()
        finally:
            self._turn.release()
        return True

    def _call(self, spikes: SpikeTrain, lesson: Lesson | None, probes: Sequence[str]) -> RunResult:
        with self._turn:
            if self._closed:
                raise LavaFedError("this session is closed; load the Program again")
            if self._job is None or not self._job.alive:
                self._job = self._start()
            self._living.used(self)
            messages = spikes.values.reshape(-1, spikes.units)
            seen = self._told(self._job, Call(spikes.steps, messages, lesson, self._weights), probes)
            learned = {name.removeprefix("weights/"): seen[name] for name in seen if name.startswith("weights/")}
            self.write_weights(learned)
        shape = (spikes.samples, spikes.steps)
        network = self.program.network
        fired = {layer.name: seen[f"spikes/{layer.name}"] for layer in network.layers}
        fired = {name: array.reshape(*shape, -1) for name, array in fired.items()}
        states = {probe: seen[f"probe/{probe}"] for probe in probes}
        return RunResult(
            spikes=fired,
            probes={probe: array.reshape(*shape, *array.shape[1:]) for probe, array in states.items()},
            counters=count(network, spikes, fired, lesson=lesson),
        )

    def _told(self, running: job.Job, call: Call, probes: Sequence[str]) -> dict[str, NDArray[Any]]:
        """Have the job do what the call says; return its outputs by name."""
        place, notify = running.folder / simulate.CALL, self.on_step
        place.mkdir()
        try:
            call.save(place)
            (place / "probes.json").write_text(json.dumps(list(dict.fromkeys(probes))), encoding="utf-8")
            running.call(None if notify is None else lambda done: notify(done, call.steps))
            return outputs.collect(place)
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def _start(self) -> job.Job:
        arguments = {"configuration": self.configuration, "learns": self.configuration == simulate.CPU}
        started = job.Job(simulate.TARGET, arguments, self.limits)
        self.program.with_weights(self._weights).save(started.folder / "program.h5")
        return started

    def _end_job(self) -> None:
        if self._job is not None:
            self._job.close()
            self._job = None
