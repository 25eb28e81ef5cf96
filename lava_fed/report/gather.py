"""From a stored run to the content of its page."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

import numpy as np

from hardware.emulator.engine import EmulatorBackend
from hardware.network import INPUT
from hardware.neurons.description import describe
from hardware.program import Program
from lava_fed.ledger import energy
from lava_fed.record import Baseline as StoredBaseline
from lava_fed.record import RoundRecord
from lava_fed.report.content import Baseline, Content, Raster, Round, Weights
from lava_fed.run import Run

PACKAGES = ("lava-fed", "numpy", "numba", "h5py", "lava-nc", "lava-dl")


def gather(run: Run, name: str) -> Content:
    """Collect what the page shows; one sample is run on the emulator for its spikes.

    Parameters
    ----------
    run : Run
        A finished run.
    name : str
        What to call it.
    """
    devices = run.config.devices.names
    baselines = run.baselines
    return Content(
        name=name,
        rounds=tuple(_round(record, run.program) for record in run.records),
        alone=None if baselines is None else _baseline(baselines.best_single),
        pooled=None if baselines is None else _baseline(baselines.pooled),
        class_mix={device: tuple(map(int, row)) for device, row in zip(devices, run.class_counts, strict=True)},
        raster=_raster(run),
        weights=tuple(
            Weights(name, before, run.program.weights()[name]) for name, before in run.base.weights().items()
        ),
        network=_network(run.program),
        provenance=_provenance(run),
    )


def _round(record: RoundRecord, program: Program) -> Round:
    return Round(
        number=record.round,
        accuracy=record.accuracy,
        device_accuracy=record.device_accuracy,
        bytes_up=record.bytes_up,
        bytes_down=record.bytes_down,
        spikes=sum(record.counters.spikes.values()),
        synaptic_operations=sum(record.counters.synaptic_operations.values()),
        learning_updates=sum(record.counters.learning_updates.values()),
        energy=energy(program, record.counters, record.samples),
    )


def _baseline(baseline: StoredBaseline) -> Baseline:
    return Baseline(baseline.name, baseline.accuracy)


def _raster(run: Run) -> Raster | None:
    """Run the middle one of the kept test samples, whatever its answer turns out to be."""
    if len(run.example) == 0:
        return None
    index = len(run.example) // 2
    sample = run.example.take(slice(index, index + 1))
    with EmulatorBackend().load(run.program) as session:
        result = session.run(sample.x)
    label = int(sample.labels[0])
    spikes = {INPUT: sample.x.values[0], **{name: values[0] for name, values in result.spikes.items()}}
    answer = int(np.argmax(result.scores(run.program.network.output.name)[0]))
    return Raster(f"the first test sample of class {label}", spikes, label, answer)


def _network(program: Program) -> tuple[tuple[str, ...], ...]:
    rows = []
    for layer in program.network.layers:
        incoming = program.network.into(layer.name)
        weights = "; ".join(
            f"from {c.source}, {c.synapse.targets} x {c.synapse.sources}, {c.synapse.grid.bits} bits"
            + (f", learns by {c.rule.text}" if c.rule is not None else "")
            for c in incoming
        )
        rows.append((layer.name, str(layer.units), describe(layer.neuron), weights))
    return tuple(rows)


def _provenance(run: Run) -> dict[str, str]:
    versions = [f"Python {platform.python_version()}"]
    for package in PACKAGES:
        try:
            versions.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            versions.append(f"{package} not installed")
    return {
        "Program before": run.base.digest,
        "Program after": run.program.digest,
        "chip": run.base.chip.title,
        "training data": run.train_title,
        "test data": run.test_title,
        **{f"Program: {key}": value for key, value in run.base.provenance.items()},
        "this page was made with": ", ".join(versions),
        "configuration": run.config.frozen_text().strip(),
    }
