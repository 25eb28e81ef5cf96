"""What of a config can be known to be wrong before the first round."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardware.checks import check_learn, check_run
from hardware.errors import LavaFedError
from hardware.program import Program
from lava_fed.aggregate.guarded import check_guarded, check_in_time
from lava_fed.config.crowd import crowded
from lava_fed.continual.tasks import check_classes, exams
from lava_fed.errors import ConfigError
from lava_fed.learning.samples import Samples, labels_of
from lava_fed.ledger.channel import find_channel
from lava_fed.local.replay import Replay

if TYPE_CHECKING:
    from lava_fed.coordinator.setup import Setup


def check_setup(setup: Setup) -> None:
    """Build whatever has a name in the config, once, and compare what must go together.

    Raises
    ------
    LavaFedError
        Naming what does not exist or does not fit.
    """
    config, devices = setup.config, setup.config.devices
    for problem in crowded(config, len(setup.names)):
        raise ConfigError(problem)
    replies = config.asynchronous.buffer or config.rounds.together(len(setup.names))
    aggregator = setup.aggregator()
    check_guarded(aggregator, setup.names, replies)
    check_in_time(aggregator, config.asynchronous.buffer)
    setup.wire().codec.check(setup.shared)
    find_channel(config.network.radio)
    for name in sorted({devices.backend, *devices.backends.values()}):
        with setup.trainer(name) as trainer:
            trainer.check(setup.shared, setup.work)
    for table, names in (("backends", devices.backends), ("steps", devices.steps)):
        for name in names:
            if name not in setup.parts:
                raise ConfigError(
                    f"devices.{table} has {name!r}, and there is no such device; "
                    f"they are {', '.join(setup.names[:3])} to {setup.names[-1]}"
                )
    _check_chips(setup)
    check_classes(config.tasks, setup.train)
    exams(config.tasks, setup.test)
    data = setup.device_data()
    for name in devices.steps:
        check_fit(setup.program, data[name](1), f"the training data of {name}")
    for name in (setup.names[0], *devices.steps):
        Replay(config.work.replay, config.run.seed).with_shown(data[name](1).take(slice(1)))


def check_fit(program: Program, data: Samples, what: str) -> None:
    """Check that samples suit a Program.

    Parameters
    ----------
    program : Program
        What they are shown to.
    data : Samples
        Labelled samples.
    what : str
        Whose they are, for errors.

    Raises
    ------
    ConfigError
        Saying what does not fit.
    """
    labels, output = labels_of(data), program.network.output
    try:
        first = data.take(slice(1))
        check_run(program.network, first.x, (), learning=False)
        if program.network.plastic:
            check_learn(program.network, first.x, first.labels, 0)
    except LavaFedError as error:
        raise ConfigError(f"{what} ({data.title}) do not fit the Program: {error}") from error
    if int(labels.max()) >= output.units:
        raise ConfigError(
            f"{what} ({data.title}) have {int(labels.max()) + 1} classes, but the output layer "
            f"{output.name!r} only {output.units} units"
        )


def _check_chips(setup: Setup) -> None:
    """Check that chips that should differ do."""
    mismatch = setup.config.devices.mismatch
    if not mismatch.profile or not mismatch.severity:
        return
    if all(setup.chips((name,))[name].digest == setup.program.digest for name in setup.names):
        raise ConfigError(
            f"devices.mismatch: profile {mismatch.profile!r} leaves all {len(setup.names)} devices perfect; what "
            "it changes are weights that learn or are shared, which every round writes anew, or it is too weak to "
            "strike any; take another profile or severity, or leave it out"
        )
