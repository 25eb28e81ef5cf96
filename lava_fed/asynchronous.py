"""Versions of the global weights that wait for nobody."""

from __future__ import annotations

from lava_fed.aggregate.aggregator import MasterState
from lava_fed.errors import RunError
from lava_fed.observer import Observer
from lava_fed.record import RoundRecord
from lava_fed.round import Coordinator
from lava_fed.store import Store


def run_asynchronous(
    coordinator: Coordinator, state: MasterState, records: list[RoundRecord], store: Store, observer: Observer
) -> MasterState:
    """Make versions until there are as many as the config asks for."""
    raise RunError("asynchronous federations cannot be run yet; set asynchronous.buffer = 0")
