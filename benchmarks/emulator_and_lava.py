"""Measure the emulator beside Lava's CPU simulator and SLAYER's forward, on one Program, in one run.

    python -m benchmarks.emulator_and_lava [--samples 20] [--json]

Each contender runs the same 64-64-10 network on the same spikes, in turn, three rounds; the median counts.
Lava is charged with and without its start-up: a second, shorter job tells the two apart.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable

import numpy as np

from hardware.chip import LOIHI2
from hardware.emulator.engine import EmulatorBackend
from hardware.lava.cpu import LavaBackend
from hardware.learning import supervised
from hardware.network import Connection, Layer, Network
from hardware.neurons.cuba import Cuba
from hardware.program import Program
from hardware.spikes import SpikeTrain
from hardware.synapses.dense import Dense

STEPS = 32
ROUNDS = 3


def program(*, learns: bool) -> Program:
    """Make a network like the demo's, with random weights."""
    rng = np.random.default_rng(0)
    rule, teacher = supervised() if learns else (None, None)
    neurons = [Cuba(4096, 123, 80, np.zeros(units, np.int16)) for units in (64, 10)]
    weights = [(rng.integers(-32, 33, shape) * 2).astype(np.int16) for shape in ((64, 64), (10, 64))]
    network = Network(
        inputs=64,
        layers=(Layer("hidden", neurons[0]), Layer("readout", neurons[1], teacher)),
        connections=(
            Connection("input", "hidden", Dense(weights[0])),
            Connection("hidden", "readout", Dense(weights[1]), rule),
        ),
    )
    return Program(network, LOIHI2)


def seconds(work: Callable[[], object]) -> float:
    """Time one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def spikes(samples: int) -> SpikeTrain:
    """Draw spikes at the density of rate-coded digits."""
    rng = np.random.default_rng(1)
    return SpikeTrain((rng.random((samples, STEPS, 64)) < 0.3).astype(np.uint8))


def measure(samples: int) -> dict[str, float]:
    """Return microseconds per step and sample of every contender, and Lava's start-up in seconds."""
    from compile.slayer.forward import quantized_forward

    few, many, batch = spikes(2), spikes(2 + samples), spikes(1000)
    labels = np.random.default_rng(2).integers(0, 10, 1000)
    inference, learning = program(learns=False), program(learns=True)
    emulator, learner = EmulatorBackend().load(inference), EmulatorBackend().load(learning)
    lava, lava_learner = LavaBackend().load(inference), LavaBackend().load(learning)
    contenders: dict[str, tuple[Callable[[], object], int]] = {
        "emulator, one sample at a time": (
            lambda: [emulator.run(batch.take(slice(i, i + 1))) for i in range(100)],
            100,
        ),
        "emulator, a batch of 1000": (lambda: emulator.run(batch), 1000),
        "emulator, learning": (lambda: learner.learn(batch, labels, seed=1), 1000),
        "SLAYER forward, a batch of 1000": (lambda: quantized_forward(inference, batch), 1000),
    }
    for work, _ in contenders.values():
        work()  # compile
    times: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for name, (work, count) in contenders.items():
            times.setdefault(name, []).append(seconds(work) / count / STEPS * 1e6)
        for name, session, learns in (("Lava", lava, False), ("Lava, learning", lava_learner, True)):
            short, long = (
                seconds(
                    lambda s=session, x=x, learns=learns: (
                        s.learn(x, labels[: x.samples], seed=1) if learns else s.run(x)
                    )
                )
                for x in (few, many)
            )
            per_step = (long - short) / samples / STEPS
            times.setdefault(name, []).append(per_step * 1e6)
            times.setdefault(f"{name}: start-up, s", []).append(short - 2 * STEPS * per_step)
    return {name: statistics.median(values) for name, values in times.items()}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0] if __doc__ else "")
    parser.add_argument("--samples", type=int, default=20, help="samples that Lava runs")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    times = measure(options.samples)
    if options.json:
        machine = {"python": platform.python_version(), "processor": platform.machine()}
        print(json.dumps({"microseconds per step and sample": times, "machine": machine}, indent=2))
        return
    for name, value in times.items():
        if "start-up" in name:
            print(f"{name:36} {value:10.2f}")
            continue
        lava = times["Lava, learning" if "learning" in name else "Lava"]
        print(f"{name:36} {value:10.2f} us per step and sample   {lava / value:8.1f} x Lava")


if __name__ == "__main__":
    main()
