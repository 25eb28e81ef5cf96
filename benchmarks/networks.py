"""The networks that are measured, each with its input.

Three come with lava-dl: an MNIST classifier and the spiking and the sigma-delta PilotNet. Two are synthetic: the
size of the demo's network, and one dense layer that shows what adding weights costs where nothing else does.
"""

from __future__ import annotations

import gzip
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compile.pipeline import compile_model
from hardware.chip.known import LOIHI2
from hardware.errors import LavaFedError
from hardware.network import Connection, Layer, Network
from hardware.neurons.cuba import Cuba
from hardware.program import Program
from hardware.synapses.dense import Dense

MNIST = Path(__file__).resolve().parents[2] / "shared" / "data" / "mnist" / "t10k-images-idx3-ubyte.gz"
"""Where the test images are looked for; ``--mnist FILE`` names another place."""
DISTINCT = 1000
"""Most different samples; larger batches repeat them."""


@dataclass(frozen=True)
class Workload:
    """A network with its input.

    Attributes
    ----------
    name : str
        For tables and ``--only``.
    source : callable
        Makes the Program.
    draw : callable
        Makes input for a Program: int32 or uint8, shape (samples, units) for images that are held over all steps,
        else (samples, steps, units).
    input_note : str
        What the input is.
    steps : int
        Steps of a sample.
    file : Path or None
        The ``.net`` file, which Lava's own users would load.
    """

    name: str
    source: Callable[[], Program]
    draw: Callable[[Program], NDArray[Any]]
    input_note: str
    steps: int
    file: Path | None = None

    @cached_property
    def program(self) -> Program:
        """The compiled network."""
        return self.source()

    @cached_property
    def input(self) -> NDArray[Any]:
        """Its input, as ``draw`` makes it."""
        return self.draw(self.program)


def workloads(mnist: Path = MNIST) -> tuple[Workload, ...]:
    """Return all networks that can be made here, in the order of tables; those of lava-dl need its wheel.

    Parameters
    ----------
    mnist : Path
        MNIST's test images, gzipped IDX.
    """
    made = [
        Workload("64-64-10", small, lambda program: _plain(program, 32, 0.3), "random spikes, 30 %", 32),
        Workload("dense 1024", dense_layer, lambda program: _plain(program, 32, 0.2), "random spikes, 20 %", 32),
    ]
    folder = lava_dl_networks()
    if folder is None:
        return tuple(made)
    images, note = digits(mnist)
    lif, sdnn = folder / "gts/pilotnet_lif", folder / "gts/pilotnet_sdnn"
    shipped = [
        Workload("mnist", _compiled(folder / "mnist.net"), _encoded(images), note, 32, folder / "mnist.net"),
        Workload(
            "pilotnet_lif",
            _compiled(lif / "network.net"),
            lambda _: _varied(np.load(lif / "image.npy").transpose(2, 1, 0) * 64, 2048, 200),
            "its recorded image, shifted and perturbed for each sample",
            16,
            lif / "network.net",
        ),
        Workload(
            "pilotnet_sdnn",
            _compiled(sdnn / "network.net"),
            lambda _: _varied(np.load(sdnn / "input.npy")[..., 0].transpose(2, 1, 0), 4, 200),
            "its recorded image, shifted and perturbed for each sample",
            16,
            sdnn / "network.net",
        ),
    ]
    return (*shipped, *made)


def chosen(only: str, mnist: Path = MNIST) -> tuple[Workload, ...]:
    """Return the networks whose names contain ``only``.

    Raises
    ------
    LavaFedError
        Where there are none; names all.
    """
    known = workloads(mnist)
    found = tuple(workload for workload in known if only in workload.name)
    if not found:
        names = ", ".join(workload.name for workload in known)
        raise LavaFedError(f"no network is called {only!r}; known here: {names}")
    return found


def lava_dl_networks() -> Path | None:
    """Return the folder of example networks in lava-dl's wheel, or ``None`` where it is not installed."""
    spec = importlib.util.find_spec("lava")
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(next(iter(spec.submodule_search_locations))).parent / "tests/lava/lib/dl/netx"
    return folder if (folder / "mnist.net").exists() else None


def digits(file: Path) -> tuple[NDArray[np.float32], str]:
    """Return images of digits, shape (samples, 784), in 0..1, and what they are."""
    if file.exists():
        raw = np.frombuffer(gzip.decompress(file.read_bytes()), np.uint8, offset=16)
        return raw.reshape(-1, 784)[:DISTINCT].astype(np.float32) / 255, "MNIST's test images"
    from sklearn.datasets import load_digits

    small_images = load_digits().images[:DISTINCT].astype(np.float32) / 16
    scaled = np.pad(small_images.repeat(3, axis=1).repeat(3, axis=2), ((0, 0), (2, 2), (2, 2)))
    return scaled.reshape(-1, 784), "scikit-learn's digits, scaled up, because MNIST's test images were not found"


def small() -> Program:
    """Make a network of the demo's size, with random weights."""
    rng = np.random.default_rng(0)
    layers = [Cuba(4096, 123, 80, np.zeros(units, np.int16)) for units in (64, 10)]
    weights = [(rng.integers(-32, 33, shape) * 2).astype(np.int16) for shape in ((64, 64), (10, 64))]
    network = Network(
        inputs=64,
        layers=(Layer("hidden", layers[0]), Layer("readout", layers[1])),
        connections=(
            Connection("input", "hidden", Dense(weights[0])),
            Connection("hidden", "readout", Dense(weights[1])),
        ),
    )
    return Program(network, LOIHI2)


def dense_layer(sources: int = 1024, targets: int = 1024) -> Program:
    """Make one dense layer whose weights fill 8 bits as trained ones do: a bell, cut at its ends."""
    rng = np.random.default_rng(0)
    weights = np.clip(np.rint(rng.normal(0, 28, (targets, sources))), -128, 127).astype(np.int16) * 2
    neuron = Cuba(4096, 1024, 1200, np.zeros(targets, np.int16))
    connection = Connection("input", "layer", Dense(weights.astype(np.int16)))
    return Program(Network(sources, (Layer("layer", neuron),), (connection,)), LOIHI2)


def _compiled(file: Path) -> Callable[[], Program]:
    return lambda: compile_model(file)


def _encoded(images: NDArray[np.float32]) -> Callable[[Program], NDArray[Any]]:
    def draw(program: Program) -> NDArray[Any]:
        encoder = program.network.encoder
        if encoder is None:
            raise LavaFedError("this network takes no images, it has no encoder")
        return encoder(images)

    return draw


def _plain(program: Program, steps: int, density: float) -> NDArray[np.uint8]:
    rng = np.random.default_rng(1)
    shape = (DISTINCT // 4, steps, program.network.inputs)
    return (rng.random(shape, np.float32) < density).astype(np.uint8)


def _varied(image: NDArray[Any], noise: int, samples: int) -> NDArray[np.int32]:
    """Return copies of an image of shape (channels, rows, columns), rolled sideways and with noise added."""
    rng = np.random.default_rng(2)
    whole = image.astype(np.int32)
    first = [whole.ravel()]
    for shift in range(1, samples):
        rolled = np.roll(whole, shift % whole.shape[2], axis=2)
        first.append((rolled + rng.integers(-noise, noise + 1, rolled.shape)).astype(np.int32).ravel())
    return np.stack(first)
