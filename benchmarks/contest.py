"""One network, all contenders."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.child import Child, ContenderError
from benchmarks.contenders.contender import digest
from benchmarks.measure import Effort, Runner, Tell, cells
from benchmarks.networks import Workload
from benchmarks.portable import write_job
from benchmarks.registry import Entrant, ours, peers
from benchmarks.results import Measured, Standing
from hardware.emulator.engine import EmulatorBackend
from hardware.run_result import RunResult
from hardware.spikes import SpikeTrain

COUNTED = 16
"""Samples whose synaptic operations are counted."""
CHECKED = 2
"""Samples of which all messages of all layers are compared."""
LARGEST = 1 << 30
"""Most messages, of all layers and steps, in a batch."""


def contest(workload: Workload, effort: Effort, tell: Tell) -> Measured:
    """Measure all contenders on a network.

    Parameters
    ----------
    workload : Workload
        The network.
    effort : Effort
        How long.
    tell : callable
        Called with what is being done.
    """
    folder = Path(tempfile.mkdtemp(prefix="lava-fed-bench-"))
    try:
        tell(f"{workload.name}: making the network")
        write_job(workload, folder)
        return _measured(workload, folder, effort, tell)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _measured(workload: Workload, folder: Path, effort: Effort, tell: Tell) -> Measured:
    program, reference = workload.program, ours()
    expected = _run(workload, CHECKED)
    operations = operations_of(_run(workload, COUNTED), workload) / (COUNTED * workload.steps)
    standing = _standing(reference)
    standing["version"] = reference.availability().reason
    with Child(reference.python, reference.module, folder) as child:
        standing["start_up"] = child.start_up
        runners = {}
        for batch in reference.batches:
            if _fits(workload, batch):
                tell(f"{workload.name}: {reference.name}, batch {batch}")
                runners[batch] = Runner(child, batch, reference.threads, workload.steps, effort)
                runners[batch]()
        standings = [standing]
        for entrant in peers():
            tell(f"{workload.name}: {entrant.name}")
            standings.append(_beside(entrant, runners, expected, workload, folder, effort))
        standing["cells"] = [runner.cell() for runner in runners.values()]
    standing["spikes"] = _counts(expected)
    return Measured(
        name=workload.name,
        input=workload.input_note,
        steps=workload.steps,
        synapses=sum(int(c.synapse.fan_out().sum()) for c in program.network.connections if not c.direct),
        operations=operations,
        spikes_of=CHECKED,
        standings=standings,
    )


def _beside(
    entrant: Entrant,
    ours: dict[int, Runner],
    expected: RunResult,
    workload: Workload,
    folder: Path,
    effort: Effort,
) -> Standing:
    """Measure one contender; what goes wrong is its reason."""
    standing = _standing(entrant)
    there = entrant.availability()
    if not there.ok:
        standing["reason"] = there.text
        return standing
    standing["version"] = there.reason
    try:
        with Child(entrant.python, entrant.module, folder) as child:
            standing["start_up"] = child.start_up
            standing["cells"] = cells(entrant, child, ours, workload.steps, effort)
            checked = child.ask({"ask": "check", "samples": CHECKED})
    except ContenderError as error:
        standing["reason"] = str(error).removeprefix("ValueError: ")
        return standing
    standing["spikes"] = checked["spikes"]
    for name, theirs in checked["digests"].items():
        same = theirs == digest(np.asarray(expected.spikes[name]))
        standing["equal" if same else "differ"].append(name)
    return standing


def operations_of(result: RunResult, workload: Workload) -> int:
    """Return the synaptic operations of a run; what the host drives directly is none."""
    counted = result.counters.synaptic_operations
    return sum(counted[c.name] for c in workload.program.network.connections if not c.direct)


def _run(workload: Workload, samples: int) -> RunResult:
    values: Any = workload.input[np.arange(samples) % len(workload.input)]
    if values.ndim == 2:
        values = np.broadcast_to(values[:, None], (samples, workload.steps, values.shape[1]))
    return EmulatorBackend().load(workload.program).run(SpikeTrain(values))


def _counts(result: RunResult) -> dict[str, int]:
    return {name: int(np.count_nonzero(sent)) for name, sent in result.spikes.items()}


def _fits(workload: Workload, batch: int) -> bool:
    units = sum(layer.units for layer in workload.program.network.layers)
    return units * workload.steps * batch <= LARGEST


def _standing(entrant: Entrant) -> Standing:
    return Standing(
        name=entrant.name,
        version="",
        same=entrant.same,
        reason="",
        start_up=0.0,
        cells=[],
        spikes={},
        equal=[],
        differ=[],
    )
