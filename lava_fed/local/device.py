"""A device: a loaded Program beside its own data, answering messages with messages."""

from __future__ import annotations

from hardware.backend import Backend, Session
from hardware.program import Program
from lava_fed import wire
from lava_fed.data.dataset import DataSet
from lava_fed.local.round import local_round
from lava_fed.task import check_device


class Device:
    """Bytes in, bytes out: all that a transport has to know.

    Parameters
    ----------
    name : str
        Unique in the federation.
    program : Program
        What the federation trains.
    data : DataSet
        Labelled samples that never leave the device.
    backend : Backend
        Where the Program runs; it is loaded with the first message and kept until ``close``.
    """

    def __init__(self, name: str, program: Program, data: DataSet, backend: Backend) -> None:
        self.name = check_device(name)
        self.backend = backend
        self._program = program
        self._data = data
        self._session: Session | None = None

    def answer(self, message: bytes) -> bytes:
        """Do the round that an encoded task asks for and return the encoded update.

        Raises
        ------
        LavaFedError
            Where the message is not for this device, or the backend fails.
        """
        task = wire.decode_task(message, self._program)
        if self._session is None:
            self._session = self.backend.load(self._program)
        delta, record = local_round(self._session, task, self._data, self.name)
        return wire.encode_update(delta, record.counters, self._program)

    def close(self) -> None:
        """Release the session."""
        session, self._session = self._session, None
        if session is not None:
            session.close()
