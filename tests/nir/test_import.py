"""What every NIR node means, by its equation stepped here by hand."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import nir
import numpy as np
import pytest

from compile.errors import UnsupportedLayerError
from compile.frontends.nir_frontend import NirFrontend, read_nir
from compile.graph import Graph
from compile.neurons import CubaModel
from compile.nodes import Population
from compile.passes import run_passes
from compile.pipeline import aligned
from compile.synapses import ConvWeights, DenseWeights, OneToOne, PoolWeights, SparseWeights
from compile.text import show
from hardware.errors import ContainerError, LavaFedError
from hardware.neurons.cuba import Message, Reset
from tests.compile import float_run
from tests.nir.float_simulator import last, run

DT = 1e-4
RNG = np.random.default_rng(7)
STEPS = 30


def chain(*nodes: Any, shape: tuple[int, ...]) -> Any:
    return nir.NIRGraph.from_list(nir.Input(np.array(shape)), *nodes, type_check=False)


def lif(*shape: int, **values: float) -> Any:
    given = {"tau": 8 * DT, "r": 8.0, "v_leak": 0.0, "v_threshold": 1.0, "v_reset": 0.0, **values}
    return nir.LIF(**{key: np.full(shape, value) for key, value in given.items()})


def spikes(*shape: int, rate: float = 0.4) -> Any:
    return (np.random.default_rng(5).random((STEPS, *shape)) < rate).astype(np.float64)


def only(graph: Graph) -> CubaModel:
    (population,) = graph.populations
    assert isinstance(population.model, CubaModel)
    return population.model


def test_lif_forgets_dt_over_tau_and_takes_in_r_times_that() -> None:
    graph = read_nir(chain(nir.Linear(np.array([[2.0]])), lif(1, tau=4 * DT, r=6.0), shape=(1,)))
    model = only(graph)
    assert (model.current_decay, model.voltage_decay, model.threshold) == (1.0, 0.25, 1.0)
    (edge,) = graph.edges
    assert edge.weights is not None
    assert edge.weights.weights == pytest.approx(3.0)


def test_a_leak_read_as_exact_is_an_exponential() -> None:
    model = only(read_nir(chain(lif(2), shape=(2,)), {"leak": "exact"}))
    assert model.voltage_decay == pytest.approx(1 - math.exp(-1 / 8))


def test_every_neuron_may_have_its_own_parameters() -> None:
    node = nir.LIF(
        tau=np.array([2.0, 4.0]) * DT, r=np.array([1.0, 2.0]), v_leak=np.zeros(2), v_threshold=np.array([1.0, 3.0])
    )
    model = only(read_nir(chain(nir.Linear(np.ones((2, 3))), node, shape=(3,))))
    np.testing.assert_array_equal(model.voltage_decay, [0.5, 0.25])
    np.testing.assert_array_equal(model.threshold, [1.0, 3.0])


@pytest.mark.parametrize("reset", ["zero", "subtract", "late"])
@pytest.mark.parametrize("kind", ["LIF", "IF", "CubaLIF"])
@pytest.mark.parametrize("begin", ["rest", "zero"])
def test_leak_reset_and_rest_anywhere_are_the_equations_stepped_by_hand(kind: str, reset: str, begin: str) -> None:
    v_leak, v_reset, threshold, r, w_in = 0.25, -0.5, 1.0, 6.0, 3.0
    weights, inputs = np.array([[0.75, 0.5, -0.25]]), spikes(3)
    values: dict[str, float] = {"v_threshold": threshold, "v_reset": v_reset, "r": r}
    leak, synapse = 1 / 8, 1.0
    if kind == "IF":
        v_leak, leak = v_reset, 0.0
        values["r"] = r = 0.83 / DT
    elif kind == "LIF":
        values |= {"tau": 8 * DT, "v_leak": v_leak}
    else:
        values |= {"tau_mem": 8 * DT, "tau_syn": 2 * DT, "v_leak": v_leak, "w_in": w_in}
        synapse = 0.5
    node = getattr(nir, kind)(**{key: np.full(1, value) for key, value in values.items()})
    current, v, expected = 0.0, v_leak if begin == "rest" else 0.0, []
    fired = False
    for drive in inputs @ weights[0]:
        current = (1 - synapse) * current + synapse * drive * (w_in if kind == "CubaLIF" else 1.0)
        v = v + (r * DT * current if kind == "IF" else leak * (v_leak - v + r * current))
        v -= threshold if reset == "late" and fired else 0.0
        fired = v > threshold
        expected.append(fired)
        if fired:
            v = {"zero": v_reset, "subtract": v - threshold, "late": v}[reset]
    assert 2 < sum(expected) < STEPS - 2
    graph = read_nir(chain(nir.Linear(weights), node, shape=(3,)), {"reset": reset, "begin": begin})
    sent = run(graph, inputs).sent
    np.testing.assert_array_equal(next(iter(sent.values()))[:, 0], expected)


@pytest.mark.parametrize(
    ("node", "current", "leak"),
    [
        (nir.LI(tau=np.full(2, 4 * DT), r=np.full(2, 3.0), v_leak=np.zeros(2)), 1.0, 0.25),
        (nir.I(r=np.full(2, 0.75 / DT)), 1.0, 0.0),
        (
            nir.CubaLI(
                tau_syn=np.full(2, 2 * DT), tau_mem=np.full(2, 4 * DT), r=np.full(2, 6.0), v_leak=np.zeros(2)
            ),
            0.5,
            0.25,
        ),
    ],
    ids=["LI", "I", "CubaLI"],
)
def test_neurons_that_never_fire_send_their_voltage(node: Any, current: float, leak: float) -> None:
    graph = read_nir(chain(node, shape=(2,)))
    model = only(graph)
    assert model.message is Message.VOLTAGE
    assert (model.current_decay, model.voltage_decay) == (current, leak)
    (edge,) = graph.edges
    assert isinstance(edge.weights, OneToOne)
    np.testing.assert_allclose(edge.weights.weights, 0.75)


def test_a_threshold_holds_no_state() -> None:
    graph = read_nir(chain(nir.Linear(np.array([[0.5, 0.75]])), nir.Threshold(np.ones(1)), shape=(2,)))
    inputs = spikes(2)
    np.testing.assert_array_equal(last(graph, inputs)[:, 0], inputs.all(axis=1))


def test_a_leaky_integrator_before_a_threshold_keeps_its_voltage() -> None:
    node = nir.LI(tau=np.full(1, 4 * DT), r=np.full(1, 4.0), v_leak=np.zeros(1))
    graph = read_nir(chain(node, nir.Threshold(np.ones(1)), shape=(1,)))
    inputs, v, expected = spikes(1), 0.0, []
    for x in inputs[:, 0]:
        v = 0.75 * v + x
        expected.append(v > 1)
    assert any(expected)
    np.testing.assert_array_equal(last(graph, inputs)[:, 0], expected)


def test_linear_nodes_in_a_row_become_one_edge() -> None:
    a, b, scale = RNG.normal(size=(3, 4)), RNG.normal(size=(2, 3)), RNG.normal(size=3)
    bias = RNG.normal(size=3)
    nodes = (nir.Affine(a, bias), nir.Scale(scale), nir.Linear(b), nir.Threshold(np.ones(2)))
    graph = read_nir(chain(*nodes, shape=(4,)))
    (edge,) = graph.edges
    assert isinstance(edge.weights, DenseWeights)
    np.testing.assert_allclose(edge.weights.weights, b @ np.diag(scale) @ a)
    np.testing.assert_allclose(only(graph).bias, b @ (scale * bias))


def torch_like(image: Any, kernel: Any, stride: int, before: int, behind: int, dilation: int, groups: int) -> Any:
    padded = np.pad(image, ((0, 0), (before, behind), (before, behind)))
    out, per, rows, columns = kernel.shape
    reach = dilation * (rows - 1) + 1
    size = (padded.shape[1] - reach) // stride + 1
    made = np.zeros((out, size, size))
    for o, y, x in np.ndindex(*made.shape):
        first = o // (out // groups) * per
        window = padded[
            first : first + per,
            y * stride : y * stride + reach : dilation,
            x * stride : x * stride + dilation * (columns - 1) + 1 : dilation,
        ]
        made[o, y, x] = (window * kernel[o]).sum()
    return made


@pytest.mark.parametrize(
    ("rows", "stride", "padding", "dilation", "groups", "pads"),
    [
        (3, 1, 0, 1, 1, (0, 0)),
        (3, 2, 1, 1, 2, (1, 1)),
        (2, 1, "same", 1, 1, (0, 1)),
        (2, 1, "same", 3, 1, (1, 2)),
        (4, 1, "same", 1, 2, (1, 2)),
        (3, 1, "same", 2, 1, (2, 2)),
        (2, 3, "valid", 2, 1, (0, 0)),
    ],
)
def test_conv2d_is_pytorchs(
    rows: int, stride: int, padding: Any, dilation: int, groups: int, pads: tuple[int, int]
) -> None:
    kernel, bias = RNG.normal(size=(4, 2 // groups, rows, rows)), RNG.normal(size=4)
    node = nir.Conv2d((7, 7), kernel, stride, padding, dilation, groups, bias)
    graph = read_nir(chain(node, shape=(2, 7, 7)))
    image = (RNG.random((2, 7, 7)) < 0.5).astype(float)
    expected = torch_like(image, kernel, stride, *pads, dilation, groups) + bias[:, None, None]
    assert isinstance(graph.edges[0].weights, ConvWeights)
    np.testing.assert_allclose(last(graph, image[None])[0], expected.ravel(), atol=1e-12)


def test_conv1d_is_a_convolution_of_height_one() -> None:
    kernel = RNG.normal(size=(3, 2, 4))
    graph = read_nir(chain(nir.Conv1d(9, kernel, 2, 1, 1, 1, np.zeros(3)), shape=(2, 9)))
    line = (RNG.random((2, 9)) < 0.5).astype(float)
    padded = np.pad(line, ((0, 0), (1, 1)))
    expected = [[(padded[:, 2 * x : 2 * x + 4] * kernel[o]).sum() for x in range(4)] for o in range(3)]
    np.testing.assert_allclose(last(graph, line[None])[0], np.ravel(expected), atol=1e-12)


@pytest.mark.parametrize(("kind", "factor"), [("SumPool2d", 1.0), ("AvgPool2d", 0.25)])
def test_pools_sum_or_average_windows(kind: str, factor: float) -> None:
    two, none = np.array([2, 2]), np.array([0, 0])
    graph = read_nir(chain(getattr(nir, kind)(two, two, none), lif(3, 2, 2), shape=(3, 4, 4)))
    (edge,) = graph.edges
    assert isinstance(edge.weights, PoolWeights)
    np.testing.assert_allclose(edge.weights.weights, factor)


def test_a_convolution_and_a_pool_become_one_convolution() -> None:
    kernel, two = RNG.normal(size=(4, 2, 3, 3)), np.array([2, 2])
    nodes = (
        nir.Conv2d((8, 8), kernel, 1, 1, 1, 1, np.zeros(4)),
        nir.AvgPool2d(two, two, np.array([0, 0])),
        nir.Flatten(np.array([4, 4, 4]), 0),
    )
    graph = read_nir(chain(*nodes, shape=(2, 8, 8)))
    image = (RNG.random((2, 8, 8)) < 0.5).astype(float)
    expected = torch_like(image, kernel, 1, 1, 1, 1, 1).reshape(4, 4, 2, 4, 2).mean(axis=(2, 4))
    assert isinstance(graph.edges[0].weights, ConvWeights)
    np.testing.assert_allclose(last(graph, image[None])[0], expected.ravel(), atol=1e-12)


def test_kernels_that_no_kernel_equals_become_listed_synapses() -> None:
    kernel = RNG.normal(size=(2, 2, 3, 3))
    conv = nir.Conv2d((5, 5), kernel, 1, 1, 1, 1, np.zeros(2))
    graph = read_nir(chain(conv, nir.Conv2d((5, 5), kernel, 1, 1, 1, 1, np.zeros(2)), shape=(2, 5, 5)))
    image = (RNG.random((2, 5, 5)) < 0.5).astype(float)
    expected = torch_like(torch_like(image, kernel, 1, 1, 1, 1, 1), kernel, 1, 1, 1, 1, 1)
    assert isinstance(graph.edges[0].weights, SparseWeights)
    np.testing.assert_allclose(last(graph, image[None])[0], expected.ravel(), atol=1e-12)


def test_a_delay_behind_neurons_is_theirs() -> None:
    delay = nir.Delay(np.array([0.0, 3 * DT]))
    graph = read_nir(chain(lif(2), delay, nir.Linear(np.ones((1, 2))), lif(1), shape=(2,)))
    first = graph.populations[0]
    assert first.delays is not None
    assert first.delays.tolist() == [0, 3]


def test_a_delay_before_neurons_is_their_synapses() -> None:
    nodes = (nir.Linear(np.ones((2, 3))), nir.Delay(np.array([DT, 3 * DT])), lif(2))
    graph = read_nir(chain(*nodes, shape=(3,)))
    weights = graph.edges[0].weights
    assert isinstance(weights, DenseWeights)
    assert weights.delays is not None
    assert weights.delays.tolist() == [[1, 1, 1], [3, 3, 3]]


def test_an_inner_graph_may_lead_back_to_its_neurons() -> None:
    inner = nir.NIRGraph(
        nodes={
            "input": nir.Input(np.array([2])),
            "lif": lif(2),
            "back": nir.Linear(np.array([[0.0, -1.0], [-1.0, 0.0]])),
            "output": nir.Output(np.array([2])),
        },
        edges=[("input", "lif"), ("lif", "back"), ("back", "lif"), ("lif", "output")],
    )
    graph = read_nir(chain(nir.Linear(np.ones((2, 2))), inner, shape=(2,)))
    assert [population.name for population in graph.populations] == ["nirgraph.lif"]
    assert {edge.name for edge in graph.edges} == {"input->nirgraph.lif", "nirgraph.lif->nirgraph.lif"}


def skipping() -> Any:
    """Two layers, and a way around the second; no bias, so nothing happens before the first input."""
    rng = np.random.default_rng(2)
    nodes = {
        "in": nir.Input(np.array([4])),
        "wa": nir.Linear(rng.normal(size=(5, 4)) + 0.4),
        "a": lif(5),
        "wb": nir.Linear(rng.normal(size=(5, 5)) + 0.4),
        "b": nir.CubaLIF(*(np.full(5, value) for value in (2 * DT, 8 * DT, 8.0, 0.0, 1.0)), w_in=np.full(5, 2.0)),
        "skip": nir.Linear(rng.normal(size=(3, 5)) + 0.2),
        "wc": nir.Linear(rng.normal(size=(3, 5)) + 0.2),
        "c": lif(3),
        "out": nir.Output(np.array([3])),
    }
    edges = [("in", "wa"), ("wa", "a"), ("a", "wb"), ("wb", "b"), ("b", "wc"), ("wc", "c"), ("c", "out")]
    return nir.NIRGraph(nodes, [*edges, ("a", "skip"), ("skip", "c")])


@pytest.mark.parametrize("reset", ["zero", "subtract", "late"])
def test_aligned_for_the_chip_each_layer_fires_its_depth_later(reset: str) -> None:
    graph = read_nir(skipping(), {"reset": reset})
    inputs = spikes(4)
    here = run(graph, inputs).sent
    chip = float_run.run(run_passes(graph, aligned(NirFrontend.spiking_steps)), inputs)
    names = [name for name in here if not name.endswith(".late")]
    assert len(names) == 3
    assert len(chip) >= 3
    outputs = list(chip)[-1]
    np.testing.assert_array_equal(chip[outputs][3:], here["c"][:-3])
    assert here["c"].any()


def test_two_ways_from_the_same_neurons_are_added() -> None:
    nodes = {
        "in": nir.Input(np.array([2])),
        "x": nir.Linear(np.array([[1.0, 2.0]])),
        "y": nir.Linear(np.array([[0.5, -1.0]])),
        "t": nir.Threshold(np.ones(1)),
        "out": nir.Output(np.array([1])),
    }
    edges = [("in", "x"), ("in", "y"), ("x", "t"), ("y", "t"), ("t", "out")]
    (edge,) = read_nir(nir.NIRGraph(nodes, edges)).edges
    assert edge.weights is not None
    np.testing.assert_array_equal(edge.weights.weights, [[1.5, 1.0]])


def test_a_file_says_the_same_as_the_graph_in_memory(tmp_path: Path) -> None:
    nir.write(tmp_path / "skip.nir", skipping())
    file, memory = read_nir(tmp_path / "skip.nir"), read_nir(skipping())
    assert sorted(show(file).splitlines()) == sorted(show(memory).splitlines())


def test_real_numbers_from_the_host_are_asked_for() -> None:
    assert not read_nir(chain(lif(2), shape=(2,))).source.graded
    assert read_nir(chain(lif(2), shape=(2,)), {"graded": "true"}).source.graded


def test_the_graphs_metadata_hold_where_options_say_nothing() -> None:
    graph = chain(lif(2), shape=(2,))
    graph.metadata = {"dt": 2 * DT, "reset": "subtract", "author": "x"}
    assert only(read_nir(graph)).voltage_decay == 0.25
    assert only(read_nir(graph)).reset is Reset.SUBTRACT
    assert only(read_nir(graph, {"dt": "1e-4"})).voltage_decay == 0.125


def loop() -> Any:
    nodes = {"in": nir.Input(np.array([2])), "a": lif(2), "b": lif(2), "out": nir.Output(np.array([2]))}
    return nir.NIRGraph(nodes, [("in", "a"), ("a", "b"), ("b", "a"), ("b", "out")])


def two_inputs() -> Any:
    nodes = {
        "x": nir.Input(np.array([2])),
        "y": nir.Input(np.array([2])),
        "a": lif(2),
        "out": nir.Output(np.array([2])),
    }
    return nir.NIRGraph(nodes, [("x", "a"), ("y", "a"), ("a", "out")])


def bias_held_back() -> Any:
    return chain(nir.Affine(np.ones((2, 2)), np.ones(2)), nir.Delay(np.full(2, DT)), lif(2), shape=(2,))


@pytest.mark.parametrize(
    ("graph", "options", "message"),
    [
        (chain(lif(2), shape=(2,)), {"dt": "0.01"}, "a step of 0.01 s is longer than its tau of 0.0008 s"),
        (
            chain(lif(2, v_reset=0.5), shape=(2,)),
            {"reset": "hold"},
            "is to be held at a v_reset that is not where",
        ),
        (chain(lif(2, v_leak=2.0), shape=(2,)), {}, "its threshold lies 1 below the voltage at which it begins"),
        (
            chain(nir.LI(*(np.full(2, value) for value in (1e-3, 1.0, 0.5))), shape=(2,)),
            {},
            "rests at a v_leak that is not 0",
        ),
        (
            chain(lif(2), nir.Delay(np.full(2, 1.5 * DT)), nir.Linear(np.ones((1, 2))), shape=(2,)),
            {},
            "a delay is 1.5 steps of 0.0001 s, not a whole number",
        ),
        (chain(lif(2), nir.Delay(np.full(2, 64 * DT)), shape=(2,)), {}, "must lie in 0..63"),
        (bias_held_back(), {}, "holds back a bias, which would begin late"),
        (loop(), {}, "NIR nodes a, b lie in a circle"),
        (two_inputs(), {}, "the NIR graph has 2 Input nodes \\(x, y\\)"),
    ],
)
def test_what_the_chip_cannot_say_is_refused_by_name(graph: Any, options: dict[str, str], message: str) -> None:
    with pytest.raises(UnsupportedLayerError, match=message):
        read_nir(graph, options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"simulator": "brian"}, "no simulator 'brian'; known are nir, snntorch, norse, sinabs, spikingjelly"),
        ({"reset": "none"}, "reset 'none' is not known; choose zero or subtract or hold or late"),
        ({"dt": "fast"}, "dt 'fast' is not a number"),
        ({"dt": "-1"}, "dt -1.0 must be a number of seconds above 0"),
        ({"speed": "1"}, "no option 'speed'; known are simulator, dt, reset"),
    ],
)
def test_options_are_checked_before_anything_is_read(options: dict[str, str], message: str) -> None:
    with pytest.raises(LavaFedError, match=message):
        NirFrontend().configured(options)


def test_a_number_of_units_that_does_not_fit_is_named() -> None:
    with pytest.raises(ContainerError, match="'linear' \\(Linear\\) reads 3 units, what leads to it makes 2"):
        read_nir(chain(nir.Linear(np.ones((2, 3))), lif(2), shape=(2,)))


def test_names_become_single_words() -> None:
    nodes = {"my input": nir.Input(np.array([2])), "input": lif(2), "out put": nir.Output(np.array([2]))}
    graph = read_nir(nir.NIRGraph(nodes, [("my input", "input"), ("input", "out put")]))
    assert [node.name for node in graph.nodes] == ["my_input", "input_"]
    assert all(isinstance(node, Population) for node in graph.nodes[1:])
