"""A network trained on imperfect weights computes with those that its devices will have."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from compile.slayer.availability import availability, load
from compile.slayer.model import chain
from compile.slayer.perturb import WORD, perturbed
from compile.slayer.recipe import Data, Mismatch, Model, Recipe, Training
from compile.slayer.train import train
from hardware.mismatch.known import find_profile
from hardware.mismatch.profile import DeviceProfile, Faults, MismatchError, Variation
from hardware.mismatch.weights import imperfect_weights
from hardware.spikes import SpikeTrain

if not availability().ok:
    pytest.skip(availability().reason, allow_module_level=True)

pytestmark = pytest.mark.slayer
NEURON = {"threshold": 1.25, "current_decay": 1.0, "voltage_decay": 0.03}
EVERYTHING = DeviceProfile("all", "all", "test", Variation(gain=0.3), Faults(0, 0.1, 0.1, "any", 0.02))


def net():
    import torch

    torch.manual_seed(1)
    return chain([NEURON] * 2, [6, 5, 3], 2.0)


def integers(block) -> np.ndarray:
    return np.rint(block.synapse.pre_hook_fx(block.synapse.weight).detach().numpy() * 64).astype(np.int16)


def test_forward_passes_use_the_integers_of_an_imperfect_device() -> None:
    module = net()
    rng = np.random.default_rng(7)
    expected = [imperfect_weights(integers(b), WORD, EVERYTHING, lambda _: rng, "")[0] for b in module]
    with perturbed(module, EVERYTHING, np.random.default_rng(7)):
        for block, weights in zip(module, expected, strict=True):
            assert not np.array_equal(integers(block), np.rint(block.synapse.weight.detach().numpy() * 64))
            assert np.array_equal(integers(block), weights)


def test_the_module_is_as_before_afterwards_even_after_an_error() -> None:
    module = net()
    before = [integers(block) for block in module]
    with pytest.raises(KeyError), perturbed(module, EVERYTHING, np.random.default_rng(7)):
        raise KeyError
    assert all(np.array_equal(integers(block), weights) for block, weights in zip(module, before, strict=True))


def test_gradients_pass_as_through_perfect_weights() -> None:
    import torch

    module = net()
    synapse = module[0].synapse
    for profile in (find_profile("mixed-signal"), EVERYTHING):
        synapse.weight.grad = None
        with perturbed(module, profile, np.random.default_rng(7)):
            torch.sum(synapse.pre_hook_fx(synapse.weight)).backward()
        assert torch.equal(synapse.weight.grad, torch.ones_like(synapse.weight))


def test_weights_that_are_not_quantized_are_refused() -> None:
    module = net()
    module[1].synapse.pre_hook_fx = None
    with (
        pytest.raises(MismatchError, match="Dense synapse quantizes by none"),
        perturbed(module, EVERYTHING, np.random.default_rng(7)),
    ):
        pass


def test_a_module_without_synapses_is_refused() -> None:
    import torch

    load()
    with (
        pytest.raises(MismatchError, match="no SLAYER synapse"),
        perturbed(torch.nn.Linear(2, 2), EVERYTHING, np.random.default_rng(7)),
    ):
        pass


def test_a_recipe_trains_for_its_devices_and_gives_the_same_weights_again() -> None:
    rng = np.random.default_rng(3)
    y = np.arange(40) % 2
    rates = np.where(np.arange(6)[None, :] // 3 == y[:, None], 0.7, 0.2)
    x = SpikeTrain((rng.random((40, 16, 6)) < rates[:, None]).astype(np.uint8))
    perfect = Recipe(Data("none", "a", "b", 16), Model((5,), 1.25, 1.0, 0.03, 2.0), Training(3, 10, 0.01, seed=1))
    imperfect = dataclasses.replace(perfect, mismatch=Mismatch("mixed-signal", 2.0))
    tuned, late = (dataclasses.replace(perfect, mismatch=Mismatch("mixed-signal", 2.0, after)) for after in (2, 3))
    weights = [
        train(recipe, x, y, x, y).module[0].synapse.weight.detach().numpy()
        for recipe in (perfect, imperfect, imperfect, tuned, late)
    ]
    assert not np.array_equal(weights[0], weights[1])
    assert np.array_equal(weights[1], weights[2])
    assert not any(np.array_equal(weights[3], other) for other in weights[:2])
    assert np.array_equal(weights[0], weights[4])
