"""Everything that a run is fixed by, before its first round."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware import registry
from hardware.backend import Backend
from hardware.checks import check_learn, check_run
from hardware.errors import LavaFedError
from hardware.program import Program
from lava_fed import partition
from lava_fed.config import FederationConfig
from lava_fed.data import archive
from lava_fed.data import registry as data_registry
from lava_fed.data.dataset import DataSet
from lava_fed.errors import ConfigError
from lava_fed.task import SEED_LIMIT


@dataclass(frozen=True, eq=False)
class Setup:
    """A config with everything that it names.

    Attributes
    ----------
    config : FederationConfig
        The config.
    program : Program
        What is trained.
    train, test : DataSet
        All devices' samples; the samples that judge.
    parts : tuple of int64 array
        Indices into ``train`` of each device, in the order of ``config.devices.names``.
    """

    config: FederationConfig
    program: Program
    train: DataSet
    test: DataSet
    parts: tuple[NDArray[np.int64], ...]

    @classmethod
    def prepare(cls, config: FederationConfig) -> Setup:
        """Load what the config names, check that it fits together, and deal out the samples.

        Raises
        ------
        LavaFedError
            Where a file is missing or unsound, or Program, data and devices do not fit.
        """
        program = Program.load(config.program_path)
        train, test = (_data_set(config, which, program) for which in (config.data.train, config.data.test))
        _check_fit(program, train, "the training data")
        _check_fit(program, test, "the test data")
        registry.find("aggregator", config.aggregate)
        for name in sorted({config.devices.backend, *config.devices.backends.values()}):
            available_backend(name)
        # The entropy of a task begins with a seed below 2^31; so this stream is apart from all of theirs.
        rng = np.random.default_rng(np.random.SeedSequence([SEED_LIMIT, config.run.seed]))
        devices = config.devices
        if devices.partition == "iid":
            parts = partition.iid(train.labels, devices.count, rng, minimum=devices.minimum)
        else:
            parts = partition.dirichlet(train.labels, devices.count, devices.alpha, rng, minimum=devices.minimum)
        return cls(config, program, train, test, tuple(parts))

    def with_program(self, program: Program) -> Setup:
        """Return the same setup with an equal Program, for example the frozen copy."""
        return replace(self, program=program)

    def device_data(self) -> dict[str, DataSet]:
        """Return each device's samples, by name."""
        return {
            name: self.train.take(part) for name, part in zip(self.config.devices.names, self.parts, strict=True)
        }

    def class_counts(self) -> NDArray[np.int64]:
        """Count the samples of each class on each device, shape (devices, classes)."""
        labels, classes = self.train.labels, self.train.classes
        return np.stack([np.bincount(labels[part], minlength=classes) for part in self.parts]).astype(np.int64)

    def facts(self) -> dict[str, Any]:
        """Return what decides the result, as JSON values by dotted key."""
        return self.config.settings() | {
            "program": self.program.digest,
            "training data": self.train.digest,
            "test data": self.test.digest,
        }


def available_backend(name: str) -> Backend:
    """Return a backend that can run here.

    Raises
    ------
    LavaFedError
        Where no backend has that name.
    BackendUnavailableError
        Where it cannot run here.
    """
    backend: Backend = registry.find("backend", name)()
    backend.availability().require(f"backend {name!r}")
    return backend


def _data_set(config: FederationConfig, which: str, program: Program) -> DataSet:
    data, encoder = config.data, program.network.encoder
    if not data.name:
        return archive.read(config.folder / which, encoder=encoder)
    if encoder is not None:
        raise ConfigError(
            f"data set {data.name!r} is plain spikes, and the Program's input block encodes real numbers; give "
            "archives (data.train, data.test) with the real values instead"
        )
    return data_registry.load(data.name, which, data.steps)


def _check_fit(program: Program, data: DataSet, what: str) -> None:
    try:
        check_run(program.network, data.x, (), learning=False)
        check_learn(program.network, data.x, data.labels, 0)
    except LavaFedError as error:
        raise ConfigError(f"{what} ({data.title}) do not fit the Program: {error}") from error
    if data.classes > program.network.output.units:
        raise ConfigError(
            f"{what} ({data.title}) have {data.classes} classes, but the output layer "
            f"{program.network.output.name!r} only {program.network.output.units} units"
        )
