"""The job of a Lava session: one Program in the worker, for as many calls as come."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from hardware.lava import graph, outputs, runtime
from hardware.lava.call import Call
from hardware.program import Program

TARGET = "hardware.lava.simulate:main"
"""What ``hardware.lava.job.Job`` is given."""
CPU, LOIHI2 = "cpu", "loihi2"
"""Where the graph runs."""
CALL = "call"
"""Folder of the present call, in the job's."""


def main(folder: Path, arguments: dict[str, Any]) -> Callable[[], None]:
    """Build the graph of ``program.h5`` in the job's folder; return what runs it on the present call.

    A call lies in a folder of its own, as ``hardware.lava.call.Call.save`` writes it, with ``probes.json``, a list
    of states; ``hardware.lava.outputs.collect`` then finds there what was seen.

    Parameters
    ----------
    folder : Path
        The job's folder.
    arguments : dict
        ``configuration``, ``"cpu"`` or ``"loihi2"``; ``learns``, whether connections can learn.
    """
    from lava.magma.core.run_configs import Loihi2HwCfg, Loihi2SimCfg

    program, place = Program.load(folder / "program.h5"), folder / CALL
    calls = partial(Call.load, place)
    built = graph.build(program, calls, folder / "progress", learns=arguments["learns"])
    kind = {CPU: Loihi2SimCfg, LOIHI2: Loihi2HwCfg}[arguments["configuration"]]
    simulation = runtime.Simulation(built.root, kind(select_tag="fixed_pt"), folder)

    def serve() -> None:
        call = calls()
        probes = json.loads((place / "probes.json").read_text(encoding="utf-8"))
        outputs.reserve(built, call, probes, place)
        simulation.run(call.steps)

    return serve
