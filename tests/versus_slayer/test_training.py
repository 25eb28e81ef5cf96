"""Training is deterministic, and what it exports computes what SLAYER computed."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import cli.demo
from compile.pipeline import compile_model
from compile.slayer.availability import availability, load
from compile.slayer.export import encode_net, export_net
from compile.slayer.forward import quantized_forward
from compile.slayer.model import build
from compile.slayer.recipe import Data, Model, Recipe, Training
from compile.slayer.train import EpochRecord, TrainedModel, forward, to_tensor, train
from hardware.emulator.engine import EmulatorBackend
from hardware.errors import ContainerError, LavaFedError
from hardware.spikes import SpikeTrain
from lava_fed.data import registry as data

if not availability().ok:
    pytest.skip(availability().reason, allow_module_level=True)

pytestmark = pytest.mark.slayer
STEPS = 32
RECIPE = Recipe(
    Data("digits", "public", "test", STEPS),
    Model((64,), 1.25, 1.0, 0.03, weight_scale=2.0),
    Training(8, 32, 0.004, seed=1, hidden_rate=0.06, hidden_weight=0.1),
)


def digits() -> tuple[SpikeTrain, np.ndarray, SpikeTrain, np.ndarray]:
    """Return 300 digits to train on and 360 others to test on, as evenly spaced spikes."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    pixels, labels = bunch.data.astype(np.int64), bunch.target.astype(np.int64)
    fired = pixels[:, None, :] * np.arange(STEPS + 1)[None, :, None] // 16
    spikes = np.diff(fired, axis=1).astype(np.uint8)
    train_on, test_on = slice(0, 1500, 5), slice(1, 1797, 5)
    return SpikeTrain(spikes[train_on]), labels[train_on], SpikeTrain(spikes[test_on]), labels[test_on]


@pytest.fixture(scope="module")
def trained() -> tuple[TrainedModel, list[EpochRecord]]:
    told: list[EpochRecord] = []
    return train(RECIPE, *digits(), on_epoch=told.append), told


def test_it_learns_and_tells_every_epoch(trained: tuple[TrainedModel, list[EpochRecord]]) -> None:
    model, told = trained
    assert tuple(told) == model.history
    assert [record.epoch for record in told] == list(range(1, 9))
    assert told[-1].loss < told[0].loss / 2
    assert told[-1].test_accuracy > 0.75
    assert 2 <= told[-1].hidden_spikes[0] <= 12


def test_live_module_exported_file_and_emulator_agree_in_every_layer(
    trained: tuple[TrainedModel, list[EpochRecord]], tmp_path: Path
) -> None:
    import torch

    model, _ = trained
    *_, x, y = digits()
    export_net(model.module, tmp_path / "digits.net")
    program = compile_model(tmp_path / "digits.net")
    oracle = quantized_forward(program, x)
    with torch.no_grad():
        live = forward(model.module, to_tensor(x))
    with EmulatorBackend().load(program) as session:
        emulated = session.run(x).spikes
    for name, tensor in zip(("hidden", "readout"), live, strict=True):
        assert np.array_equal(np.moveaxis(tensor.numpy().astype(np.uint8), 1, 2), oracle[name])
        assert np.array_equal(emulated[name], oracle[name])
        assert oracle[name].sum() > 1000
    right = (emulated["readout"].sum(axis=1, dtype=np.int64).argmax(axis=1) == y).mean()
    assert right == pytest.approx(model.history[-1].test_accuracy)


def test_the_same_seed_gives_the_same_bytes_whatever_torch_did_before(
    trained: tuple[TrainedModel, list[EpochRecord]],
) -> None:
    import torch

    short = dataclasses.replace(RECIPE, training=dataclasses.replace(RECIPE.training, epochs=1))
    data = digits()
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    first = encode_net(train(short, *data).module)
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.get_rng_state(), state), "training must leave torch's generator alone"
    torch.manual_seed(99)
    torch.set_num_threads(2)
    try:
        assert encode_net(train(short, *data).module) == first
    finally:
        torch.set_num_threads(threads)
    other = dataclasses.replace(short, training=dataclasses.replace(short.training, seed=2))
    assert encode_net(train(other, *data).module) != first


def test_the_width_of_the_gradient_is_counted_in_thresholds() -> None:
    from lava.lib.dl.slayer.neuron import cuba

    for width in (100.0, 0.5):
        settings = dataclasses.replace(RECIPE.training, gradient_width=width)
        for block in build(dataclasses.replace(RECIPE, training=settings), 64, 10):
            assert block.neuron.tau_rho * cuba.TAU_RHO_MULT == pytest.approx(width * RECIPE.model.threshold)


