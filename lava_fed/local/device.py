"""A device: its own data beside a Program that it shares, answering messages with messages."""

from __future__ import annotations

from lava_fed import wire
from lava_fed.data.dataset import DataSet
from lava_fed.local.round import local_round
from lava_fed.session_pool import SessionPool
from lava_fed.task import check_device


class Device:
    """Bytes in, bytes out: all that a transport has to know.

    Parameters
    ----------
    name : str
        Unique in the federation.
    data : DataSet
        Labelled samples that never leave the device.
    sessions : SessionPool
        Of what the federation trains; it lends a session for each round, which devices may take turns with,
        because a round does not depend on what the session did before.

    Attributes
    ----------
    name, sessions
        As they were given.
    """

    def __init__(self, name: str, data: DataSet, sessions: SessionPool) -> None:
        self.name = check_device(name)
        self.sessions = sessions
        self._data = data

    def answer(self, message: bytes) -> bytes:
        """Do the round that an encoded task asks for and return the encoded update.

        Raises
        ------
        LavaFedError
            Where the message is not for this device, or the backend fails.
        """
        program = self.sessions.program
        task = wire.decode_task(message, program)
        with self.sessions.lend() as session:
            delta, record = local_round(session, task, self._data, self.name)
        return wire.encode_update(delta, record.counters, program)
