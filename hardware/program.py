"""A Program: an integer network, placed on a chip, as a frozen value with a digest."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware import container
from hardware.chip import CHIPS, ChipSpec
from hardware.errors import ContainerError, LavaFedError, NetworkError
from hardware.learning import LearningRule, Teacher
from hardware.network import Connection, Layer, Network
from hardware.neuron import Cuba
from hardware.synapse import Dense, SignMode, WeightGrid

KIND = "program"
"""Kind of container that holds a Program."""


@dataclass(frozen=True)
class Use:
    """How much of a limited thing a Program takes.

    Attributes
    ----------
    what : str
        The resource, for example ``"neurons"``.
    where : str
        A layer, a core or the chip.
    used, limit : int
        In the resource's own unit; ``used <= limit`` in every Program.
    """

    what: str
    where: str
    used: int
    limit: int


@dataclass(frozen=True)
class Placement:
    """A run of one layer's neurons on one core.

    Attributes
    ----------
    layer : str
        The layer.
    core : int
        Logical core, from 0.
    first, last : int
        The neurons ``first..last - 1``.
    """

    layer: str
    core: int
    first: int
    last: int


@dataclass(frozen=True)
class Program:
    """What ``compile`` makes, backends run and federations train.

    Attributes
    ----------
    network : Network
        The integers.
    chip : ChipSpec
        The chip it was placed on.
    placement : tuple of Placement
        Which neurons sit on which core.
    utilization : tuple of Use
        What the design rules measured.
    provenance : dict of str to str
        Where it came from; not part of the digest.
    """

    network: Network
    chip: ChipSpec
    placement: tuple[Placement, ...] = ()
    utilization: tuple[Use, ...] = ()
    provenance: dict[str, str] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """SHA-256 of network, chip and placement, 64 hexadecimal digits; equal Programs have equal digests."""
        header, arrays = _encode(self)
        for key in ("provenance", "utilization"):
            header.pop(key)
        return container.digest(header, arrays)

    def weights(self) -> dict[str, NDArray[np.int16]]:
        """Weights of every connection that learns, by the connection's name."""
        return {c.name: c.synapse.weights for c in self.network.plastic}

    def with_weights(self, weights: dict[str, NDArray[Any]]) -> Program:
        """Return this Program with other weights in the named connections.

        Raises
        ------
        NetworkError
            Where a name is unknown, a shape differs, or a value is outside the connection's range.
        """
        for name, array in weights.items():
            expected = self.network.connection(name).synapse.weights.shape
            if array.shape != expected:
                raise NetworkError(f"connection {name}: weights have shape {array.shape}, expected {expected}")
        connections = tuple(
            dataclasses.replace(c, synapse=dataclasses.replace(c.synapse, weights=weights[c.name]))
            if c.name in weights
            else c
            for c in self.network.connections
        )
        return dataclasses.replace(self, network=dataclasses.replace(self.network, connections=connections))

    def save(self, path: Path) -> None:
        """Write the Program to ``path`` atomically; equal Programs give equal bytes."""
        container.write(path, KIND, *_encode(self))

    @classmethod
    def load(cls, path: Path) -> Program:
        """Read a Program.

        Raises
        ------
        ContainerError
            Where the file is missing, damaged, of another version or not a Program.
        """
        header, arrays = container.read(path, KIND)
        try:
            return _decode(header, arrays)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            raise ContainerError(
                f"{path} is not a valid Program: {type(error).__name__}: {error!s:.200}"
            ) from error
        except LavaFedError as error:
            raise ContainerError(f"{path} is not a valid Program: {error!s:.400}") from error


