"""Record golden traces from Lava's CPU simulator. Run by hand, never by the tests::

    python -m tests.identical.record

A case is recorded where its trace is missing, so delete what shall be recorded anew. The traces are Lava's
(lava-nc 0.10.0, fixed point), so they also hold where Lava is not installed.
"""

from __future__ import annotations

from pathlib import Path

from hardware import container
from hardware.lava.cpu import LavaBackend
from tests.every_kind import EVERY_KIND
from tests.programs import INFERENCE, LEARNING, Case

HERE = Path(__file__).parent
KIND = "golden trace"
NAMES = (
    "two layers",
    "a layer that drives itself, and a way round",
    "three factors",
    "two terms, one decays the weight",
    "every fourth epoch",
    "an adaptive threshold",
    "phase resonators, fixed",
    "izhikevich resonators, fixed",
    "from delta over a sigma-delta convolution to sigma",
    "delays on both ways of a loop, and two connections of other delays into one layer",
    "voltages read at the fine port",
)
GOLDEN = [case for case in (*INFERENCE, *LEARNING, *EVERY_KIND) if case.name in NAMES]


def slug(case: Case) -> str:
    """File name of a case."""
    return case.name.replace(",", "").replace(" ", "-")


def record(case: Case) -> None:
    """Write the Program of a case and what Lava made of it."""
    with LavaBackend().load(case.program) as session:
        if case.program.network.plastic:
            result = session.learn(case.spikes, case.labels, seed=11, probes=case.learning_probes)
            weights = {f"after/{name}": array for name, array in session.weights().items()}
        else:
            result, weights = session.run(case.spikes, probes=case.probes), {}
    case.program.save(HERE / f"{slug(case)}.program.h5")
    arrays = {"input": case.spikes.values, "labels": case.labels, **weights}
    arrays |= {f"spikes/{name}": array for name, array in result.spikes.items()}
    arrays |= {f"probes/{name}": array for name, array in result.probes.items()}
    header = {"digest": case.program.digest, "seed": 11, "lava-nc": "0.10.0"}
    container.write(HERE / f"{slug(case)}.trace.h5", KIND, header, arrays)


if __name__ == "__main__":
    for golden in GOLDEN:
        if not (HERE / f"{slug(golden)}.trace.h5").exists():
            record(golden)
