"""The backbone: a network that SLAYER trained once, kept beside this file."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from compile.slayer.recipe import Recipe
from hardware import container
from hardware.emulator.engine import EmulatorBackend
from hardware.program import Program
from hardware.spikes import SpikeTrain
from hardware.streaming import run_parts
from lava_fed.data.dataset import DataSet
from lava_fed.learning.samples import Samples

if TYPE_CHECKING:
    from compile.slayer.train import EpochRecord

FOLDER = Path(__file__).resolve().parent
PART = 200
"""Samples that become spikes at once."""


def recipe_of(name: str) -> Recipe:
    """Return the recipe of a backbone."""
    return Recipe.load(FOLDER / f"{name}.toml")


def file_of(name: str) -> Path:
    """Return the file of a backbone, in SLAYER's format."""
    return FOLDER / f"{name}.net"


def make(
    recipe: Recipe, data: DataSet, test: DataSet, file: Path, on_epoch: Callable[[EpochRecord], None]
) -> None:
    """Train a backbone and write it.

    Parameters
    ----------
    recipe : Recipe
        How.
    data, test : DataSet
        What it is trained on, and what it is tested on after each epoch; nothing is chosen by that.
    file : Path
        Where.
    on_epoch : callable
        Told about each epoch as it ends.
    """
    from compile.slayer.export import encode_net
    from compile.slayer.train import train

    trained = train(recipe, data.x, data.labels, test.x, test.labels, on_epoch=on_epoch)
    container.write_bytes(file, compact(encode_net(trained.module)))


def compact(net: bytes) -> bytes:
    """Return a ``.net`` file with its weights, whole numbers in floats, as integers of 16 bits.

    Parameters
    ----------
    net : bytes
        As SLAYER writes it.
    """
    import h5py

    buffer = io.BytesIO()
    with h5py.File(io.BytesIO(net), "r") as old, h5py.File(buffer, "w", libver=("v110", "v110")) as new:

        def keep(name: str, item: Any) -> None:
            if isinstance(item, h5py.Dataset):
                value = item[...]
                if name.endswith("/weight"):
                    value = value.astype(np.int16)
                new.create_dataset(name, data=value, track_times=False)

        old.visititems(keep)
    return buffer.getvalue()


def joined(parts: list[DataSet]) -> DataSet:
    """Return several data sets as one, with the words of the first."""
    x = SpikeTrain(np.concatenate([part.x.values for part in parts]))
    y = np.concatenate([part.labels for part in parts])
    return DataSet(x, y, parts[0].classes, parts[0].title)


def counts(program: Program, samples: Samples, layer: str) -> NDArray[np.int64]:
    """Run samples and return how often each unit of a layer fires, shape (samples, units)."""
    found = []
    with EmulatorBackend().load(program) as session:
        for start in range(0, len(samples), PART):
            x = samples.take(slice(start, start + PART)).x
            found += [result.scores(layer) for result in run_parts(session, [x], layers=[layer])]
    return np.concatenate(found)


def input_counts(samples: Samples) -> NDArray[np.int64]:
    """Return how often each input fires, shape (samples, units)."""
    starts = range(0, len(samples), PART)
    trains = (samples.take(slice(start, start + PART)).x.values for start in starts)
    return np.concatenate([train.sum(axis=1, dtype=np.int64) for train in trains])
