"""Four devices with different digits learn one readout together, without the command line.

The devices' data stay where they are: integer weight changes travel, and their exact weighted average moves the
coordinator's master weights.
"""

import tempfile
from pathlib import Path

import numpy as np

from hardware.chip.known import LOIHI2
from lava_fed import Connection, Cuba, Dense, Layer, Network, Observer, Program, federate, supervised
from lava_fed.config import parse

method = supervised()
hidden = (np.random.default_rng(0).normal(0, 12, (64, 64)).round() * 2).astype(np.int16)
network = Network(
    inputs=64,
    layers=(
        Layer("hidden", Cuba(4096, 123, 250, np.zeros(64, np.int16))),
        Layer("readout", Cuba(4096, 123, 80, np.zeros(10, np.int16)), method.teacher),
    ),
    connections=(
        Connection("input", "hidden", Dense(hidden)),
        Connection("hidden", "readout", Dense(np.zeros((10, 64), np.int16)), method.rule),
    ),
)


class Narrator(Observer):
    """Says what each round came to."""

    def round_done(self, record):
        """Print one line."""
        worst, best = min(record.device_accuracy.values()), max(record.device_accuracy.values())
        print(
            f"round {record.round}: global {record.accuracy:6.1%}, devices {worst:6.1%} to {best:6.1%}, "
            f"{record.bytes_up + record.bytes_down} bytes"
        )


with tempfile.TemporaryDirectory() as name:
    folder = Path(name)
    Program(network, LOIHI2).save(folder / "digits.h5")
    config = parse(
        {
            "program": {"path": "digits.h5"},
            "data": {"name": "digits"},
            "devices": {"count": 4, "alpha": 0.3},
            "rounds": {"count": 4},
            "run": {"seed": 1, "baselines": False},
        },
        folder,
        "this script",
    )
    result = federate(config, folder / "run", observer=Narrator())
    print("digest of the learned Program:", result.program.digest[:16])
