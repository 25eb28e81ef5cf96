"""Federations of devices that are not alike."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hardware.errors import LavaFedError
from lava_fed.config import load
from lava_fed.coordinator.rounds import FederationResult, federate
from lava_fed.coordinator.setup import Setup
from lava_fed.data import archive, registry
from lava_fed.data.dataset import DataSet
from lava_fed.data.owners import Owners

Configured = Callable[..., Path]


def run(path: Path, folder: Path, *tables: str) -> FederationResult:
    """Run a config with some tables more."""
    path.write_text(path.read_text() + "\n" + "\n".join(tables))
    return federate(load(path), folder)


def digest(result: FederationResult) -> str:
    return str(result.records[-1].weights_digest)


@pytest.mark.parametrize("partition", ["iid", "classes", "dominant", "quantity"])
def test_every_partition_deals_samples_out(config: Configured, partition: str) -> None:
    setup = Setup.prepare(load(config(devices={"count": 5, "partition": partition})))
    assert setup.names == tuple(f"device-{number}" for number in range(5))
    assert setup.class_counts().sum() == sum(setup.sizes.values()) <= 1137
    held = (setup.class_counts() > 0).sum(axis=1)
    assert held.max() <= (2 if partition == "classes" else 10)


def owned(folder: Path, config: Configured) -> Path:
    """Write a config whose samples belong to three people."""
    for split in ("device", "test"):
        made = registry.load("digits", split, 16).take(slice(120))
        owners = Owners(("ann", "bob", "eve"), np.arange(120) % 3)
        archive.write(folder / f"{split}.npz", DataSet(made.x, made.y, 10, "t", owners=owners))
    path = config(rounds={"count": 1}, devices={"count": None, "alpha": None, "partition": "natural"})
    path.write_text(
        path.read_text().replace('name = "digits"\nsteps = 16', 'train = "device.npz"\ntest = "test.npz"')
    )
    return path


def test_owners_are_devices(tmp_path: Path, config: Configured) -> None:
    path = owned(tmp_path, config)
    result = run(path, tmp_path / "run", '[devices.backends]\nbob = "emulator"')
    assert dict(result.records[0].samples) == {"ann": 40, "bob": 40, "eve": 40}


def test_settings_that_want_more_devices_than_the_data_have_owners_are_said(
    tmp_path: Path, config: Configured
) -> None:
    path = owned(tmp_path, config)
    with pytest.raises(LavaFedError, match="aggregate.edges is 4, it must be at most the number of devices, 3"):
        run(path, tmp_path / "run", "[aggregate]\nedges = 4")


def test_data_that_name_no_owners_are_said(tmp_path: Path, config: Configured) -> None:
    path = config(devices={"count": None, "alpha": None, "partition": "natural"})
    with pytest.raises(LavaFedError, match="this data set does not say; add an array owner"):
        run(path, tmp_path / "run")


@pytest.mark.parametrize(
    "table",
    [
        '[devices.skew]\ntransform = "rotation"\namount = 30',
        '[devices.skew]\ntransform = "thinning"\namount = 0.5',
        '[devices.mismatch]\nprofile = "mixed-signal"\nseverity = 2.0',
        "[devices.steps]\ndevice-1 = 24\ndevice-3 = 8",
    ],
)
def test_devices_that_differ_learn_something_else_and_reproducibly(
    tmp_path: Path, config: Configured, table: str
) -> None:
    alike = run(config(rounds={"count": 1}), tmp_path / "alike")
    first = run(config(rounds={"count": 1}), tmp_path / "first", table)
    frozen = federate(load(tmp_path / "first" / "config.toml"), tmp_path / "frozen")
    assert digest(first) == digest(frozen) != digest(alike)


def test_a_profile_of_ones_own_lies_beside_the_config(config: Configured) -> None:
    path = config()
    faults = 'name = "own"\ntitle = "t"\nsource = "assumed"\n[faults]\nstuck_weights = 0.3\nstuck_at = "zero"\n'
    (path.parent / "own.toml").write_text(faults)
    path.write_text(path.read_text() + '\n[devices.mismatch]\nprofile = "own.toml"')
    setup = Setup.prepare(load(path))
    chips = [each.network.connection("input->hidden").synapse.weights for each in setup.programs().values()]
    perfect = setup.program.network.connection("input->hidden").synapse.weights
    assert all(abs(np.mean(each[perfect != 0] == 0) - 0.3) < 0.05 for each in chips)
    assert np.any(chips[0] != chips[1])


def test_what_judges_is_never_transformed(tmp_path: Path, config: Configured) -> None:
    path = config(rounds={"count": 1})
    plain = Setup.prepare(load(path))
    path.write_text(path.read_text() + '\n[devices.skew]\ntransform = "rotation"\namount = 90')
    turned = Setup.prepare(load(path))
    assert turned.test.digest == plain.test.digest
    one, other = (setup.device_data()["device-1"](1) for setup in (plain, turned))
    assert one.digest != other.digest and len(one) == len(other)


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        (
            '[devices.skew]\ntransform = "sensor_turn"\namount = 30',
            "'sensor_turn' does not suit handwritten digits",
        ),
        ('[devices.skew]\ntransform = "rotation"\namount = 300', "devices.skew.amount 300 must lie in 0..180"),
        ('[devices.mismatch]\nprofile = "unheard"', "no device profile is called 'unheard'"),
        (
            '[aggregate]\nname = "bulyan"\noptions = { attackers = 1 }',
            "attackers is 1, and rule 'bulyan' needs 7 changes to stand so many, but a round has 4",
        ),
        (
            '[aggregate]\nname = "trimmed_mean"\nedges = 2\noptions = { attackers = 1 }',
            "rule 'trimmed_mean' needs 3 changes to stand so many, but an edge hears 2",
        ),
        (
            '[aggregate]\nname = "multi_krum"\noptions = { keep = 5 }',
            "aggregate.options.keep is 5, but a round has 4 changes",
        ),
        ("[devices.steps]\ndevice-1 = 12", "a sample of 12 steps is not a whole number of learning epochs of 8"),
    ],
)
def test_what_does_not_fit_is_said_before_the_first_round(
    tmp_path: Path, config: Configured, table: str, problem: str
) -> None:
    with pytest.raises(LavaFedError, match=problem):
        run(config(rounds={"count": 1}), tmp_path / "run", table)
    assert not (tmp_path / "run" / "rounds").exists()
