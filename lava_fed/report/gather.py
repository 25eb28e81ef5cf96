"""From a stored run to the content of its page."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

import numpy as np
from numpy.typing import NDArray

from hardware.emulator.engine import EmulatorBackend
from hardware.energy.amount import NOTHING, Amount, longest, total
from hardware.network import INPUT
from hardware.neurons.description import describe
from hardware.program import Program
from lava_fed.continual.forgetting import forgetting_of
from lava_fed.ledger.channel import find_channel
from lava_fed.ledger.entry import Entry
from lava_fed.ledger.sheet import CAUSES, Sheet
from lava_fed.partition.heterogeneity import Heterogeneity
from lava_fed.report.content import Baseline, Content, Device, Raster, Round, Weights
from lava_fed.report.numbers import percent
from lava_fed.runs.baseline import Baseline as StoredBaseline
from lava_fed.runs.record import Fate, RoundRecord
from lava_fed.runs.run import Run

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
    baselines = run.baselines
    sheet = Sheet.of(run.records, run.base, find_channel(run.config.network.radio))
    return Content(
        name=name,
        rounds=tuple(_round(record, row) for record, row in zip(run.records, sheet.rounds, strict=True)),
        devices=_devices(run.names, sheet),
        model=sheet.model,
        channel=f"{sheet.channel.title} ({sheet.channel.source})",
        estimated=sheet.estimated,
        alone=None if baselines is None else _baseline(baselines.best_single),
        pooled=None if baselines is None else _baseline(baselines.pooled),
        class_mix={device: tuple(map(int, row)) for device, row in zip(run.names, run.class_counts, strict=True)},
        skew=_skew(run.class_counts),
        tasks=_tasks(run),
        personal=run.personal,
        forgetting=forgetting_of(run.records, run.config.tasks),
        raster=_raster(run),
        weights=tuple(
            Weights(name, before, run.program.weights()[name])
            for name, before in run.base.weights().items()
            if not np.array_equal(before, run.program.weights()[name])
        ),
        network=_network(run.program),
        provenance=_provenance(run),
    )


def _round(record: RoundRecord, row: Sequence[Entry]) -> Round:
    chip = [
        total([e.seconds.compute, e.seconds.learning or NOTHING]) for e in row if e.seconds.compute is not None
    ]
    return Round(
        number=record.round,
        accuracy=record.accuracy,
        device_accuracy=record.device_accuracy,
        bytes_up=record.bytes_up,
        bytes_down=record.bytes_down,
        spikes=sum(entry.spikes for entry in row),
        synaptic_operations=sum(entry.synaptic_operations for entry in row),
        learning_updates=sum(entry.learning_updates for entry in row),
        fates=Counter(entry.fate for entry in row),
        joules=_by_cause(row, "joules"),
        seconds=_by_cause(row, "seconds"),
        longest=longest(chip) if chip else None,
        drift={device.device: device.drift for device in record.answered},
        agreement=record.agreement,
    )


def _devices(names: Sequence[str], sheet: Sheet) -> tuple[Device, ...]:
    rows: dict[str, list[Entry]] = {name: [] for name in names}
    for entry in sheet.entries:
        rows[entry.device].append(entry)
    return tuple(
        Device(
            name=name,
            answered=sum(entry.fate == Fate.ANSWERED.value for entry in row),
            asked=len(row),
            bytes_up=sum(entry.up for entry in row),
            bytes_down=sum(entry.down for entry in row),
            spikes=sum(entry.spikes for entry in row),
            synaptic_operations=sum(entry.synaptic_operations for entry in row),
            learning_updates=sum(entry.learning_updates for entry in row),
            joules=_by_cause(row, "joules"),
            seconds=_by_cause(row, "seconds"),
        )
        for name, row in rows.items()
    )


def _by_cause(row: Sequence[Entry], unit: str) -> dict[str, Amount]:
    found = {
        cause: [amount for entry in row if (amount := getattr(getattr(entry, unit), cause))] for cause in CAUSES
    }
    return {cause: total(amounts) for cause, amounts in found.items() if amounts}


def _baseline(baseline: StoredBaseline) -> Baseline:
    return Baseline(baseline.name, baseline.accuracy)


def _tasks(run: Run) -> dict[str, tuple[float, ...]]:
    judged = [record.task_accuracy for record in run.records if record.accuracy is not None]
    return {
        f"classes {', '.join(map(str, classes))}": tuple(curve)
        for classes, *curve in zip(run.config.tasks.split, *judged, strict=True)
    }


def _skew(counts: NDArray[np.int64]) -> str:
    if not counts.sum(axis=1).all():
        return ""
    found = Heterogeneity.of(counts)
    return (
        f"A device's mix of classes is {percent(found.distance)} away from that of all samples on average (total "
        f"variation distance), and a sample's class tells {found.divergence:.2f} bit about its device; the Gini "
        f"coefficient of the devices' sizes is {found.gini:.2f}."
    )


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
