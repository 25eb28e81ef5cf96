"""The ``.net`` files that lava-dl SLAYER exports (``block.export_hdf5``).

``/layer/<i>`` is the i-th block. Read are ``input`` blocks that only carry a shape, ``flatten``, and ``dense``
with CUBA neurons of shared parameters; everything else is refused by name. An input block without neuron takes
no time step, as in lava-dl's netx. Integers in the file become real numbers by SLAYER's scales: weight, bias
and threshold / 64, decays / 4096.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from compile.errors import UnsupportedLayerError
from compile.frontends.frontend import Frontend
from compile.frontends.strict_hdf5 import SIGNATURE, StrictGroup, read_hdf5
from compile.graph import CubaPopulation, Edge, Flatten, Graph, Node, Source
from hardware.chip import ALIGN_SHIFT, DECAY_UNITY
from hardware.errors import ContainerError

SCALE = 1 << ALIGN_SHIFT
"""SLAYER's ``w_scale``."""
LAYER_LIMIT = 1024
"""Most blocks of one file."""
UNITS_LIMIT = 1 << 24
"""Most units of one block."""
REMEDIES = {
    "conv": "use dense layers; convolution is planned",
    "convT": "use dense layers",
    "pool": "use dense layers; pooling is planned",
    "unpool": "use dense layers",
    "dense_rec": "use a feed-forward dense layer; recurrence is planned",
    "average": "average the output spikes on the host, and export the network without this block",
    "average_pool": "average the output spikes on the host, and export the network without this block",
}
"""What to do about each block type that SLAYER knows and the graph does not."""
NEURONS = ("CUBA", "LOIHI")
"""Names of the CUBA neuron: new and old exporter."""


class SlayerNetFrontend(Frontend):
    """Reads SLAYER's ``.net`` files."""

    name = "slayer"
    title = "lava-dl SLAYER network"
    suffixes = (".net",)

    def recognises(self, path: Path) -> bool:
        """Any ``.net`` file, and any other that begins as HDF5 does."""
        if path.suffix in self.suffixes:
            return True
        try:
            with path.open("rb") as file:
                return file.read(len(SIGNATURE)) == SIGNATURE
        except OSError:
            return False

    def read(self, path: Path) -> Graph:
        """Read the whole network; see ``Frontend.read``."""
        return _read_network(read_hdf5(path), path)


def _read_network(root: StrictGroup, path: Path) -> Graph:
    root.only({"layer", "simulation"})
    if "simulation" in root.keys:
        _read_simulation(root.group("simulation"))
    layers = root.group("layer")
    count = len(layers.keys)
    if not 1 <= count <= LAYER_LIMIT:
        raise ContainerError(f"{path}: it holds {count} layers, expected 1..{LAYER_LIMIT}")
    layers.only({str(index) for index in range(count)})
    nodes: list[Node] = []
    edges: list[Edge] = []
    for index in range(count):
        group = layers.group(str(index))
        kind = group.text("type")
        if kind == "input":
            if index:
                raise UnsupportedLayerError(f"{_layer(index, kind)}: an input after other layers; put it first")
            nodes.append(_read_input(group, index))
        elif kind == "flatten":
            if not nodes:
                raise UnsupportedLayerError(
                    f"{_layer(index, kind)} comes first; export an input block that says which shape it flattens"
                )
            node, edge = _read_flatten(group, index, nodes[-1])
            nodes.append(node)
            edges.append(edge)
        elif kind == "dense":
            weights = _read_weights(group, index)
            if not nodes:
                nodes.append(Source("input", (weights.shape[1],)))
            population = _read_population(group, index, weights.shape[0])
            _check_fan_in(nodes[-1], weights, index)
            edges.append(Edge(nodes[-1].name, population.name, weights))
            nodes.append(population)
        else:
            remedy = REMEDIES.get(kind, "use dense layers with CUBA neurons")
            raise UnsupportedLayerError(f"{_layer(index, kind)}: this layer type is not supported; {remedy}")
    if not any(isinstance(node, CubaPopulation) for node in nodes):
        raise UnsupportedLayerError(f"{path}: it holds no dense layer, so there is nothing to compile")
    return Graph(tuple(nodes), tuple(edges))


def _layer(index: int, kind: str) -> str:
    return f"layer {index} ({kind})"


def _read_simulation(group: StrictGroup) -> None:
    group.only({"Ts", "tSample"})
    if "Ts" in group.keys and group.real("Ts") != 1:
        raise UnsupportedLayerError(
            f"simulation/Ts is {group.real('Ts'):g}; only one step per sampling time is known"
        )
    if "tSample" in group.keys and group.real("tSample") <= 0:
        raise ContainerError("simulation/tSample must be above 0")


def _read_shape(group: StrictGroup, index: int, kind: str) -> tuple[int, ...]:
    shape = tuple(int(axis) for axis in group.array("shape", kinds="iu", most_axes=1).reshape(-1))
    if not 1 <= len(shape) <= 3 or min(shape) < 1 or math.prod(shape) > UNITS_LIMIT:
        raise ContainerError(
            f"{_layer(index, kind)}: shape {shape} is not 1 to 3 axes of at most {UNITS_LIMIT} units"
        )
    return shape


def _read_input(group: StrictGroup, index: int) -> Source:
    for key, feature in (("neuron", "neurons"), ("weight", "a weight"), ("bias", "a bias")):
        if key in group.keys:
            raise UnsupportedLayerError(
                f"{_layer(index, 'input')} has {feature}: an input that encodes is not supported; encode into "
                "spikes on the host, and export the network without its Input block or with one that has no neuron"
            )
    group.only({"type", "shape"})
    return Source(f"input{index}", _read_shape(group, index, "input"))


