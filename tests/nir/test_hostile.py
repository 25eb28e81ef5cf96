"""Malformed NIR files: one sentence, no traceback, bounded memory."""

from __future__ import annotations

import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import h5py
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from compile.frontends.nir_frontend import NirFrontend, read_nir
from compile.frontends.nir_graph import build_graph
from compile.frontends.nir_node import KEYS, NirNode, _node
from compile.frontends.nir_reading import NirReading
from hardware.errors import ContainerError, LavaFedError
from tests.nir.record import GOLDEN

PLAIN = GOLDEN / "snntorch_images.nir"

numbers = st.one_of(
    st.integers(-3, 9),
    st.sampled_from([0, 1 << 31, 1 << 62, -(1 << 40)]),
    st.floats(-4, 4),
    st.lists(st.floats(-4, 4), max_size=5),
    st.lists(st.integers(-1, 5), max_size=4),
    st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 4), st.integers(0, 3)).map(np.ones),
    st.tuples(st.integers(0, 4), st.integers(0, 4)).map(np.ones),
)
values = st.one_of(numbers, st.sampled_from(["same", "valid", "", "x"]))


@st.composite
def nodes(draw: st.DrawFn, depth: int = 0) -> dict[str, Any]:
    kinds = [*KEYS, "Nothing"] + (["NIRGraph"] if depth < 2 else [])
    kind = draw(st.sampled_from(kinds))
    if kind == "NIRGraph":
        return draw(graphs(depth + 1))
    keys = [key.rstrip("?") for key in KEYS.get(kind, ()) if not key.endswith("?") or draw(st.booleans())]
    node = {"type": kind, **{key: draw(values) for key in keys}}
    if draw(st.integers(0, 9)) == 0:
        node[draw(st.sampled_from(["extra", "metadata", "weight"]))] = draw(values)
    return node


@st.composite
def graphs(draw: st.DrawFn, depth: int = 0) -> dict[str, Any]:
    units = draw(st.integers(1, 4))
    inner = {"in": {"type": "Input", "shape": [units]}, "out": {"type": "Output", "shape": [units]}}
    names = draw(st.lists(st.sampled_from(["a", "b c", "in", "c", "d/"]), max_size=4, unique=True))
    for name in names:
        inner[name] = draw(nodes(depth))
    ends = st.sampled_from([*inner, "missing"] if draw(st.integers(0, 9)) == 0 else list(inner))
    edges = draw(st.lists(st.tuples(ends, ends), max_size=7))
    return {"type": "NIRGraph", "nodes": inner, "edges": edges}


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(graphs())
def test_any_structure_is_a_graph_or_one_sentence(tree: dict[str, Any]) -> None:
    try:
        build_graph(_node("", tree, 0), NirReading())
    except LavaFedError as error:
        assert str(error).count("\n") == 0
        assert len(str(error)) < 500


def fitting(draw: st.DrawFn, kind: str, units: int) -> dict[str, Any]:
    """Return a node whose fields mostly fit each other."""
    one = st.sampled_from(
        [np.ones(units), np.float64(1), np.full(units, 0.5), np.full(units, 1e-4), np.zeros(units)]
    )
    matrix = np.ones((draw(st.sampled_from([units, 2])), units))
    special: dict[str, Any] = {
        "weight": {"Conv1d": np.ones((1, 1, 2)), "Conv2d": np.ones((2, 1, 2, 2))}.get(kind, matrix),
        "bias": np.ones(draw(st.sampled_from([1, 2, units]))),
        "padding": draw(st.sampled_from([0, 1, "same"])) if kind.startswith("Conv") else np.array([0, 0]),
        "groups": 1,
        "input_shape": np.array([units]),
        "shape": np.array([units]),
        "start_dim": 0,
        "end_dim": -1,
        "input_type": np.array([units]),
    }
    fixed = {key: draw(st.integers(0, 3)) for key in ("stride", "dilation", "kernel_size")}
    keys = [key.rstrip("?") for key in KEYS[kind]]
    metadata = draw(st.sampled_from([{}, {"reset": "late"}, {"reset": "hold"}, {"reset": "soft"}, {"reset": 1.0}]))
    fields = {key: special.get(key, fixed.get(key, draw(one))) for key in keys}
    return {"type": kind, "metadata": metadata, **fields}


