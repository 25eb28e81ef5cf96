"""What arrives over a convolution equals PyTorch's sums, on the specification and on the fast emulator."""

from __future__ import annotations

import numpy as np
import pytest

from hardware.backend import Backend
from hardware.emulator.engine import EmulatorBackend
from hardware.emulator.reference import ReferenceBackend
from hardware.spikes import SpikeTrain
from hardware.synapses.convolution import Convolution
from tests.every_kind import CONVOLUTIONS
from tests.programs import Case

CASES = [case for case in CONVOLUTIONS if case.name.startswith("convolution: ")]


def sums(synapse: Convolution, images: np.ndarray) -> np.ndarray:
    """Convolve in float64, where small integers are exact, and cut or fill to the target's size."""
    torch = pytest.importorskip("torch")
    weights, x = (torch.tensor(array.astype(np.float64)) for array in (synapse.weights, images))
    steps = {"stride": synapse.stride, "dilation": synapse.dilation, "groups": synapse.groups}
    if synapse.transposed:
        full = torch.nn.functional.conv_transpose2d(x, weights, **steps).numpy()
        full = full[:, :, synapse.padding[0] :, synapse.padding[1] :]
    else:
        full = torch.nn.functional.conv2d(x, weights, padding=synapse.padding, **steps).numpy()
    _, height, width = synapse.target_shape
    found = np.zeros((len(images), *synapse.target_shape), np.int64)
    part = full[:, :, :height, :width]
    found[:, :, : part.shape[2], : part.shape[3]] = part
    return np.floor(found * 2.0**synapse.exponent).astype(np.int64)


@pytest.mark.parametrize("backend", [EmulatorBackend(), ReferenceBackend()], ids=lambda backend: backend.name)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_shape(case: Case, backend: Backend) -> None:
    synapse = case.program.network.connections[0].synapse
    assert isinstance(synapse, Convolution)
    train = SpikeTrain((np.random.default_rng(3).random((2, 5, synapse.sources)) < 0.5).astype(np.uint8))
    found = backend.load(case.program).run(train).spikes["a"]
    images = train.values[:, :-1].reshape(-1, *synapse.source_shape)
    expected = sums(synapse, images).reshape(2, 4, synapse.targets)
    assert expected.any()
    np.testing.assert_array_equal(found[:, 1:], expected)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_unit_counts_the_synapses_that_it_reaches(case: Case) -> None:
    synapse = case.program.network.connections[0].synapse
    _, source_of, _ = synapse.pairs()
    for unit in range(0, synapse.sources, 7):
        train = np.zeros((1, 1, synapse.sources), np.uint8)
        train[0, 0, unit] = 1
        result = EmulatorBackend().load(case.program).run(SpikeTrain(train))
        assert result.counters.synaptic_operations == {"input->a": np.count_nonzero(source_of == unit)}
