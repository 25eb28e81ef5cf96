"""An integer network as a JSON header and named arrays, and back."""

from __future__ import annotations

import dataclasses
import typing
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.encoder import Encoder
from hardware.errors import LavaFedError
from hardware.json_values import Value, exactly, integers, typed
from hardware.learning_file import pack_rule, pack_third_factor, unpack_rule, unpack_third_factor
from hardware.network import Connection, Layer, Network
from hardware.neurons.alif import Alif
from hardware.neurons.cuba import Cuba
from hardware.neurons.neuron import Neuron
from hardware.neurons.readout import Readout
from hardware.neurons.relay import Relay
from hardware.neurons.resonator import Resonator
from hardware.neurons.sigma_delta import Delta, Sigma, SigmaDelta
from hardware.synapses.convolution import Convolution
from hardware.synapses.dense import Dense
from hardware.synapses.sparse import Sparse
from hardware.synapses.synapse import Synapse

NEURONS: dict[str, type[Neuron]] = {
    kind.kind: kind for kind in (Cuba, Alif, Resonator, Delta, SigmaDelta, Sigma, Relay, Readout)
}
"""Every kind of neuron, by its name in files."""
SYNAPSES: dict[str, type[Synapse]] = {kind.kind: kind for kind in (Dense, Convolution, Sparse)}
"""Every kind of synapse, by its name in files."""

Arrays = dict[str, NDArray[Any]]


def pack_network(network: Network) -> tuple[dict[str, Any], Arrays]:
    """Split a network into a JSON header and named arrays."""
    arrays: Arrays = {}
    layers = []
    for layer in network.layers:
        entry = {
            "name": layer.name,
            "neuron": {"type": layer.neuron.kind, **_pack(layer.neuron, layer.name, arrays)},
            "teacher": None if layer.teacher is None else pack_third_factor(layer.teacher),
        }
        if layer.delays is not None:
            arrays[f"{layer.name}/delays"] = layer.delays
        layers.append(entry)
    connections = [
        {
            "source": connection.source,
            "target": connection.target,
            "port": connection.port,
            "synapse": {"type": connection.synapse.kind, **_pack(connection.synapse, connection.name, arrays)},
            "rule": None if connection.rule is None else pack_rule(connection.rule),
            **({"direct": True} if connection.direct else {}),
        }
        for connection in network.connections
    ]
    header = {
        "inputs": network.inputs,
        "graded_input": network.graded_input,
        "encoder": None if network.encoder is None else _pack_encoder(network.encoder),
        "layers": layers,
        "connections": connections,
    }
    return header, arrays


def unpack_network(header: dict[str, Any], arrays: Arrays) -> Network:
    """Join header and arrays; every value is checked by the constructors.

    Raises
    ------
    LavaFedError
        Where a key, type or value is not one of ours (``KeyError`` and ``TypeError`` where one is missing).
    """
    unused = dict(arrays)
    layers = tuple(
        _unpack_layer(exactly(entry, "name", "neuron", "teacher"), unused) for entry in header["layers"]
    )
    connections = tuple(
        _unpack_connection(
            exactly({"direct": False, **entry}, "source", "target", "port", "synapse", "rule", "direct"), unused
        )
        for entry in header["connections"]
    )
    if unused:
        raise LavaFedError(f"array {min(unused)!r} belongs to no layer")
    exactly(header, "inputs", "graded_input", "encoder", "layers", "connections")
    encoder = header["encoder"]
    return Network(
        integers({"inputs": header["inputs"]})["inputs"],
        layers,
        connections,
        typed(header["graded_input"], bool, "graded_input"),
        None if encoder is None else Encoder(**integers(encoder)),
    )


def _pack(value: Any, prefix: str, arrays: Arrays) -> dict[str, Any]:
    """Pack a frozen dataclass; arrays go aside under ``prefix/field``."""
    packed: dict[str, Any] = {}
    for field in dataclasses.fields(value):
        item = getattr(value, field.name)
        if isinstance(item, np.ndarray):
            arrays[f"{prefix}/{field.name}"] = item
        elif isinstance(item, Enum):
            packed[field.name] = item.value
        elif dataclasses.is_dataclass(item):
            packed[field.name] = _pack(item, f"{prefix}/{field.name}", arrays)
        else:
            packed[field.name] = list(item) if isinstance(item, tuple) else item
    return packed


def _unpack(kind: type[Value], packed: dict[str, Any], prefix: str, unused: Arrays) -> Value:
    """Make a frozen dataclass of what ``_pack`` left, by the types of its fields."""
    hints = typing.get_type_hints(kind)
    values: dict[str, Any] = {}
    packed = dict(packed)
    for field in dataclasses.fields(kind):  # type: ignore[arg-type]  # only dataclasses are given
        array = unused.pop(f"{prefix}/{field.name}", None)
        if array is not None:
            values[field.name] = array
        elif field.name in packed:
            item = packed.pop(field.name)
            values[field.name] = _value(hints[field.name], item, f"{prefix}/{field.name}", unused)
    if packed:
        raise LavaFedError(f"{prefix} has an unknown key {min(packed)!r}")
    return kind(**values)


def _value(hint: Any, item: Any, name: str, unused: Arrays) -> Any:
    choices = typing.get_args(hint) if typing.get_origin(hint) is not tuple else ()
    if item is None and type(None) in choices:
        return None
    for kind in choices or (hint,):
        if isinstance(kind, type) and issubclass(kind, Enum):
            return kind(item)
        if dataclasses.is_dataclass(kind):
            return _unpack(kind, item, name, unused)  # type: ignore[arg-type]  # a class, not an instance
        if kind in (int, bool):
            return typed(item, kind, name)
        if typing.get_origin(kind) is tuple:
            return tuple(integers(dict(enumerate(item))).values())  # type: ignore[arg-type]  # only shows the place
    raise LavaFedError(f"{name} must be an array")


def _unpack_layer(entry: dict[str, Any], unused: Arrays) -> Layer:
    name = typed(entry["name"], str, "layer name")
    return Layer(
        name,
        _unpack_kind(NEURONS, entry["neuron"], name, unused),
        None if entry["teacher"] is None else unpack_third_factor(entry["teacher"], name),
        unused.pop(f"{name}/delays", None),
    )


def _unpack_connection(entry: dict[str, Any], unused: Arrays) -> Connection:
    source, target, port = (typed(entry[key], str, key) for key in ("source", "target", "port"))
    name = f"{source}->{target}" + (f":{port}" if port else "")
    rule = None
    if entry["rule"] is not None:
        rule = unpack_rule(entry["rule"])
    direct = typed(entry["direct"], bool, "direct")
    return Connection(source, target, _unpack_kind(SYNAPSES, entry["synapse"], name, unused), rule, port, direct)


def _unpack_kind(kinds: dict[str, type[Value]], packed: dict[str, Any], name: str, unused: Arrays) -> Value:
    packed = dict(packed)
    kind = packed.pop("type")
    if kind not in kinds:
        raise LavaFedError(f"{name}: type {kind!r} is not supported; known are {', '.join(kinds)}")
    return _unpack(kinds[kind], packed, name, unused)


def _pack_encoder(encoder: Encoder) -> dict[str, int]:
    """Pack an encoder; what came later than its first three numbers only where it is not as it always was."""
    first, late = ("weight", "bias", "divide"), ("decimate", "grid")
    usual = Encoder()
    kept = [*first, *(name for name in late if getattr(encoder, name) != getattr(usual, name))]
    return {name: getattr(encoder, name) for name in kept}
