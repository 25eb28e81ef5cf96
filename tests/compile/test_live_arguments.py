"""What is passed beside a live module: shapes and skips of any type."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from compile.errors import UnsupportedLayerError
from hardware.errors import ContainerError, LavaFedError
from lava_fed import Scheme, compile_module, quantize_post_training

torch = pytest.importorskip("torch")
slayer = pytest.importorskip("lava.lib.dl.slayer")

CUBA = {"threshold": 1.0, "current_decay": 0.25, "voltage_decay": 0.1}


def network() -> Any:
    torch.manual_seed(1)
    blocks = [slayer.block.cuba.Dense(CUBA, *ends, delay_shift=True) for ends in ((4, 3), (3, 3), (6, 2))]
    return torch.nn.Sequential(*blocks)


@pytest.mark.parametrize("skips", [3, [1], [(0, 1, 2)], [("0", "2")], [(0.0, 2.0)], "02"])
def test_skips_that_are_no_pairs_of_blocks_are_one_sentence(skips: Any) -> None:
    with pytest.raises(UnsupportedLayerError, match="skips must be pairs of block numbers"):
        compile_module(network(), skips=skips)


@pytest.mark.parametrize("shape", ["4", 4.0, (4.0,), [None], [[4]]])
def test_an_input_shape_that_is_no_shape_is_one_sentence(shape: Any) -> None:
    with pytest.raises(ContainerError, match=r"block 0 \(dense\): input_shape .* must be 1 to 3 integers"):
        compile_module(network(), skips=[(0, 2)], input_shape=shape)


def test_numbers_of_numpy_will_do() -> None:
    plain = compile_module(network(), skips=[(0, 2)], input_shape=4)
    other = compile_module(network(), skips=np.array([[0, 2]]), input_shape=np.array([4]))
    assert other.digest == plain.digest


def test_a_float_module_is_rounded_by_the_public_names() -> None:
    """Without SLAYER's quantization hook its weights are any numbers."""
    block = slayer.block.cuba.Dense(CUBA, 4, 3, pre_hook_fx=None)
    with pytest.raises(LavaFedError, match="are not integers in -256..254"):
        compile_module(block)
    program = compile_module(block, quantizer=lambda g: (quantize_post_training(g, None, Scheme(bits=4))[0], {}))
    assert [each.synapse.grid.bits for each in program.network.connections] == [4]
