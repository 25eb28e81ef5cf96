"""The samples that a federation's config names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hardware.encoder import Encoder
from hardware.program import Program
from lava_fed.config.data import DataConfig
from lava_fed.data import archive, registry
from lava_fed.data.har import Windows
from lava_fed.data.held import Held
from lava_fed.data.images import Images
from lava_fed.data.nmnist import Recordings
from lava_fed.data.speech_commands import Utterances
from lava_fed.data.steps import with_steps
from lava_fed.errors import ConfigError
from lava_fed.learning.samples import Samples


def open_set(data: DataConfig, folder: Path, program: Program) -> tuple[Samples, Samples]:
    """Open the samples to learn from, those that judge.

    Parameters
    ----------
    data : DataConfig
        A named set, perhaps with the folder that it is read from; a folder of the MNIST family; or two archives.
    folder : Path
        Where relative paths start.
    program : Program
        What will learn; real numbers, of archives or of a folder's images, go through its encoder.

    Returns
    -------
    train, test : Samples
        In the order of the set.

    Raises
    ------
    LavaFedError
        Where there is no such set, or a file is missing or unsound.
    """
    encoder = program.network.encoder
    if not (data.name or data.folder):
        train, test = (archive.read(folder / which, encoder=encoder) for which in (data.train, data.test))
        return train, test
    if encoder is not None and data.name in _READ:
        raise ConfigError(
            f"data set {data.name!r} is plain spikes, and the Program's input block encodes real numbers; give "
            "archives (data.train, data.test) with the real values instead"
        )
    opened = [_open(data, which, folder / data.folder, encoder) for which in (data.train, data.test)]
    if data.limit:
        opened[0] = opened[0].only(slice(data.limit))
    return opened[0], opened[1]


def _open(data: DataConfig, split: str, folder: Path, encoder: Encoder | None) -> Samples:
    if data.name in registry.names():
        if data.folder:
            raise ConfigError(f"data set {data.name!r} comes with this package; leave data.folder out")
        images = registry.images(data.name, split, data.steps)
        return images if encoder is None else Held.grey(images, encoder)
    if data.name and data.name not in _READ:
        known = ", ".join([*registry.names(), *_READ])
        raise ConfigError(f"no data set is called {data.name!r}; known: {known}")
    if not data.folder:
        raise ConfigError(f"data set {data.name!r} is read from your files; say where they are with data.folder")
    read: Callable[[Path, str], Samples] = _READ[data.name] if data.name else Images.read
    samples = read(folder, split)
    if encoder is not None and isinstance(samples, Images):
        samples = Held.of(samples, encoder)
    return with_steps(samples, data.steps) if data.steps else samples


def _utterances(folder: Path, split: str) -> Utterances:
    return Utterances.read(folder).of(split)


_READ: dict[str, Callable[[Path, str], Samples]] = {
    "nmnist": Recordings.read,
    "speech_commands": _utterances,
    "uci_har": Windows.read,
}
