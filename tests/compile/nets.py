"""`.net` files as SLAYER writes them, made without SLAYER, so that each detail can be spoilt."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

NEURON: dict[str, Any] = {
    "type": "CUBA",
    "iDecay": 4096,
    "vDecay": 123,
    "vThMant": 80,
    "refDelay": 1,
    "gradedSpike": False,
}


def dense(group: Any, weights: Any, *, neuron: dict[str, Any] | None = NEURON, bias: Any = None) -> None:
    weights = np.asarray(weights, dtype=np.float32)
    group.create_dataset("type", (1,), "S10", [b"dense"])
    group.create_dataset("shape", data=np.array([weights.shape[0]]))
    group.create_dataset("inFeatures", data=weights.shape[1])
    group.create_dataset("outFeatures", data=weights.shape[0])
    group.create_dataset("weight", data=weights)
    if bias is not None:
        group.create_dataset("bias", data=np.asarray(bias, dtype=np.float32))
    for key, value in (neuron or {}).items():
        group.create_dataset(f"neuron/{key}", data=value)


def shaped(group: Any, kind: bytes, shape: tuple[int, ...]) -> None:
    group.create_dataset("type", (1,), "S10", [kind])
    group.create_dataset("shape", data=np.array(shape))


def ramp(targets: int, sources: int) -> Any:
    return 2 * (np.arange(targets * sources).reshape(targets, sources) % 40 - 20)


def two_layers(path: Path, spoil: Callable[[Any], None] | None = None) -> Path:
    """Write 8 - 6 - 3 neurons; ``spoil`` may change the open file."""
    import h5py

    with h5py.File(path, "w") as file:
        dense(file.create_group("layer/0"), ramp(6, 8))
        dense(file.create_group("layer/1"), ramp(3, 6))
        if spoil is not None:
            spoil(file)
    return path


def replace(file: Any, key: str, value: Any) -> None:
    del file[key]
    file.create_dataset(key, data=value)
