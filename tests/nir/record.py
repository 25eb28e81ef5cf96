"""Makes the golden files of the four simulators: ``python -m tests.nir.record [NAME ...]``.

Needs the simulators beside this project's own requirements; recorded with torch 2.3.1, nir 1.0.8, nirtorch 2.6,
snntorch 1.0.0, norse 1.1.0, sinabs 3.1.3 and spikingjelly 0.0.0.0.14 (which has no export of its own; see
``simulators``). A seed is taken for which neurons fire, not always, and no voltage comes within ``MARGIN`` of its
threshold, so that 32-bit and 64-bit arithmetic fire alike.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

from compile.frontends.nir_frontend import read_nir
from tests.nir.float_simulator import run
from tests.nir.simulators import CASES, made

GOLDEN = Path(__file__).parent / "golden"
MARGIN = 1e-5


def record(name: str) -> str:
    """Write the files of one network; return what was found."""
    import nir

    case = CASES[name]
    for seed in range(100):
        graph, inputs, outputs = made(case, seed)
        rate = float((outputs != 0).mean())
        ran = run(read_nir(graph, case.options), inputs)
        if ran.margin > MARGIN and rate > 0.02 and (rate < 0.98 or "readout" in name):
            nir.write(GOLDEN / f"{name}.nir", _with_sizes(graph, case.shape))
            np.savez_compressed(GOLDEN / f"{name}.npz", inputs=inputs, outputs=outputs, seed=seed)
            last = list(ran.sent.values())[-1]
            return (
                f"seed {seed}, rate {rate:.2f}, margin {ran.margin:.1e}, worst {np.abs(last - outputs).max():.1e}"
            )
    return "no seed will do"


def _with_sizes(graph: Any, shape: tuple[int, ...]) -> Any:
    """Write down the image sizes that an export left out as ``None``, which ``nir.write`` cannot write."""
    for node in graph.nodes.values():
        if type(node).__name__ == "Conv2d" and node.input_shape is None:
            node.input_shape = shape[1:] if node.weight.shape[1] == shape[0] else (3, 3)
        if type(node).__name__ == "Flatten" and node.input_type["input"] is None:
            node.input_type["input"] = np.array([3, 4, 4])
    return graph


def main(names: list[str]) -> None:
    """Record the named networks, or all."""
    GOLDEN.mkdir(exist_ok=True)
    for name in names or CASES:
        print(name, record(name))  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])
