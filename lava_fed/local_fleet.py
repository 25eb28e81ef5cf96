"""Devices in this process, worked on by a few threads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed

from hardware.errors import BackendError, LavaFedError
from lava_fed.fleet import Fleet
from lava_fed.local.device import Device


class LocalFleet(Fleet):
    """Runs devices on worker threads; kernels of the emulator release the interpreter's lock.

    Answers do not depend on the number of workers: each device has its own random streams, and a session keeps
    nothing from one round to the next.

    Parameters
    ----------
    devices : sequence of Device
        The federation, each name once; the fleet closes the sessions that they are lent.
    workers : int
        Threads, at least 1.
    """

    def __init__(self, devices: Sequence[Device], workers: int) -> None:
        self._devices = {device.name: device for device in devices}
        if len(self._devices) != len(devices):
            raise LavaFedError("two devices have the same name; names must be unique")
        if workers < 1:
            raise LavaFedError(f"a fleet needs at least one worker, found {workers}")
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="device")

    def exchange(self, messages: Mapping[str, bytes], arrived: Callable[[str], None]) -> dict[str, bytes]:
        """Let every named device answer; the first failure cancels what has not begun."""
        for name in messages:
            if name not in self._devices:
                raise LavaFedError(f"no device {name!r}; this fleet has {', '.join(self._devices)}")
        futures: dict[Future[bytes], str] = {}
        try:
            for name in messages:
                futures[self._pool.submit(self._devices[name].answer, messages[name])] = name
            answers = {}
            for future in as_completed(futures):
                name = futures[future]
                answers[name] = self._result(future, name)
                arrived(name)
        finally:
            for future in futures:
                future.cancel()
        return {name: answers[name] for name in messages}

    def _result(self, future: Future[bytes], name: str) -> bytes:
        try:
            return future.result()
        except LavaFedError as error:
            raise type(error)(f"device {name}: {error}") from error
        except Exception as error:  # a plugin's backend may raise anything; the user needs the device's name
            backend = self._devices[name].sessions.backend.name
            raise BackendError(
                f"device {name}: backend {backend!r} failed with {type(error).__name__}: {error}"
            ) from error

    def close(self) -> None:
        """Wait for devices at work, then release all sessions."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        for sessions in {device.sessions for device in self._devices.values()}:
            sessions.close()
