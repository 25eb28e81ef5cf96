"""How fast devices learn: one beside Lava's simulator, and a thousand at once.

python -m benchmarks learning [--only lava|devices] [--devices N] [--hidden N] [--json FILE]

The network is a whole one, 784 inputs, hidden units and ten classes, of which every connection learns by direct
feedback in samples of 16 steps. Inputs are patterns in noise, about as many as an image of a digit has.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from benchmarks.machine import machine
from compile.pipeline import compile_model
from hardware.emulator.engine import EmulatorBackend, EmulatorSession
from hardware.errors import LavaFedError
from hardware.lava.cpu import LavaBackend
from hardware.learning.rule import Rounding
from hardware.program import Program
from hardware.session import Session
from hardware.spikes import SpikeTrain

FORMAT = 1
STEPS, SHOWN, CLASSES = 16, 8, 10
"""Steps of a sample, those with input, and classes."""
ACTIVE, OFTEN = 150, 0.25
"""Inputs that a pattern drives, and how often in a step that is shown."""
BAR, LIMIT = 300.0, 120.0
"""Times faster than Lava; seconds for a thousand devices with 20 samples each."""
PAIRS = 3
"""Turns of ours and Lava's."""


class Beside(TypedDict):
    """One device on both: seconds a sample, Lava's over ours in each turn, whether all weights are the same."""

    network: str
    ours: list[float]
    lava: list[float]
    ratios: list[float]
    equal: bool


class Crowd(TypedDict):
    """Many devices: seconds for all, with the first call apart, and how many cores there were."""

    network: str
    devices: int
    samples: int
    seconds: list[float]
    cores: int


def main(arguments: Sequence[str]) -> int:
    """Run the command; 2 where something can be corrected."""
    options = _parser().parse_args(arguments)
    console, errors = Console(), Console(stderr=True)
    beside, crowd = None, None
    try:
        with errors.status("one device beside Lava") as status:
            if options.only in (None, "lava"):
                beside = beside_lava(options.hidden)
            status.update(f"{options.devices} devices")
            if options.only in (None, "devices"):
                crowd = many_devices(options.hidden, options.devices, options.samples)
    except LavaFedError as error:
        errors.print(f"Error: {error}", markup=False, highlight=False)
        return 2
    if options.json is not None:
        found = {"format": FORMAT, "machine": machine(), "beside": beside, "devices": crowd}
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    console.print(_table(beside, crowd))
    return 0


def beside_lava(hidden: int) -> Beside:
    """Time one device on ours and on Lava's simulator in turn; rounding is shared, as Lava has it."""
    program = _as_lava(whole(hidden))
    ours, theirs = EmulatorSession(program, threads=1), LavaBackend().load(program)
    spikes, labels = patterns(48)
    with ours, theirs:
        fast, slow = _sample_of(ours, spikes, labels), _sample_of(theirs, spikes, labels)
        fast(200), slow(1)
        times = [(fast(2000), slow(24)) for _ in range(PAIRS)]
        equal = _learn_the_same(ours, theirs, spikes, labels, program)
    return Beside(
        network=f"784-{hidden}-{CLASSES}",
        ours=[one for one, _ in times],
        lava=[other for _, other in times],
        ratios=[other / one for one, other in times],
        equal=equal,
    )


def many_devices(hidden: int, devices: int, samples: int) -> Crowd:
    """Time devices that learn at once, each with weights, samples and random streams of its own."""
    program, seconds = whole(hidden), []
    each = [patterns(samples, seed) for seed in range(devices)]
    with EmulatorBackend().load_devices([program] * devices) as group:
        for turn in range(PAIRS):
            start = time.perf_counter()
            group.learn(
                [spikes for spikes, _ in each],
                [labels for _, labels in each],
                seeds=list(range(devices)),
                after=turn * samples,
                layers=(),
            )
            seconds.append(time.perf_counter() - start)
    return Crowd(
        network=f"784-{hidden}-{CLASSES}",
        devices=devices,
        samples=samples,
        seconds=seconds,
        cores=os.cpu_count() or 1,
    )


