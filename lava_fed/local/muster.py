"""All devices of a run, in this process."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from lava_fed.coordinator.setup import Setup
from lava_fed.local.device import Device, Kit
from lava_fed.local.memory import Memory
from lava_fed.messages.wire import Versions
from lava_fed.runs.run import DEVICES


def muster(setup: Setup, out: Path, versions: Versions, stack: ExitStack) -> list[Device]:
    """Make the devices of a run, in the order of their names in the config.

    Parameters
    ----------
    setup : Setup
        The run.
    out : Path
        Its directory, where devices keep their memory.
    versions : callable
        Returns the global weights of a version.
    stack : ExitStack
        Releases what devices hold.
    """
    config, data, programs = setup.config, setup.device_data(), setup.programs()
    kits: dict[str, Kit] = {}
    devices = []
    for name in setup.names:
        backend = config.devices.backends.get(name, config.devices.backend)
        if backend not in kits:
            trainer = stack.enter_context(setup.trainer(backend))
            kits[backend] = Kit(setup.wire(), trainer, setup.work, versions, config.uplink.feedback)
        memory = Memory(out / DEVICES / name)
        devices.append(Device(name, programs[name], data[name], kits[backend], memory))
    return devices
