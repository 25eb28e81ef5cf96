"""NIR nodes as plain data.

From a file or from a ``nir.NIRGraph`` in memory come the same nodes, so that all that follows is written once.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compile.errors import UnsupportedLayerError
from compile.frontends.strict_hdf5 import StrictGroup, read_hdf5
from hardware.errors import ContainerError

WORKER = "compile.frontends.nir_worker"
Field = str | NDArray[Any]

KEYS: Mapping[str, tuple[str, ...]] = {
    "Input": ("shape",),
    "Output": ("shape",),
    "Affine": ("weight", "bias"),
    "Linear": ("weight",),
    "Scale": ("scale",),
    "Conv1d": ("weight", "bias", "stride", "padding", "dilation", "groups", "input_shape?"),
    "Conv2d": ("weight", "bias", "stride", "padding", "dilation", "groups", "input_shape?"),
    "SumPool2d": ("kernel_size", "stride", "padding"),
    "AvgPool2d": ("kernel_size", "stride", "padding"),
    "Flatten": ("start_dim", "end_dim", "input_type?"),
    "Delay": ("delay",),
    "Threshold": ("threshold",),
    "I": ("r",),
    "IF": ("r", "v_threshold", "v_reset?"),
    "LI": ("tau", "r", "v_leak"),
    "LIF": ("tau", "r", "v_leak", "v_threshold", "v_reset?"),
    "CubaLI": ("tau_syn", "tau_mem", "r", "v_leak", "w_in?"),
    "CubaLIF": ("tau_syn", "tau_mem", "r", "v_leak", "v_threshold", "v_reset?", "w_in?"),
}
"""Every primitive of NIR 1.0 with its fields; those that may be missing end in ``?``."""
DEPTH_LIMIT = 4
"""Most graphs inside each other."""


@dataclass(frozen=True, eq=False)
class NirNode:
    """A primitive, or a graph of them.

    Attributes
    ----------
    name : str
        Its key in the graph around it; of an inner node after that of its graph and a dot.
    kind : str
        A key of ``KEYS``, or ``NIRGraph``.
    fields : mapping of str to array or str
        Numbers as float64 arrays; texts as they are.
    metadata : mapping of str to str
        Its metadata that are texts or single numbers.
    nodes : tuple of NirNode
        Of a graph.
    edges : tuple of (str, str)
        Of a graph, by the nodes' names.
    """

    name: str
    kind: str
    fields: Mapping[str, Field]
    metadata: Mapping[str, str]
    nodes: tuple[NirNode, ...] = ()
    edges: tuple[tuple[str, str], ...] = ()

    @property
    def where(self) -> str:
        """How errors call it."""
        return f"NIR node {self.name!r} ({self.kind})" if self.name else "the NIR graph"

    def numbers(self, key: str) -> NDArray[np.float64]:
        """Return a field of numbers."""
        value = self.fields[key]
        if isinstance(value, str):
            raise ContainerError(f"{self.where}: {key} is a text, expected numbers")
        return value

    def integers(self, key: str) -> tuple[int, ...]:
        """Return a field of whole numbers, flat."""
        values = self.numbers(key).reshape(-1)
        if values.size > 8 or np.any(values != np.rint(values)) or np.any(np.abs(values) > 1 << 31):
            raise ContainerError(f"{self.where}: {key} must hold a few whole numbers")
        return tuple(int(value) for value in values)

    def integer(self, key: str) -> int:
        """Return a field of one whole number."""
        values = self.integers(key)
        if len(values) != 1:
            raise ContainerError(f"{self.where}: {key} has {len(values)} values, expected one")
        return values[0]


def node_from_file(path: Path) -> NirNode:
    """Read the outermost graph of a NIR file.

    Raises
    ------
    ContainerError
        Where the file is not such a file, is damaged, or holds what NIR does not define.
    UnsupportedLayerError
        Where it holds a node of a type that is not known.
    """
    root = read_hdf5(path, WORKER)
    root.only({"version", "node"})
    version = root.text("version")
    if not version[:1].isdigit():
        raise ContainerError(f"{path}: '/version' {version!r} is not a version of NIR")
    return _node("", _tree(root.group("node")), 0)


def node_from_memory(graph: Any) -> NirNode:
    """Take over a ``nir.NIRGraph``.

    Parameters
    ----------
    graph : nir.NIRGraph
        Or anything whose ``to_dict`` returns the same.

    Raises
    ------
    ContainerError, UnsupportedLayerError
        As ``node_from_file``.
    """
    return _node("", graph.to_dict(), 0)


def _tree(group: StrictGroup) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for key in sorted(group.keys):
        kind = group.kind(key)
        if kind == "group":
            tree[key] = _tree(group.group(key))
        elif kind == "array":
            tree[key] = group.array(key, most_axes=8)
        else:
            tree[key] = group.texts(key) if kind == "texts" else group.text(key)
    return tree


def _node(name: str, tree: Any, depth: int) -> NirNode:
    where = f"NIR node {name!r}" if name else "the NIR graph"
    if not isinstance(tree, dict) or not isinstance(tree.get("type"), str):
        raise ContainerError(f"{where} has no type")
    kind = tree["type"]
    metadata = _metadata(tree.get("metadata"), where)
    members = {key: value for key, value in tree.items() if key not in ("type", "metadata") and value is not None}
    if kind == "NIRGraph":
        if depth == DEPTH_LIMIT:
            raise ContainerError(f"{where} lies in more than {DEPTH_LIMIT} graphs")
        _only(members, ("nodes", "edges"), where)
        return _graph(name, members, metadata, depth)
    if kind not in KEYS:
        raise UnsupportedLayerError(
            f"{where} is of type {kind!r}, which NIR 1.0 does not define; known are {', '.join(KEYS)}"
        )
    _only(members, KEYS[kind], where)
    return NirNode(name, kind, {key: _field(value, f"{where}: {key}") for key, value in members.items()}, metadata)


def _graph(name: str, members: dict[str, Any], metadata: dict[str, str], depth: int) -> NirNode:
    where = f"NIR node {name!r}" if name else "the NIR graph"
    inner = members["nodes"]
    if not isinstance(inner, dict) or not inner:
        raise ContainerError(f"{where} holds no nodes")
    prefix = f"{name}." if name else ""
    nodes = tuple(_node(prefix + str(key), value, depth + 1) for key, value in inner.items())
    edges = np.asarray(members["edges"])
    if edges.size and (edges.ndim != 2 or edges.shape[1] != 2 or edges.dtype.kind not in "US"):
        raise ContainerError(f"{where}: its edges are not pairs of names")
    pairs: dict[tuple[str, str], None] = {}
    for ends in edges.tolist() if edges.size else []:
        for end in ends:
            if end not in inner:
                raise ContainerError(f"{where}: an edge ends at {end!r}, which is not one of its nodes")
        pair = (prefix + ends[0], prefix + ends[1])
        if pair in pairs:
            raise ContainerError(f"{where}: the edge {ends[0]} -> {ends[1]} occurs twice")
        pairs[pair] = None
    return NirNode(name, "NIRGraph", {}, metadata, nodes, tuple(pairs))


def _only(members: dict[str, Any], keys: tuple[str, ...], where: str) -> None:
    known = {key.rstrip("?") for key in keys}
    if unknown := sorted(set(members) - known):
        raise ContainerError(f"{where}: {unknown[0]!r} is not known to lava-fed, so its meaning cannot be kept")
    if missing := [key for key in keys if not key.endswith("?") and key not in members]:
        raise ContainerError(f"{where}: {missing[0]!r} is missing")


def _field(value: Any, where: str) -> Field:
    if isinstance(value, str):
        return value
    try:
        array = np.asarray(value)
        if array.dtype.kind not in "biuf" or array.ndim > 8:
            raise TypeError
        numbers = array.astype(np.float64)
    except (TypeError, ValueError):
        raise ContainerError(f"{where} does not hold numbers") from None
    if not np.isfinite(numbers).all():
        raise ContainerError(f"{where} holds values that are not finite")
    return numbers


def _metadata(tree: Any, where: str) -> dict[str, str]:
    """Keep what is a text or one number; NIR lets programs leave anything here, so the rest has no meaning."""
    if tree is None:
        return {}
    if not isinstance(tree, dict):
        raise ContainerError(f"{where}: its metadata is not a group")
    kept: dict[str, str] = {}
    for key, value in tree.items():
        if isinstance(value, str):
            kept[str(key)] = value
        elif not isinstance(value, dict) and math.prod(np.shape(value)) == 1:
            kept[str(key)] = str(np.asarray(value).reshape(-1)[0])
    return kept
