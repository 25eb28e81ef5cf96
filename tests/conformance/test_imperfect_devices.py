"""What an imperfect device makes of Programs of every kind runs alike on every backend."""

from __future__ import annotations

import pytest

from hardware import registry
from hardware.backend import Backend
from hardware.emulator.reference import ReferenceBackend
from hardware.mismatch.apply import imperfect
from hardware.mismatch.profile import DeviceProfile, Faults, Variation
from tests.conformance.comparison import assert_same, every_state
from tests.every_kind import EVERY_KIND
from tests.side_by_side import Group, groups

PROFILE = DeviceProfile("all", "all", "test", Variation(0.2, 0.2, 0.2), Faults(0.2, 0.1, 0.05, "any", 0.01))
GROUPS = groups(EVERY_KIND)
CASES = [pytest.param("emulator", group, id=f"emulator-{group}") for group in GROUPS]
CASES += [pytest.param("lava", group, id=f"lava-{group}", marks=pytest.mark.lava) for group in GROUPS[::6]]


@pytest.mark.parametrize(("backend", "group"), CASES)
def test_an_imperfect_device_is_the_same_on_every_backend(backend: str, group: Group) -> None:
    chosen: Backend = registry.find("backend", backend)()
    if not chosen.availability().ok:
        pytest.skip(chosen.availability().reason)
    program = imperfect(group.program, PROFILE, device="device-1").program
    assert program.digest != group.program.digest
    probes = every_state(program)
    with chosen.load(program) as session, ReferenceBackend().load(program) as reference:
        assert_same(session.run(group.spikes, probes=probes), reference.run(group.spikes, probes=probes))
