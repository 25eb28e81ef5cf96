"""Everything that a run is fixed by, before its first round."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware import registry
from hardware.backend import Backend
from hardware.program import Program
from lava_fed.aggregate.aggregator import Aggregator
from lava_fed.aggregate.build import build as build_aggregator
from lava_fed.attack.labels import flipped
from lava_fed.codec.build import build as build_codec
from lava_fed.config import FederationConfig
from lava_fed.config.options import check_options
from lava_fed.continual.tasks import at, exams
from lava_fed.coordinator.checks import check_fit, check_setup
from lava_fed.data.sets import open_set
from lava_fed.data.steps import with_steps
from lava_fed.learning.samples import Samples, labels_of
from lava_fed.local.trainer import Trainer, Work
from lava_fed.messages.task import SEED_LIMIT
from lava_fed.messages.wire import Wire
from lava_fed.mismatched import device_programs
from lava_fed.partition.deal import deal
from lava_fed.shared import Shared
from lava_fed.skew.apply import skewed


@dataclass(frozen=True, eq=False)
class Setup:
    """A config with everything that it names.

    Attributes
    ----------
    config : FederationConfig
        The config.
    shared : Shared
        What is trained, of which Program.
    train, test : Samples
        All devices' samples; the samples that judge.
    parts : mapping of str to int64 array
        Indices into ``train`` of each device, by name, in the devices' order.
    """

    config: FederationConfig
    shared: Shared
    train: Samples
    test: Samples
    parts: Mapping[str, NDArray[np.int64]]

    @classmethod
    def prepare(cls, config: FederationConfig) -> Setup:
        """Load what the config names, check that it fits together, and deal out the samples.

        Raises
        ------
        LavaFedError
            Where a file is missing or unsound, or Program, data and devices do not fit.
        """
        program = Program.load(config.program_path)
        shared = Shared.of(program, config.program.share)
        train, test = open_set(config.data, config.folder, program)
        check_fit(program, train, "the training data")
        check_fit(program, test, "the test data")
        # The entropy of a task begins with a seed below 2^31; so this stream is apart from all of theirs.
        rng = np.random.default_rng(np.random.SeedSequence([SEED_LIMIT, config.run.seed]))
        parts = deal(config.devices, labels_of(train), train.owners, rng)
        setup = cls(config, shared, train, test, parts)
        check_setup(setup)
        return setup

    @property
    def program(self) -> Program:
        """What is trained."""
        return self.shared.program

    @property
    def names(self) -> tuple[str, ...]:
        """The devices, in order."""
        return tuple(self.parts)

    @property
    def work(self) -> Work:
        """What devices do in each round."""
        work, rounds = self.config.work, self.config.rounds
        return Work(
            passes=rounds.passes,
            samples=rounds.samples,
            proximal=work.proximal,
            ewc=work.ewc,
            replay=work.replay,
            joules=work.joules,
            seconds=work.seconds,
        )

    @cached_property
    def sizes(self) -> dict[str, int]:
        """Samples of each device."""
        return {name: len(part) for name, part in self.parts.items()}

    @cached_property
    def exams(self) -> tuple[Samples, ...]:
        """Test samples of each task."""
        return exams(self.config.tasks, self.test)

    def aggregator(self) -> Aggregator:
        """Return what combines updates."""
        return build_aggregator(self.config.aggregate, self.shared, self.config.asynchronous.staleness)

    def wire(self) -> Wire:
        """Return how coordinator and devices write to each other."""
        return Wire(self.shared, build_codec(self.config.uplink))

    def trainer(self, backend: str) -> Trainer:
        """Return what learns on devices of a backend.

        Raises
        ------
        LavaFedError
            Where no trainer has the config's name, or an option is none of its own or of another type.
        """
        work = self.config.work
        trainer = registry.find_class("trainer", work.method, Trainer)  # type: ignore[type-abstract]
        check_options(work.options, "work.options", [(work.method, trainer)], without=("backend",))
        made: Trainer = trainer(available_backend(backend), **work.options)
        return made

    def with_program(self, program: Program) -> Setup:
        """Return the same setup with an equal Program, for example the frozen copy."""
        return replace(self, shared=Shared(program, self.shared.names))

    def programs(self) -> Mapping[str, Program]:
        """Return the Program of each device: its own where chips are imperfect."""
        return self.chips(self.names)

    def chips(self, names: Sequence[str]) -> Mapping[str, Program]:
        """Return the Program of some devices."""
        mismatch, seed = self.config.devices.mismatch, self.config.run.seed
        if not mismatch.profile:
            return dict.fromkeys(names, self.program)
        path = self.config.folder / mismatch.profile
        profile = str(path) if path.suffix == ".toml" else mismatch.profile
        return device_programs(self.program, profile, mismatch.severity, names, seed, self.shared.names)

    def device_data(self) -> dict[str, Callable[[int], Samples]]:
        """Return for each device what tells its samples in a turn."""
        config = self.config
        found: dict[str, Callable[[int], Samples]] = {}
        for index, (name, part) in enumerate(self.parts.items()):
            samples = self.train.only(part)
            if name in config.devices.steps:
                samples = with_steps(self.train, config.devices.steps[name]).only(part)
            samples = skewed(config.devices.skew, samples, index, config.run.seed)
            if config.attack.kind == "label_flip" and index < config.attack.devices:
                samples = flipped(samples)
            found[name] = at(config.tasks, samples, name, config.run.seed)
        return found

    def class_counts(self) -> NDArray[np.int64]:
        """Count the samples of each class on each device, shape (devices, classes)."""
        labels = labels_of(self.train)
        classes = int(labels.max()) + 1
        return np.stack([np.bincount(labels[part], minlength=classes) for part in self.parts.values()])

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