def _encode(program: Program) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Split a Program into a JSON header and named arrays."""
    network, arrays = program.network, {}
    layers, connections = [], []
    for layer in network.layers:
        neuron = layer.neuron
        layers.append(
            {
                "name": layer.name,
                "neuron": {
                    "type": "cuba",
                    "current_decay": neuron.current_decay,
                    "voltage_decay": neuron.voltage_decay,
                    "threshold": neuron.threshold,
                    "bias_exponent": neuron.bias_exponent,
                },
                "teacher": None if layer.teacher is None else dataclasses.asdict(layer.teacher),
            }
        )
        arrays[f"{layer.name}/bias_mantissa"] = neuron.bias_mantissa
    for connection in network.connections:
        synapse, rule = connection.synapse, connection.rule
        connections.append(
            {
                "source": connection.source,
                "target": connection.target,
                "synapse": {
                    "type": "dense",
                    "exponent": synapse.exponent,
                    "sign": synapse.grid.sign.value,
                    "bits": synapse.grid.bits,
                },
                "rule": None
                if rule is None
                else {
                    "dw": rule.text,
                    **{f.name: getattr(rule, f.name) for f in dataclasses.fields(rule) if f.name != "products"},
                },
            }
        )
        arrays[f"{connection.name}/weights"] = synapse.weights
    header = {
        "chip": program.chip.name,
        "inputs": network.inputs,
        "layers": layers,
        "connections": connections,
        "placement": [dataclasses.asdict(p) for p in program.placement],
        "utilization": [dataclasses.asdict(u) for u in program.utilization],
        "provenance": dict(program.provenance),
    }
    return header, arrays


def _decode(header: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Program:
    """Join header and arrays; every value is checked by the constructors."""
    used: set[str] = set()

    def array(name: str) -> NDArray[Any]:
        used.add(name)
        return arrays[name]

    if header["chip"] not in CHIPS:
        raise LavaFedError(f"unknown chip {header['chip']!r}; known are {', '.join(CHIPS)}")
    layers = tuple(
        Layer(
            name=entry["name"],
            neuron=Cuba(
                bias_mantissa=array(f"{entry['name']}/bias_mantissa"),
                **_without_type(entry["neuron"], "cuba"),
            ),
            teacher=None if entry["teacher"] is None else Teacher(**_integers(entry["teacher"])),
        )
        for entry in header["layers"]
    )
    connections = []
    for entry in header["connections"]:
        synapse = dict(entry["synapse"])
        grid = WeightGrid(SignMode(synapse.pop("sign")), _integers({"bits": synapse.pop("bits")})["bits"])
        dense = Dense(
            weights=array(f"{entry['source']}->{entry['target']}/weights"),
            grid=grid,
            **_without_type(synapse, "dense"),
        )
        rule = None
        if entry["rule"] is not None:
            parameters = dict(entry["rule"])
            rule = LearningRule.parse(parameters.pop("dw"), **_integers(parameters))
        connections.append(Connection(entry["source"], entry["target"], dense, rule))
    if extra := set(arrays) - used:
        raise LavaFedError(f"array {sorted(extra)[0]!r} belongs to no layer")
    return Program(
        network=Network(_integers({"n": header["inputs"]})["n"], layers, tuple(connections)),
        chip=CHIPS[header["chip"]],
        placement=tuple(Placement(**_texts(entry, "layer")) for entry in header["placement"]),
        utilization=tuple(Use(**_texts(entry, "what", "where")) for entry in header["utilization"]),
        provenance={str(key): str(value) for key, value in header["provenance"].items()},
    )


def _without_type(entry: dict[str, Any], expected: str) -> dict[str, int]:
    entry = dict(entry)
    if (found := entry.pop("type")) != expected:
        raise LavaFedError(f"type {found!r} is not supported; expected {expected!r}")
    return _integers(entry)


def _texts(entry: dict[str, Any], *keys: str) -> dict[str, Any]:
    """Return ``entry`` if ``keys`` are texts, and all else of it integers."""
    for key in keys:
        if not isinstance(entry[key], str):
            raise LavaFedError(f"{key} must be a text, found {entry[key]!r}")
    _integers({key: value for key, value in entry.items() if key not in keys})
    return entry


def _integers(entry: dict[str, Any]) -> dict[str, int]:
    for key, value in entry.items():
        if type(value) is not int:
            raise LavaFedError(f"{key} must be an integer, found {value!r}")
    return entry
