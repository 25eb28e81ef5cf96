"""What Lava runs of a graph: everything, however many parts it has."""

import numpy as np
import pytest

from hardware.lava import graph
from hardware.network import Connection, Layer
from hardware.spikes import SpikeTrain
from tests.programs import cuba, dense, program
from tests.versus_lava.in_process import import_lava

pytestmark = pytest.mark.lava


def test_every_part_is_reached_from_the_root(tmp_path):
    import_lava()
    from lava.magma.compiler.compiler_graphs import find_processes

    layers = tuple(Layer(f"part-{i}", cuba(2)) for i in range(40))
    loops = [Connection(layer.name, layer.name, dense(2, 2)) for layer in layers]
    spikes = SpikeTrain(np.zeros((1, 2, 3), np.uint8))
    built = graph.build(program(*loops, inputs=3, layers=layers), spikes, None, [], tmp_path)
    reached = {process.name for process in find_processes(built.root)}
    assert {layer.name for layer in layers} <= reached
