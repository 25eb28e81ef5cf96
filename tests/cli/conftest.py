"""What the tests of the command line share: a caller, a small model, its Program and spikes for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from cli.main import main
from compile.pipeline import compile_model
from hardware.program import Program
from hardware.spikes import SpikeTrain
from lava_fed.data import archive
from lava_fed.data.dataset import DataSet

CONFIG = """
[program]
path = "learner.h5"
[data]
train = "data.npz"
test = "data.npz"
[devices]
count = 3
partition = "iid"
minimum = 2
[rounds]
count = 2
[run]
seed = 3
"""


@dataclass(frozen=True)
class Said:
    """Exit code and everything that a command said."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout; anything else there is an error."""
        return json.loads(self.out)


@pytest.fixture
def lava_fed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Said]:
    """Call a command in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def call(*words: str) -> Said:
        capsys.readouterr()
        code = main(words)
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return call


def write_net(path: Path, *weights: np.ndarray, kind: bytes = b"dense") -> None:
    """Write a model as SLAYER exports it: dense layers of CUBA neurons."""
    with h5py.File(path, "w") as file:
        for index, matrix in enumerate(weights):
            layer = file.create_group(f"layer/{index}")
            layer["type"] = np.array([kind], "S10")
            layer["shape"] = np.array([matrix.shape[0]])
            layer["inFeatures"], layer["outFeatures"] = matrix.shape[1], matrix.shape[0]
            layer["weight"] = matrix.astype(np.float32)
            neuron = layer.create_group("neuron")
            neuron["type"] = np.bytes_("CUBA").astype(object)
            neuron["gradedSpike"] = False
            neuron["iDecay"], neuron["vDecay"], neuron["vThMant"], neuron["refDelay"] = 4096, 128, 30, 1


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model of 6 inputs, 5 hidden and 3 output units."""
    rng = np.random.default_rng(1)
    path = tmp_path / "model.net"
    write_net(path, 2 * rng.integers(-10, 20, (5, 6)), 2 * rng.integers(-10, 20, (3, 5)))
    return path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """24 samples of 16 steps; the two input units of a class fire most."""
    rng = np.random.default_rng(2)
    y = np.arange(24) % 3
    rates = np.where(np.arange(6)[None, :] // 2 == y[:, None], 0.8, 0.1)
    x = rng.random((24, 16, 6)) < rates[:, None, :]
    path = tmp_path / "data.npz"
    archive.write(path, DataSet(SpikeTrain(x.astype(np.uint8)), y.astype(np.int32), 3, "stripes"))
    return path


@pytest.fixture
def program(model: Path, tmp_path: Path) -> Path:
    """The model as a Program file."""
    path = tmp_path / "program.h5"
    compile_model(model).save(path)
    return path


@pytest.fixture
def learner(model: Path, tmp_path: Path) -> Path:
    """The model as a Program file whose readout learns from zero."""
    path = tmp_path / "learner.h5"
    compile_model(model, learn="supervised", fresh=True).save(path)
    return path


@pytest.fixture
def config(learner: Path, data: Path, tmp_path: Path) -> Path:
    """A federation of three devices and two rounds."""
    path = tmp_path / "config.toml"
    path.write_text(CONFIG)
    return path


def digest_of(path: Path) -> str:
    """The digest of a Program file."""
    return Program.load(path).digest