def test_the_recipe_of_the_demo_is_good_enough_to_learn_on(tmp_path: Path) -> None:
    recipe = Recipe.load(Path(cli.demo.__path__[0]) / "digits.toml")
    public, test = (data.load(recipe.data.name, split, recipe.data.steps) for split in ("public", "test"))
    model = train(recipe, public.x, public.labels, test.x, test.labels)
    assert model.history[-1].test_accuracy > 0.85
    assert 2 <= model.history[-1].hidden_spikes[0] <= 12
    export_net(model.module, tmp_path / "digits.net")
    spikes = quantized_forward(compile_model(tmp_path / "digits.net"), test.x)["hidden"]
    assert spikes.any(axis=(0, 1)).all(), "no hidden neuron may be silent"


def test_batch_norm_becomes_a_bias_and_slayer_is_one_silent_step_behind(tmp_path: Path) -> None:
    import torch

    slayer = load()
    rng = np.random.default_rng(4)
    neuron = {
        "threshold": 1.25,
        "current_decay": 0.5,
        "voltage_decay": 0.1,
        "norm": slayer.neuron.norm.MeanOnlyBatchNorm,
    }
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        module = torch.nn.ModuleList(
            slayer.block.cuba.Dense(neuron, *sizes, weight_scale=4) for sizes in ((6, 12), (12, 5))
        )
        spikes = SpikeTrain((rng.random((20, 24, 6)) < 0.4).astype(np.uint8))
        for _ in range(5):
            forward(module, to_tensor(spikes))
        module.eval()
        export_net(module, tmp_path / "a.net")
        silent = np.concatenate([np.zeros((20, 1, 6), np.uint8), spikes.values], axis=1)
        with torch.no_grad():
            late = forward(module, to_tensor(SpikeTrain(silent)))
            plain = forward(module, to_tensor(spikes))
    program = compile_model(tmp_path / "a.net")
    assert all(layer.neuron.bias.any() for layer in program.network.layers)
    oracle = quantized_forward(program, spikes)
    with EmulatorBackend().load(program) as session:
        emulated = session.run(spikes).spikes
    for name, ahead, same in zip(("hidden", "readout"), late, plain, strict=True):
        assert oracle[name].sum() > 100
        assert np.array_equal(emulated[name], oracle[name])
        assert np.array_equal(np.moveaxis(ahead.numpy(), 1, 2)[:, 1:], oracle[name])
        assert not np.array_equal(np.moveaxis(same.numpy(), 1, 2), oracle[name]), "the silent step matters"


def test_a_network_without_hidden_layers(tmp_path: Path) -> None:
    recipe = dataclasses.replace(
        RECIPE,
        model=dataclasses.replace(RECIPE.model, hidden=()),
        training=dataclasses.replace(RECIPE.training, epochs=1),
    )
    model = train(recipe, *digits())
    assert model.history[0].hidden_spikes == ()
    export_net(model.module, tmp_path / "a.net")
    assert [layer.name for layer in compile_model(tmp_path / "a.net").network.layers] == ["readout"]


def test_data_that_do_not_fit_are_named() -> None:
    x, y, x_test, y_test = digits()
    with pytest.raises(LavaFedError, match="the training data have 300 samples and labels int64"):
        train(RECIPE, x, y[:-1], x_test, y_test)
    with pytest.raises(LavaFedError, match="test data have 31 steps, the recipe says data.steps = 32"):
        train(RECIPE, x, y, SpikeTrain(x_test.values[:, :31]), y_test)
    with pytest.raises(LavaFedError, match="the test data have 63 units, the training data 64"):
        train(RECIPE, x, y, SpikeTrain(x_test.values[:, :, :63]), y_test)
    with pytest.raises(LavaFedError, match=r"labels must run from 0 .*training has 0\.\.9, test 0\.\.10"):
        train(RECIPE, x, y, x_test, np.where(y_test == 9, 10, y_test))
    with pytest.raises(LavaFedError, match="training has 0..0, test"):
        train(RECIPE, x, np.zeros_like(y), x_test, y_test)


def test_an_export_that_cannot_be_written_leaves_nothing(
    trained: tuple[TrainedModel, list[EpochRecord]], tmp_path: Path
) -> None:
    model, _ = trained
    with pytest.raises(ContainerError, match="cannot write"):
        export_net(model.module, tmp_path / "missing" / "a.net")
    assert list(tmp_path.iterdir()) == []


def test_loading_slayer_says_nothing() -> None:
    code = "from compile.slayer.availability import load; load()"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("", "")