def whole(hidden: int) -> Program:
    """Return a blank whole network that learns by direct feedback."""
    return compile_model(Path(f"784-{hidden}-{CLASSES}"), learn="direct_feedback", options={"seed": "1"})


def patterns(samples: int, seed: int = 0) -> tuple[SpikeTrain, NDArray[np.int64]]:
    """Return samples of ten patterns with their labels; the last input is a bias."""
    inputs, fixed, rng = 785, np.random.default_rng(7), np.random.default_rng(seed)
    drawn = np.array([fixed.permutation(inputs - 1) < ACTIVE for _ in range(CLASSES)])
    labels = rng.integers(0, CLASSES, samples)
    sent = np.zeros((samples, STEPS, inputs), np.uint8)
    sent[:, :SHOWN, :-1] = (rng.random((samples, SHOWN, inputs - 1)) < OFTEN) & drawn[labels][:, None]
    sent[:, 1:SHOWN:2, -1] = 1
    return SpikeTrain(sent), labels


def _as_lava(program: Program) -> Program:
    """Return a Program whose rules round and clip as Lava's do."""
    network = program.network
    connections = tuple(
        dataclasses.replace(c, rule=dataclasses.replace(c.rule, rounding=Rounding.SHARED, weight_limit=256))
        if c.rule
        else c
        for c in network.connections
    )
    return Program(dataclasses.replace(network, connections=connections), program.chip)


def _sample_of(session: Session, spikes: SpikeTrain, labels: NDArray[np.int64]) -> Callable[[int], float]:
    """Return a function that tells the seconds a sample takes, what begins a call taken off by a shorter one."""

    def learn(samples: int) -> float:
        chosen = np.arange(samples) % len(labels)
        train, taught = spikes.take(chosen), labels[chosen]
        start = time.perf_counter()
        session.learn(train, taught, seed=1, layers=())
        return time.perf_counter() - start

    return lambda more: (learn(1 + more) - learn(1)) / more


def _learn_the_same(
    ours: Session, theirs: Session, spikes: SpikeTrain, labels: NDArray[np.int64], program: Program
) -> bool:
    """Let both learn the same samples from the first weights and compare all weights."""
    first = {c.name: c.synapse.weights for c in program.network.plastic}
    found = []
    for session in (ours, theirs):
        session.write_weights(first)
        session.learn(spikes, labels, seed=3, layers=())
        found.append(session.weights())
    return all(np.array_equal(found[0][name], found[1][name]) for name in first)


def _table(beside: Beside | None, crowd: Crowd | None) -> Table:
    table = Table(title="How fast devices learn", title_justify="left")
    for index, name in enumerate(("what", "ours", "Lava", "found", "bar")):
        table.add_column(name, justify="left" if index == 0 else "right")
    if beside is not None:
        ratio = statistics.median(beside["ratios"])
        table.add_row(
            f"{beside['network']}, one device, a sample",
            f"{1e6 * statistics.median(beside['ours']):.0f} us",
            f"{1e3 * statistics.median(beside['lava']):.0f} ms",
            f"{ratio:.0f} x, weights {'the same' if beside['equal'] else 'NOT the same'}",
            f"{BAR:.0f} x",
        )
    if crowd is not None:
        middle = statistics.median(crowd["seconds"])
        table.add_row(
            f"{crowd['network']}, {crowd['devices']} devices, {crowd['samples']} samples each",
            f"{middle:.1f} s",
            "-",
            f"{crowd['devices'] * crowd['samples'] / middle:.0f} samples/s on {crowd['cores']} cores",
            f"{LIMIT:.0f} s",
        )
    return table


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks learning", description="Time devices that learn whole networks."
    )
    parser.add_argument("--only", choices=("lava", "devices"), help="one of the two")
    parser.add_argument("--hidden", type=int, default=256, metavar="N", help="hidden units (256)")
    parser.add_argument("--devices", type=int, default=1000, metavar="N", help="how many at once (1000)")
    parser.add_argument("--samples", type=int, default=20, metavar="N", help="that each device learns (20)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the results")
    return parser
