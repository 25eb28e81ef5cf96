"""How time and memory grow, over two decades of one size after the other.

Sizes are chosen so that what a run costs however small it is, a few tenths of a millisecond, is below a tenth of
the smallest point. Memory is that of the peak over what was held before the network was loaded, in a process that
hands freed memory back at once: tables, states and output; input and Program are there before. All but devices run
on one thread, so that no thread's beginning is measured.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.child import ROOT, ContenderError, own_python
from benchmarks.exponent import exponent
from benchmarks.measure import Tell
from benchmarks.networks import dense_layer
from benchmarks.results import Series
from hardware.chip.known import LOIHI2
from hardware.emulator.engine import EmulatorBackend, EmulatorSession
from hardware.learning import supervised
from hardware.network import Connection, Layer, Network
from hardware.neurons.cuba import Cuba
from hardware.program import Program
from hardware.spikes import SpikeTrain
from hardware.synapses.dense import Dense
from hardware.synapses.sparse import Sparse

Work = Callable[[], object]
_BACK_AT_ONCE = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}
LOW, HIGH = 0.9, 1.1
"""The bar for exponents."""


@dataclass(frozen=True)
class Growth:
    """A size that grows.

    Attributes
    ----------
    name : str
        What grows.
    unit : str
        What sizes count, for the axis.
    sizes : tuple of int
        Over two decades.
    make : callable
        Makes what is loaded and run at a size: a function that loads, and returns one that runs.
    note : str
        What is held constant.
    memory : bool
        Whether memory is measured too.
    """

    name: str
    unit: str
    sizes: tuple[int, ...]
    make: Callable[[int], Callable[[], Work]]
    note: str
    memory: bool = True


def growths() -> tuple[Growth, ...]:
    """Return all sizes that are grown."""
    return (
        Growth("neurons", "neurons", _decades(20_000), _neurons, "each with one synapse, 10 % spikes, 16 steps"),
        Growth(
            "synapses", "synapses", _decades(500_000), _synapses, "250 inputs, 20 % spikes, 16 steps, 16 samples"
        ),
        Growth("batch", "samples", _decades(500), _batch, "64-64-10, random spikes of 30 %, 32 steps"),
        Growth(
            "spikes",
            "messages into a layer",
            (5, 10, 20, 50, 100, 200, 500),
            _density,
            "4096 to 2048, 0.5 to 50 % spikes, 32 steps, 16 samples; what a step costs without any is taken off",
            memory=False,
        ),
        Growth(
            "devices", "devices that learn", _decades(50), _devices, "64-64-10, each with 2 samples of 32 steps"
        ),
    )


def measure_growth(tell: Tell, only: str = "", *, quick: bool = False) -> list[Series]:
    """Measure all growths whose names contain ``only``, each in a process of its own.

    Parameters
    ----------
    tell : callable
        Called with what is being done.
    only : str
        Part of a name.
    quick : bool
        At every other size.

    Returns
    -------
    list of Series
        Where a growth cannot be measured, such as for noise, with the reason.
    """
    found: list[Series] = []
    for growth in growths():
        if only not in growth.name:
            continue
        tell(f"growth: {growth.name}")
        measured = [("time", "s", "seconds")] + [("memory", "bytes", "bytes")] * growth.memory
        try:
            points, reason = _points(growth, growth.sizes[:: 2 if quick else 1]), ""
        except ContenderError as error:
            points, reason = [], str(error)
        for of, unit, field in measured:
            sizes, values = [point["size"] for point in points], [point[field] for point in points]
            found.append(
                Series(
                    name=growth.name,
                    of=of,
                    unit=unit,
                    note=f"{growth.unit}; {growth.note}",
                    sizes=sizes,
                    values=values,
                    exponent=exponent(sizes, values) if points else 0.0,
                    reason=reason,
                )
            )
    return found


def _points(growth: Growth, sizes: tuple[int, ...]) -> list[dict[str, float]]:
    """Let ``benchmarks.growth_points`` measure; blocks of memory from 64 KiB on go back when they are freed."""
    done = subprocess.run(
        [str(own_python()), "-m", "benchmarks.growth_points", growth.name, *map(str, sizes)],
        cwd=ROOT,
        env=os.environ | (_BACK_AT_ONCE if growth.memory else {}),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]
        raise ContenderError(last)
    points: list[dict[str, float]] = json.loads(done.stdout)
    return points


def _decades(first: int) -> tuple[int, ...]:
    return tuple(round(first * 10 ** (index / 2)) for index in range(5))


def _plain(samples: int, steps: int, units: int, density: float) -> SpikeTrain:
    rng = np.random.default_rng(1)
    return SpikeTrain((rng.random((samples, steps, units), np.float32) < density).astype(np.uint8))


def _session(program: Program, spikes: SpikeTrain, layers: Sequence[str] | None = None) -> Callable[[], Work]:
    def load() -> Work:
        session = EmulatorSession(program, threads=1)
        return lambda: session.run(spikes, layers=layers)

    return load


def _neurons(size: int) -> Callable[[], Work]:
    weights = np.full(size, 100, np.int16)
    layer = Layer("layer", Cuba(4096, 400, 90, np.zeros(size, np.int16)))
    network = Network(size, (layer,), (Connection("input", "layer", Sparse.diagonal(weights)),))
    return _session(Program(network, LOIHI2), _plain(2, 16, size, 0.1))


def _synapses(size: int) -> Callable[[], Work]:
    return _session(dense_layer(250, size // 250), _plain(16, 16, 250, 0.2))


def _batch(size: int) -> Callable[[], Work]:
    return _session(_learner(learns=False), _plain(size, 32, 64, 0.3))


def _density(size: int) -> Callable[[], Work]:
    return _session(dense_layer(4096, 2048), _plain(16, 32, 4096, size / 1000), ())


def _devices(size: int) -> Callable[[], Work]:
    spikes, labels = _plain(2, 32, 64, 0.3), np.arange(2)
    program = _learner(learns=True)

    def load() -> Work:
        group = EmulatorBackend().load_devices([program] * size)
        return lambda: group.learn(spikes, labels, seeds=list(range(size)))

    return load


def _learner(*, learns: bool) -> Program:
    rng = np.random.default_rng(0)
    method = supervised()
    rule, teacher = (method.rule, method.teacher) if learns else (None, None)
    hidden, readout = (Cuba(4096, 123, 80, np.zeros(units, np.int16)) for units in (64, 10))
    weights = [(rng.integers(-32, 33, shape) * 2).astype(np.int16) for shape in ((64, 64), (10, 64))]
    connections = (
        Connection("input", "hidden", Dense(weights[0])),
        Connection("hidden", "readout", Dense(weights[1]), rule),
    )
    return Program(Network(64, (Layer("hidden", hidden), Layer("readout", readout, teacher)), connections), LOIHI2)
