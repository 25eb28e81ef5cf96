"""NIR files, the format in which simulators of spiking networks exchange models."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from compile.frontends.frontend import Frontend
from compile.frontends.nir_graph import build_graph
from compile.frontends.nir_node import NirNode, node_from_file, node_from_memory
from compile.frontends.nir_reading import NirReading
from compile.frontends.strict_hdf5 import SIGNATURE
from compile.graph import Graph

SIMULATOR = "simulator"
"""Option that names a key of ``READINGS``."""


class NirFrontend(Frontend):
    """NIR graphs in HDF5, as ``nir.write`` writes them.

    Parameters
    ----------
    options : mapping of str to str
        As for ``read_nir``.
    """

    name = "nir"
    title = "a NIR file"
    suffixes = (".nir",)
    spiking_steps = 0

    def __init__(self, options: Mapping[str, str] = MappingProxyType({})) -> None:
        self.options = options

    def recognises(self, path: Path) -> bool:
        """Say whether it is HDF5 and bears the usual ending."""
        try:
            with path.open("rb") as file:
                return path.suffix == ".nir" and file.read(len(SIGNATURE)) == SIGNATURE
        except OSError:
            return False

    def read(self, path: Path) -> Graph:
        """Read the whole model."""
        return read_nir(path, self.options)

    def configured(self, options: Mapping[str, str]) -> NirFrontend:
        """Return a frontend that reads with the given options, as ``read_nir`` takes them."""
        given = {key: value for key, value in options.items() if key != SIMULATOR}
        NirReading.named(options.get(SIMULATOR, "nir"), given)
        return NirFrontend(options)

    def provenance(self, path: Path) -> dict[str, str]:
        """Return how time is read: every field of ``NirReading``."""
        reading = reading_of(node_from_file(path), self.options)
        return {f"nir_{key}": value for key, value in reading.described().items()}


def read_nir(model: Path | Any, options: Mapping[str, str] = MappingProxyType({})) -> Graph:
    """Turn a NIR file or graph into the compiler's graph.

    Parameters
    ----------
    model : Path or nir.NIRGraph
        The file, which nobody needs to vouch for, or a graph in memory.
    options : mapping of str to str
        ``simulator`` names whose export it is, a key of ``READINGS``; the fields of ``NirReading`` replace parts
        of that. What the graph's metadata say holds where the options say nothing.

    Raises
    ------
    ContainerError
        Where the file is damaged or hostile.
    UnsupportedLayerError
        Where the chip cannot express a node.
    LavaFedError
        Where an option is not known.
    """
    root = node_from_file(model) if isinstance(model, Path) else node_from_memory(model)
    return build_graph(root, reading_of(root, options))


def reading_of(root: NirNode, options: Mapping[str, str]) -> NirReading:
    """Return how time is read: the simulator's way, then the graph's metadata, then the options."""
    known = set(NirReading().described())
    stored = {key: value for key, value in root.metadata.items() if key in known}
    given = {key: value for key, value in options.items() if key != SIMULATOR}
    if SIMULATOR in options:
        return NirReading.named(options[SIMULATOR], given)
    return NirReading.named("nir", {**stored, **given})
