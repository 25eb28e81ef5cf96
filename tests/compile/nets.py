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
    """Write a dense block; complex weights as two datasets."""
    weights = np.asarray(weights)
    group.create_dataset("type", (1,), "S10", [b"dense"])
    group.create_dataset("shape", data=np.array([weights.shape[0]]))
    group.create_dataset("inFeatures", data=weights.shape[1])
    group.create_dataset("outFeatures", data=weights.shape[0])
    if np.iscomplexobj(weights):
        group.create_dataset("weight/real", data=weights.real.astype(np.float32))
        group.create_dataset("weight/imag", data=weights.imag.astype(np.float32))
    else:
        group.create_dataset("weight", data=weights.astype(np.float32))
    _rest(group, neuron, bias)


def conv(
    group: Any,
    weights: Any,
    shape: tuple[int, int, int],
    *,
    kind: bytes = b"conv",
    stride: int = 1,
    padding: int = 0,
    groups: int = 1,
    neuron: dict[str, Any] | None = NEURON,
    bias: Any = None,
) -> None:
    """Write a convolution, transposed where ``kind`` says so, or a pool or unpool block with its kernel."""
    weights = np.asarray(weights, dtype=np.float32)
    group.create_dataset("type", (1,), "S10", [kind])
    group.create_dataset("shape", data=np.array(shape))
    if kind in (b"conv", b"convT"):
        ends = weights.shape[:2] if kind == b"convT" else weights.shape[1::-1]
        inputs, outputs = (ends[0], ends[1] * groups) if kind == b"convT" else (ends[0] * groups, ends[1])
        for key, value in (("inChannels", inputs), ("outChannels", outputs), ("groups", groups)):
            group.create_dataset(key, data=value)
    for key, value in (("stride", stride), ("padding", padding), ("dilation", 1)):
        group.create_dataset(key, data=np.array([value, value]))
    group.create_dataset("kernelSize", data=np.array(weights.shape[2:4]))
    group.create_dataset("weight", data=weights)
    _rest(group, neuron, bias)


def shaped(group: Any, kind: bytes, shape: tuple[int, ...], *, neuron: dict[str, Any] | None = None) -> None:
    """Write a block that only carries a shape, or an input block with its neuron."""
    group.create_dataset("type", (1,), "S10", [kind])
    group.create_dataset("shape", data=np.array(shape))
    _rest(group, neuron, None)


def without_input(old: Path, new: Path) -> Path:
    """Copy a network with an input block that only carries its shape."""
    import h5py

    with h5py.File(old) as source, h5py.File(new, "w") as file:
        for key in source:
            source.copy(key, file)
        del file["layer/0/neuron"]
    return new


def _rest(group: Any, neuron: dict[str, Any] | None, bias: Any) -> None:
    if bias is not None:
        group.create_dataset("bias", data=np.asarray(bias, dtype=np.float32))
    for key, value in (neuron or {}).items():
        group.create_dataset(f"neuron/{key}", data=value)


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
