"""A small real problem: digits, a fixed random hidden layer, a readout that learns on the emulator."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hardware.chip.known import LOIHI2
from hardware.learning import supervised
from hardware.network import Connection, Layer, Network
from hardware.neurons.cuba import Cuba
from hardware.program import Program
from hardware.synapses.dense import Dense

HIDDEN = 48


@pytest.fixture(scope="session")
def program() -> Program:
    rng = np.random.default_rng(5)
    weights = (rng.integers(-14, 17, (HIDDEN, 64)) * 2).astype(np.int16)
    method = supervised(rate=-6, margin=2048, shift=5, x1_impulse=16, x1_tau=12, epoch=8)
    rule, teacher = method.rule, method.teacher
    hidden = Layer("hidden", Cuba(4096, 256, 120, np.zeros(HIDDEN, np.int16)))
    readout = Layer("readout", Cuba(4096, 128, 80, np.zeros(10, np.int16)), teacher)
    return Program(
        Network(
            64,
            (hidden, readout),
            (
                Connection("input", "hidden", Dense(weights)),
                Connection("hidden", "readout", Dense(np.zeros((10, HIDDEN), np.int16)), rule),
            ),
        ),
        LOIHI2,
        provenance={"made by": "tests/federated"},
    )


BASE = {
    "program": {"path": "digits.h5"},
    "data": {"name": "digits", "steps": 16},
    "devices": {"count": 4, "alpha": 0.5},
    "rounds": {"count": 3},
    "run": {"seed": 7, "workers": 2, "baselines": False},
}


def write_config(folder: Path, program: Program, **changes: dict[str, object]) -> Path:
    """Write the Program and a config that differs from ``BASE`` in some tables."""
    program.save(folder / "digits.h5")
    lines = []
    for name, table in (BASE | {key: BASE.get(key, {}) | value for key, value in changes.items()}).items():
        lines.append(f"[{name}]")
        given = {key: value for key, value in table.items() if value is not None}
        lines += [f"{key} = {str(v).lower() if isinstance(v, bool) else repr(v)}" for key, v in given.items()]
    path = folder / "federation.toml"
    path.write_text("\n".join(lines).replace("'", '"'))
    return path


@pytest.fixture
def config(tmp_path: Path, program: Program) -> Callable[..., Path]:
    """Write a config in this test's folder; the arguments are tables to change."""
    return lambda **changes: write_config(tmp_path, program, **changes)


def files(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder, by relative path."""
    return {
        str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }
