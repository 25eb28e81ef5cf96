"""What a device learns from, as the user names it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hardware.program import Program
    from lava_fed.data.images import Images
    from lava_fed.learning.samples import Samples

TRAINING, TEST = ("device", "train"), "test"
"""Splits of a named data set to learn from, the first that there is, and to test with."""
STEPS = 32
"""Steps of a sample of a named data set, as 'lava-fed data' has them."""


def open_training(
    name: str, test: str | None, program: Program, steps: int | None
) -> tuple[Samples, Samples | None]:
    """Open the samples to learn from, and those to test with.

    Parameters
    ----------
    name : str
        A data set's name or a folder of the MNIST family, perhaps with a split (``digits:public``), or a file.
    test : str or None
        The same for the test; by default the test split of a named data set.
    program : Program
        What will learn.
    steps : int or None
        Steps of a sample, where the data leave it open.

    Raises
    ------
    LavaFedError
        Where there is no such data set, or the file is not sound.
    """
    from lava_fed.data import registry
    from lava_fed.data.images import Images

    named = name.partition(":")[0]
    brings = named in registry.names() and TEST in registry.splits(named)
    if test is None and (brings or Images.there(Path(named))):
        test = f"{named}:{TEST}"
    return _open(name, program, steps), None if test is None else _open(test, program, steps)


def open_images(folder: str, split: str, steps: int | None) -> Images | None:
    """Open one split of a folder of the MNIST family; ``None`` where it is no such folder.

    Raises
    ------
    LavaFedError
        Where steps are given, or a file is missing or not sound.
    """
    from hardware.errors import LavaFedError
    from lava_fed.data.images import Images

    if not Images.there(Path(folder)):
        return None
    if steps is not None:
        raise LavaFedError(f"{folder} holds images, which are shown for as long as they are; leave --steps out")
    return Images.read(Path(folder), split)


def path_of(name: str | None) -> Path | None:
    """Return the file that a name of data stands for; ``None`` for a named data set or a folder."""
    path = None if name is None else Path(name)
    return path if path is not None and path.is_file() else None


def _open(name: str, program: Program, steps: int | None) -> Samples:
    from cli.program_files import image_shape
    from compile.report import input_shape
    from hardware.errors import LavaFedError
    from lava_fed.data import archive, registry

    named, _, split = name.partition(":")
    if named in registry.names():
        known = registry.splits(named)
        split = split or next((each for each in TRAINING if each in known), known[0])
        return registry.load(named, split, STEPS if steps is None else steps)
    images = open_images(named, split or TRAINING[-1], steps)
    if images is not None:
        return images
    path = Path(name)
    if not path.exists():
        raise LavaFedError(
            f"{name[:200]} is no file, folder of images or data set; known: {', '.join(registry.names())}"
        )
    network = program.network
    shape = image_shape(input_shape(network))
    return archive.read(path, encoder=network.encoder, steps=steps, shape=shape)
