"""Devices' own Programs: the final global weights, with the layers that never left the device."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from hardware.backend import Backend
from hardware.program import Program
from lava_fed.coordinator.accuracy import rightly
from lava_fed.coordinator.settle import settled_turns
from lava_fed.coordinator.setup import Setup
from lava_fed.learning.samples import labels_of
from lava_fed.local.device import TRAINER
from lava_fed.local.memory import Memory
from lava_fed.local.personal import recalled
from lava_fed.runs.personal import Personal
from lava_fed.runs.record import RoundRecord
from lava_fed.runs.store import Store


def finish_personal(
    setup: Setup, store: Store, records: Sequence[RoundRecord], program: Program, backend: Backend
) -> dict[str, Personal]:
    """Store what each device of this machine now is, where layers are its own, and judge it.

    Nothing of this reaches the coordinator: it reads the memory of devices that are simulated here, once the
    federation has ended.

    Parameters
    ----------
    setup : Setup
        The run.
    store : Store
        Where devices keep their memory, and their Programs go.
    records : sequence of RoundRecord
        All rounds.
    program : Program
        With the final global weights.
    backend : Backend
        Where they are judged.

    Returns
    -------
    dict of str to Personal
        By name; empty where no layer is personal.
    """
    if not setup.shared.personal:
        return {}
    shared = {name: program.network.connection(name).synapse.weights for name in setup.shared.names}
    turns, chips = settled_turns(setup, store, records), setup.programs()
    counts, labels = dict(zip(setup.names, setup.class_counts(), strict=True)), labels_of(setup.test)
    with backend.load(program) as session:
        together = rightly(session, setup.test)

    def judged(name: str) -> Personal:
        kept = Memory(store.device_folder(name)).recall(turns.get(name, 0))
        own = recalled({key.removeprefix(TRAINER): array for key, array in kept.items()}, setup.shared.personal)
        whole = chips[name].with_weights({**shared, **own})
        store.save_personal(name, replace(whole, provenance={**program.provenance, "federation.device": name}))
        with backend.load(whole) as session:
            right = rightly(session, setup.test)
        return Personal(
            float(right.mean()), mixed(right, labels, counts[name]), mixed(together, labels, counts[name])
        )

    with ThreadPoolExecutor(setup.config.run.workers, thread_name_prefix="personal") as pool:
        return dict(zip(setup.names, pool.map(judged, setup.names), strict=True))


def mixed(right: NDArray[np.bool_], labels: NDArray[np.int32], counts: NDArray[np.int64]) -> float:
    """Return the accuracy on classes that are mixed in another way than in the test samples.

    Parameters
    ----------
    right : bool array, shape (samples,)
        Whether each test sample is labelled rightly.
    labels : int32 array, shape (samples,)
        Their classes.
    counts : int64 array, shape (classes,)
        The mix: how often each class occurs; one without a test sample is left out.

    Examples
    --------
    >>> mixed(np.array([True, False, True]), np.array([0, 0, 1], np.int32), np.array([1, 3]))
    0.875
    """
    there = np.bincount(labels, minlength=len(counts))[: len(counts)]
    known = there > 0
    shares = np.bincount(labels[right], minlength=len(counts))[: len(counts)][known] / there[known]
    return float(shares @ counts[known] / counts[known].sum())
