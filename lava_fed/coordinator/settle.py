"""The end of a run's rounds: devices keep what the next task would go on from, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from lava_fed.coordinator.outstanding import Outstanding
from lava_fed.coordinator.round import acknowledged
from lava_fed.coordinator.setup import Setup
from lava_fed.local.memory import Memory
from lava_fed.runs.record import RoundRecord
from lava_fed.runs.store import Store


def settle(setup: Setup, store: Store, records: Sequence[RoundRecord]) -> None:
    """Let devices of this process forget the turns that no update was used of.

    How far they had come with tasks that nobody waited for depends on how fast the machine is; what is kept does
    not.

    Parameters
    ----------
    setup : Setup
        The run.
    store : Store
        Where devices keep their memory.
    records : sequence of RoundRecord
        All rounds.
    """
    turns = settled_turns(setup, store, records)
    for name in setup.names:
        folder = store.device_folder(name)
        if folder.exists():
            Memory(folder).recall(turns.get(name, 0))


def settled_turns(setup: Setup, store: Store, records: Sequence[RoundRecord]) -> dict[str, int]:
    """Return the turn of each device's last update that was used; those of whom none was are left out."""
    held = acknowledged(records)
    if setup.config.asynchronous.buffer:
        held = Outstanding.from_json(store.outstanding(len(records))).held
    return {name: turn for name, (turn, _) in held.items()}
