"""The ``.net`` files that lava-dl SLAYER exports (``block.export_hdf5``).

``/layer/<i>`` is the i-th block. Every key is read, or refused by name. The arithmetic is that of SLAYER's forward
pass with two exceptions, where it is that of lava-dl's netx: a dense block without neurons sums its current over
time, and an input block without neuron takes no time step.
"""

from __future__ import annotations

from pathlib import Path

from compile.errors import UnsupportedLayerError
from compile.frontends.frontend import Frontend
from compile.frontends.slayer_chain import Chain, named
from compile.frontends.slayer_layers import where_of
from compile.frontends.slayer_readers import READERS
from compile.frontends.strict_hdf5 import SIGNATURE, StrictGroup, read_hdf5
from compile.graph import Graph
from hardware.errors import ContainerError, LavaFedError

LAYER_LIMIT = 1024
"""Most blocks of one file."""


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
        return self.graph_of(read_hdf5(path), path)

    def graph_of(self, root: StrictGroup, path: Path) -> Graph:
        """Make the graph of a file's root group; ``path`` is for errors."""
        return _read_network(root, path)


def _read_network(root: StrictGroup, path: Path) -> Graph:
    root.only({"layer", "simulation"})
    if "simulation" in root.keys:
        _read_simulation(root.group("simulation"))
    layers = root.group("layer")
    count = len(layers.keys)
    if not 1 <= count <= LAYER_LIMIT:
        raise ContainerError(f"{path}: it holds {count} layers, expected 1..{LAYER_LIMIT}")
    layers.only({str(index) for index in range(count)})
    chain = Chain()
    for index in range(count):
        group = layers.group(str(index))
        if not group.keys:
            raise UnsupportedLayerError(
                f"layer {index} is empty, as SLAYER exports a winner-take-all block (KWTA); compile the live "
                "module instead, with lava_fed.compile_module"
            )
        kind = group.text("type")
        where = where_of(index, kind)
        reader = READERS.get(kind)
        if reader is None:
            raise UnsupportedLayerError(
                f"{where}: this layer type is not supported; those of a .net file are {', '.join(READERS)}"
                + ("; join blocks by compiling the live module, with its skips" if kind == "concat" else "")
            )
        with named(where):
            reader(chain, group, f"{kind}{index}", where)
    try:
        return chain.graph()
    except LavaFedError as error:
        raise type(error)(f"{path}: {error}") from error


def _read_simulation(group: StrictGroup) -> None:
    group.only({"Ts", "tSample"})
    if "Ts" in group.keys and group.real("Ts") != 1:
        raise UnsupportedLayerError(
            f"simulation/Ts is {group.real('Ts'):g}; only one step per sampling time is known"
        )
    if "tSample" in group.keys and group.real("tSample") <= 0:
        raise ContainerError("simulation/tSample must be above 0")
