"""From a config to the samples of each device."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lava_fed.config.devices import NATURAL, DevicesConfig
from lava_fed.data.owners import Owners
from lava_fed.errors import ConfigError
from lava_fed.partition.classes import by_classes
from lava_fed.partition.dirichlet import dirichlet
from lava_fed.partition.dominant import dominant
from lava_fed.partition.iid import iid
from lava_fed.partition.natural import natural
from lava_fed.partition.quantity import by_quantity


def deal(
    devices: DevicesConfig,
    labels: NDArray[np.integer[Any]],
    owners: Owners | None,
    rng: np.random.Generator,
) -> dict[str, NDArray[np.int64]]:
    """Deal samples out as a config says.

    Parameters
    ----------
    devices : DevicesConfig
        Partition, number of devices, and what the partition asks for.
    labels : integer array, shape (samples,)
        Class of each sample.
    owners : Owners or None
        Whose samples they are, where that is known.
    rng : numpy.random.Generator
        Source of all that is random.

    Returns
    -------
    dict of str to int64 array
        For each device its sample indices, ascending, in the devices' order; no index twice.

    Raises
    ------
    LavaFedError
        Where the samples cannot be dealt out so.
    """
    if devices.partition == NATURAL:
        return natural(owners, minimum=devices.minimum)
    count, least = devices.count, devices.minimum
    if devices.partition == "iid":
        parts = iid(labels, count, rng, minimum=least)
    elif devices.partition == "dirichlet":
        parts = dirichlet(labels, count, devices.alpha, rng, minimum=least)
    elif devices.partition == "classes":
        parts = by_classes(labels, count, devices.classes, rng, minimum=least)
    elif devices.partition == "dominant":
        parts = dominant(labels, count, devices.share, rng, minimum=least)
    elif devices.partition == "quantity":
        parts = by_quantity(labels, count, devices.alpha, rng, minimum=least)
    else:
        raise ConfigError(f"no partition is called {devices.partition!r}")
    return dict(zip(devices.names, parts, strict=True))