def _read_flatten(group: StrictGroup, index: int, before: Node) -> tuple[Flatten, Edge]:
    group.only({"type", "shape"})
    units = math.prod(_read_shape(group, index, "flatten"))
    if units != before.units:
        raise ContainerError(
            f"{_layer(index, 'flatten')} makes {units} units of the {before.units} of the layer before it"
        )
    node = Flatten(f"flatten{index}", units)
    return node, Edge(before.name, node.name)


def _read_weights(group: StrictGroup, index: int) -> NDArray[np.float64]:
    """Return real weights, shape (targets, sources)."""
    where = _layer(index, "dense")
    if "delay" in group.keys:
        raise UnsupportedLayerError(
            f"{where} has axonal delays, which are not supported; train it with delay=False"
        )
    if "weight_rec" in group.keys:
        raise UnsupportedLayerError(f"{where} has recurrent weights, which are not supported")
    group.only({"type", "shape", "inFeatures", "outFeatures", "weight", "bias", "neuron"})
    shape = _read_shape(group, index, "dense")
    targets, sources = group.integer("outFeatures"), group.integer("inFeatures")
    if not (1 <= targets <= UNITS_LIMIT and 1 <= sources <= UNITS_LIMIT):
        raise ContainerError(f"{where}: {sources} inputs and {targets} outputs must lie in 1..{UNITS_LIMIT}")
    if math.prod(shape) != targets:
        raise ContainerError(f"{where}: shape {shape} does not hold its {targets} outputs")
    weights = group.array("weight")
    if weights.shape not in ((targets, sources), (targets * sources,)):
        raise ContainerError(f"{where}: weights have shape {weights.shape}, expected {(targets, sources)}")
    real: NDArray[np.float64] = weights.reshape(targets, sources).astype(np.float64) / SCALE
    return real


def _check_fan_in(before: Node, weights: NDArray[np.float64], index: int) -> None:
    where = _layer(index, "dense")
    if before.units != weights.shape[1]:
        raise ContainerError(f"{where} reads {weights.shape[1]} units, the layer before it has {before.units}")
    if sum(axis > 1 for axis in before.shape) > 1:
        raise UnsupportedLayerError(
            f"{where} reads an image of shape {'x'.join(map(str, before.shape))} whose pixels have no agreed "
            "order; put a Flatten block before it"
        )


def _read_population(group: StrictGroup, index: int, units: int) -> CubaPopulation:
    where = _layer(index, "dense")
    if "neuron" not in group.keys:
        raise UnsupportedLayerError(
            f"{where} has no neuron, so it would send currents instead of spikes; end the network with a Dense "
            "block that has CUBA neurons (an Affine block only shows its current to SLAYER's loss)"
        )
    neuron = group.group("neuron")
    kind = neuron.text("type")
    if kind not in NEURONS:
        raise UnsupportedLayerError(
            f"{where} has {kind} neurons, which are not supported; train it with slayer.block.cuba.Dense"
        )
    _refuse_neuron_features(neuron, where)
    limits = {"iDecay": DECAY_UNITY, "vDecay": DECAY_UNITY, "vThMant": 1 << 31}
    values = {key: neuron.integer(key) for key in limits}
    for key, value in values.items():
        if not 0 <= value <= limits[key]:
            raise ContainerError(f"{where}: neuron/{key} {value} must lie in 0..{limits[key]}")
    if "theta" in neuron.keys and neuron.real("theta") != values["vThMant"] * SCALE:
        raise ContainerError(
            f"{where}: neuron/theta {neuron.real('theta'):g} contradicts vThMant {values['vThMant']}"
        )
    bias = np.zeros(units)
    if "bias" in group.keys:
        bias = group.array("bias", most_axes=1).astype(np.float64) / SCALE
        if bias.shape != (units,):
            raise ContainerError(f"{where}: bias has shape {bias.shape}, expected {(units,)}")
    return CubaPopulation(
        f"dense{index}",
        threshold=values["vThMant"] / SCALE,
        current_decay=values["iDecay"] / DECAY_UNITY,
        voltage_decay=values["vDecay"] / DECAY_UNITY,
        bias=bias,
    )


def _refuse_neuron_features(neuron: StrictGroup, where: str) -> None:
    neuron.only(
        {
            *("type", "iDecay", "vDecay", "vThMant", "refDelay", "gradedSpike", "messageBits", "weight_exp"),
            *("wgtExp", "theta", "tauRho", "scaleRho"),  # old exporter
        }
    )
    for key in ("iDecay", "vDecay"):
        if not neuron.is_scalar(key):
            raise UnsupportedLayerError(
                f"{where} has its own {key} for each neuron, which is not supported; "
                "train it with shared_param=True"
            )
    for key, only, remedy in (
        ("gradedSpike", 0, "graded spikes are not supported; train it with graded_spike=False"),
        ("messageBits", 0, "graded spikes are not supported; train it with graded_spike=False"),
        ("refDelay", 1, "only a refractory delay of 1 is known"),
        ("wgtExp", 0, "weight exponents are not supported; train it without them"),
    ):
        if key in neuron.keys and neuron.integer(key) != only:
            raise UnsupportedLayerError(f"{where}: neuron/{key} is {neuron.integer(key)}; {remedy}")
    if "weight_exp" in neuron.keys and np.any(neuron.array("weight_exp", most_axes=1)):
        raise UnsupportedLayerError(
            f"{where}: neuron/weight_exp (WgtScaleBatchNorm) is not supported; "
            "train it with MeanOnlyBatchNorm or none"
        )
    for key in ("tauRho", "scaleRho"):  # shape of SLAYER's surrogate gradient: of no meaning once trained
        if key in neuron.keys:
            neuron.real(key)
