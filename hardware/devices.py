"""Many devices of one network, each with neurons, weights and random streams of its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence, Sized
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from types import TracebackType
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from hardware.checks import check_learn, check_run, check_weights
from hardware.device_structure import check_structure
from hardware.errors import LavaFedError
from hardware.program import Program
from hardware.run_result import RunResult
from hardware.session import Session
from hardware.spikes import SpikeTrain

Many = TypeVar("Many", bound=Sized)


class DeviceGroup:
    """Devices whose Programs share one structure; use it as a context manager.

    The structure is layers and connections with their names, kinds and sizes, learning rules and teachers; what
    is inside may differ from device to device: parameters of neurons, frozen weights, plastic weights. Each device
    behaves as a session of its own, whatever the number of threads.

    Parameters
    ----------
    sessions : sequence of Session
        A loaded Program for each device; the group closes them.
    threads : int, optional
        Devices that work at the same time; as many as there are cores by default.

    Raises
    ------
    LavaFedError
        Where there is no device, or one has another structure than the first.
    """

    def __init__(self, sessions: Sequence[Session], *, threads: int | None = None) -> None:
        check_structure([session.program for session in sessions])
        if threads is not None and threads < 1:
            raise LavaFedError(f"devices need at least one thread, found {threads}")
        self._sessions = tuple(sessions)
        self._pool = ThreadPoolExecutor(
            min(threads or os.cpu_count() or 1, len(sessions)), thread_name_prefix="device"
        )

    def __len__(self) -> int:
        """Count the devices."""
        return len(self._sessions)

    def __getitem__(self, device: int) -> Session:
        """Return a device's session, to work with it alone; the group still closes it."""
        return self._sessions[device]

    @property
    def programs(self) -> tuple[Program, ...]:
        """Program of each device, as it was loaded."""
        return tuple(session.program for session in self._sessions)

    def run(
        self,
        spikes: SpikeTrain | Sequence[SpikeTrain],
        *,
        probes: Sequence[str] = (),
        layers: Sequence[str] | None = None,
    ) -> list[RunResult]:
        """Run every device with its present weights.

        Parameters
        ----------
        spikes : SpikeTrain, or a sequence of one for each device
            Input; a single train is given to all.
        probes : sequence of str
            States to record.
        layers : sequence of str, optional
            Layers whose messages are kept; all by default.

        Returns
        -------
        list of RunResult
            For each device, in order.

        Raises
        ------
        LavaFedError
            Naming the device whose input does not fit, before any of them runs.
        """
        trains = self._trains(spikes)
        for device, train in enumerate(trains):
            with _of_device(device):
                check_run(self[device].program.network, train, probes, layers, learning=False)
        return self._each(lambda device: self[device].run(trains[device], probes=probes, layers=layers))

    def learn(
        self,
        spikes: SpikeTrain | Sequence[SpikeTrain],
        labels: NDArray[np.integer[Any]] | Sequence[NDArray[np.integer[Any]]] | None = None,
        *,
        seeds: Sequence[int],
        rewards: NDArray[np.integer[Any]] | Sequence[NDArray[np.integer[Any]]] | None = None,
        anneal: int = 0,
        after: int = 0,
        frozen: Collection[str] = (),
        probes: Sequence[str] = (),
        layers: Sequence[str] | None = None,
    ) -> list[RunResult]:
        """Let every device learn its samples one after another.

        Parameters
        ----------
        spikes : SpikeTrain, or a sequence of one for each device
            Input; a single train is given to all.
        labels : integer array, shape (samples,), or a sequence of one for each device, optional
            The unit of the taught layer that should win; -1, the default for all, teaches nothing.
        seeds : sequence of int
            Seed of the random streams of each device, 0..2^31-1.
        rewards : integer array, shape (samples,), or a sequence of one for each device, optional
            As for ``Session.learn``.
        anneal, after, frozen
            As for ``Session.learn``; the same for all devices.
        probes : sequence of str
            States to record.
        layers : sequence of str, optional
            Layers whose messages are kept; all by default.

        Returns
        -------
        list of RunResult
            For each device, in order.

        Raises
        ------
        LavaFedError
            Naming the device whose input does not fit, before any of them learns.
        """
        trains = self._trains(spikes)
        taught, rewarded = self._per_device(labels, "labels"), self._per_device(rewards, "rewards")
        self._one_each(seeds, "seeds")
        for device, (train, own, reward, seed) in enumerate(zip(trains, taught, rewarded, seeds, strict=True)):
            network = self[device].program.network
            with _of_device(device):
                check_run(network, train, probes, layers, learning=True)
                check_learn(network, train, own, seed, rewards=reward, anneal=anneal, after=after, frozen=frozen)
        return self._each(
            lambda device: self[device].learn(
                trains[device],
                taught[device],
                seed=seeds[device],
                rewards=rewarded[device],
                anneal=anneal,
                after=after,
                frozen=frozen,
                probes=probes,
                layers=layers,
            )
        )

    def weights(self) -> dict[str, NDArray[np.int16]]:
        """Return the present weights of every plastic connection, with a first axis of devices."""
        every = [session.weights() for session in self._sessions]
        return {name: np.stack([weights[name] for weights in every]) for name in every[0]}

    def write_weights(self, weights: Mapping[str, NDArray[Any]]) -> None:
        """Replace the weights of the named plastic connections.

        Parameters
        ----------
        weights : mapping of str to integer array
            In the shape that the connection's synapses have for the same in all devices, or with an axis more, of
            devices, for one each: dense (targets, sources) or (devices, targets, sources).

        Raises
        ------
        LavaFedError
            Naming the device and the connection that do not fit, before any weight is replaced.
        """
        axes = {c.name: c.synapse.weights.ndim for c in self[0].program.network.connections}
        apart = {name for name, array in weights.items() if np.ndim(array) == axes.get(name, 2) + 1}
        for name in apart:
            self._one_each(weights[name], f"matrices for {name}")
        every = [
            {name: array[device] if name in apart else array for name, array in weights.items()}
            for device in range(len(self))
        ]
        for device, own in enumerate(every):
            with _of_device(device):
                check_weights(self[device].program.network, own)
        for session, own in zip(self._sessions, every, strict=True):
            session.replace_weights(own)

    def close(self) -> None:
        """Wait for devices at work, then release all of them."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        for session in self._sessions:
            session.close()

    def __enter__(self) -> DeviceGroup:
        """Return the group."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Release all devices."""
        self.close()

    def _trains(self, spikes: SpikeTrain | Sequence[SpikeTrain]) -> Sequence[SpikeTrain]:
        if isinstance(spikes, SpikeTrain):
            return [spikes] * len(self)
        return self._one_each(spikes, "spike trains")

    def _per_device(
        self, given: NDArray[np.integer[Any]] | Sequence[NDArray[np.integer[Any]]] | None, what: str
    ) -> Sequence[NDArray[np.integer[Any]] | None]:
        if given is None or (isinstance(given, np.ndarray) and given.ndim == 1):
            return [given] * len(self)
        return self._one_each(list(given), f"arrays of {what}")

    def _one_each(self, given: Many, what: str) -> Many:
        if len(given) != len(self):
            raise LavaFedError(f"this group has {len(self)} devices, found {len(given)} {what}; give one for each")
        return given

    def _each(self, work: Callable[[int], RunResult]) -> list[RunResult]:
        """Do the work of every device; the first failure cancels what has not begun and waits for the rest."""
        futures = [self._pool.submit(work, device) for device in range(len(self))]
        results = []
        try:
            for device, future in enumerate(futures):
                with _of_device(device):
                    results.append(future.result())
        finally:
            for future in futures:
                future.cancel()
            wait(futures)
        return results


@contextmanager
def _of_device(device: int) -> Iterator[None]:
    """Name the device in an error."""
    try:
        yield
    except LavaFedError as error:
        raise type(error)(f"device {device}: {error}") from error