@st.composite
def chains(draw: st.DrawFn) -> dict[str, Any]:
    units = draw(st.integers(1, 6))
    kinds = draw(
        st.lists(st.sampled_from([k for k in KEYS if k not in ("Input", "Output")]), min_size=1, max_size=5)
    )
    inner = {"in": {"type": "Input", "shape": draw(st.sampled_from([[units], [1, units], [1, 1, units]]))}}
    inner |= {str(i): fitting(draw, kind, units) for i, kind in enumerate(kinds)}
    names = list(inner)
    inner["out"] = {"type": "Output", "shape": [1]}
    edges = list(zip(names, [*names[1:], "out"], strict=True))
    edges += draw(st.lists(st.tuples(st.sampled_from(names), st.sampled_from(names)), max_size=2, unique=True))
    return {"type": "NIRGraph", "nodes": inner, "edges": edges}


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(chains())
def test_any_chain_is_a_graph_or_one_sentence(tree: dict[str, Any]) -> None:
    try:
        build_graph(_node("", tree, 0), NirReading())
    except LavaFedError as error:
        assert str(error).count("\n") == 0


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_a_file_with_changed_bytes_is_a_graph_or_one_sentence(data: st.DataObject) -> None:
    content = bytearray(PLAIN.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "changed.nir"
        path.write_bytes(content)
        try:
            read_nir(path)
        except LavaFedError as error:
            assert str(error).count("\n") == 0


def written(make: Any) -> LavaFedError | None:
    """Write a file, read it in the child process, return the error."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "hostile.nir"
        with h5py.File(path, "w") as file:
            make(file)
        try:
            read_nir(path)
        except LavaFedError as error:
            return error
    return None


def graph_in(file: Any) -> Any:
    file["version"] = "1.0.8"
    file["node/type"] = "NIRGraph"
    file.create_dataset("node/edges", data=[["in", "a"], ["a", "out"]], dtype=h5py.string_dtype())
    for name, kind in (("in", "Input"), ("a", "Threshold"), ("out", "Output")):
        file[f"node/nodes/{name}/type"] = kind
    file["node/nodes/in/shape"] = file["node/nodes/out/shape"] = np.array([2])
    return file["node/nodes/a"]


def test_a_plain_file_is_read() -> None:
    def make(file: Any) -> None:
        graph_in(file)["threshold"] = np.ones(2)

    assert written(make) is None


def compression_bomb(file: Any) -> None:
    graph_in(file).create_dataset(
        "threshold", (1 << 28,), "f8", chunks=(1 << 16,), compression="gzip", fillvalue=1
    )


def huge_chunk(file: Any) -> None:
    a = graph_in(file)
    a.create_dataset("threshold", (2,), "f8", maxshape=(None,), chunks=(1 << 28,), compression="gzip")


def huge_input(file: Any) -> None:
    graph_in(file)["threshold"] = np.ones(2)
    file["node/nodes/in/shape"][...] = 1 << 31


def not_finite(file: Any) -> None:
    graph_in(file)["threshold"] = np.array([1, np.inf])


def unknown_key(file: Any) -> None:
    graph_in(file)["threshold"] = np.ones(2)
    file["node/nodes/a/tau"] = np.ones(2)


def missing_key(file: Any) -> None:
    graph_in(file)


def outer_link(file: Any) -> None:
    graph_in(file)["threshold"] = h5py.ExternalLink("/etc/passwd", "/x")


def lost_edge(file: Any) -> None:
    graph_in(file)["threshold"] = np.ones(2)
    file["node/edges"][0] = [b"in", b"nowhere"]


def second_edge(file: Any) -> None:
    graph_in(file)["threshold"] = np.ones(2)
    file["node/edges"][1] = [b"in", b"a"]


def no_type(file: Any) -> None:
    graph_in(file)["threshold"] = np.ones(2)
    del file["node/nodes/a/type"]


def other_type(file: Any) -> None:
    graph_in(file)["threshold"] = np.ones(2)
    del file["node/nodes/a/type"]
    file["node/nodes/a/type"] = "Transformer"


def no_graph(file: Any) -> None:
    file["version"] = "1.0.8"
    file["node/type"] = "Threshold"
    file["node/threshold"] = np.ones(2)


def attributes(file: Any) -> None:
    graph_in(file)["threshold"] = np.ones(2)
    file.attrs["dt"] = 1.0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (compression_bomb, "'/node/nodes/a/threshold' claims 2147483648 bytes"),
        (huge_chunk, "in chunks of 2147483648 bytes"),
        (huge_input, "is not one to three axes of at most 1048576 units"),
        (not_finite, "holds values that are not finite"),
        (unknown_key, "'a': 'tau' is not known to lava-fed"),
        (missing_key, "'a': 'threshold' is missing"),
        (outer_link, "is a link to elsewhere"),
        (lost_edge, "an edge ends at 'nowhere'"),
        (second_edge, "the edge in -> a occurs twice"),
        (no_type, "NIR node 'a' has no type"),
        (other_type, "NIR node 'a' is of type 'Transformer'"),
        (no_graph, "the outermost NIR node is a Threshold"),
        (attributes, "carries attributes"),
    ],
)
def test_what_a_file_must_not_hold_is_named(make: Any, message: str) -> None:
    error = written(make)
    assert error is not None
    assert message in str(error)
    assert "\n" not in str(error)


def test_other_files_are_not_recognised_and_not_read(tmp_path: Path) -> None:
    path = tmp_path / "text.nir"
    path.write_text("neurons")
    assert not NirFrontend().recognises(path)
    assert not NirFrontend().recognises(tmp_path / "missing.nir")
    assert NirFrontend().recognises(PLAIN)
    with pytest.raises(ContainerError, match="is not an HDF5 file"):
        read_nir(path)


def test_graphs_inside_graphs_end_somewhere() -> None:
    tree: dict[str, Any] = {"type": "NIRGraph", "nodes": {"a": {"type": "Threshold", "threshold": 1}}, "edges": []}
    for _ in range(9):
        tree = {"type": "NIRGraph", "nodes": {"a": tree}, "edges": []}
    with pytest.raises(ContainerError, match="lies in more than 4 graphs"):
        _node("", tree, 0)


def test_a_long_chain_needs_no_deep_stack() -> None:
    inner = {str(i): {"type": "Scale", "scale": np.ones(2)} for i in range(3000)}
    inner |= {"in": {"type": "Input", "shape": [2]}, "out": {"type": "Output", "shape": [2]}}
    names = ["in", *map(str, range(3000)), "out"]
    edges = list(pairwise(names))
    graph = build_graph(_node("", {"type": "NIRGraph", "nodes": inner, "edges": edges}, 0), NirReading())
    assert [population.name for population in graph.populations] == ["out"]
    assert isinstance(_node("", {"type": "NIRGraph", "nodes": inner, "edges": edges}, 0), NirNode)
