"""The job of a Lava session: run one Program on one batch in the worker."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from hardware.lava import graph, runtime
from hardware.lava.synapse_processes import Lesson
from hardware.program import Program
from hardware.spikes import SpikeTrain

TARGET = "hardware.lava.simulate:main"
"""What ``hardware.lava.job.run`` is given."""
CPU, LOIHI2 = "cpu", "loihi2"
"""Where the graph runs."""


def main(folder: Path, arguments: dict[str, Any]) -> None:
    """Run ``program.h5`` on ``spikes.npy`` (and ``labels.npy``) of ``folder``.

    Leaves ``outputs.json``, which names a file for every output of ``hardware.lava.graph.build``.

    Parameters
    ----------
    folder : Path
        The job's folder.
    arguments : dict
        ``probes``, a list of str; ``seed``, an int, or ``None`` to run without learning; ``configuration``,
        ``"cpu"`` or ``"loihi2"``.
    """
    from lava.magma.core.run_configs import Loihi2HwCfg, Loihi2SimCfg

    program = Program.load(folder / "program.h5")
    spikes = SpikeTrain(np.load(folder / "spikes.npy", allow_pickle=False))
    lesson = None
    if arguments["seed"] is not None:
        labels = np.load(folder / "labels.npy", allow_pickle=False)
        lesson = Lesson(labels=labels, seed=arguments["seed"])
    built = graph.build(program, spikes, lesson, arguments["probes"], folder)
    configuration = {CPU: Loihi2SimCfg, LOIHI2: Loihi2HwCfg}[arguments["configuration"]]
    runtime.run(built.root, built.steps, configuration(select_tag="fixed_pt"), folder)
    (folder / "outputs.json").write_text(json.dumps(built.outputs), encoding="utf-8")
