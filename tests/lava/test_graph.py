"""What Lava runs of a graph: everything, however many parts it has."""

import pytest

from hardware.lava import graph
from hardware.network import Connection, Layer
from tests.programs import cuba, dense, program
from tests.versus_lava.in_process import import_lava

pytestmark = pytest.mark.lava


def test_every_part_is_reached_from_the_root(tmp_path):
    import_lava()
    from lava.magma.compiler.compiler_graphs import find_processes

    layers = tuple(Layer(f"part-{i}", cuba(2)) for i in range(40))
    loops = [Connection(layer.name, layer.name, dense(2, 2)) for layer in layers]
    made = program(*loops, inputs=3, layers=layers)
    built = graph.build(made, lambda: None, tmp_path / "progress", learns=True)
    reached = {process.name for process in find_processes(built.root)}
    assert {layer.name for layer in layers} <= reached
