"""Quantization-aware training with SLAYER."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compile.slayer.availability import load
from compile.slayer.model import build
from compile.slayer.perturb import perturbed
from compile.slayer.recipe import Recipe
from hardware.errors import LavaFedError
from hardware.mismatch.known import find_profile
from hardware.spikes import SpikeTrain

THREADS = 1
"""Torch threads: the order of floating-point sums, and so the trained weights, must not depend on the machine."""
EVALUATION_BATCH = 256


@dataclass(frozen=True)
class EpochRecord:
    """What one epoch of training came to.

    Attributes
    ----------
    epoch, epochs : int
        Which one, from 1, of how many.
    loss : float
        Mean per sample.
    train_accuracy, test_accuracy : float
        0..1; the former on the fly while weights change, the latter after the epoch.
    hidden_spikes : tuple of float
        Mean spikes per sample and unit of each hidden layer, on the test samples.
    """

    epoch: int
    epochs: int
    loss: float
    train_accuracy: float
    test_accuracy: float
    hidden_spikes: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class TrainedModel:
    """A trained network.

    Attributes
    ----------
    recipe : Recipe
        What it was trained by.
    module : torch.nn.ModuleList
        The SLAYER blocks, after the last epoch.
    history : tuple of EpochRecord
        One record an epoch.
    """

    recipe: Recipe
    module: Any
    history: tuple[EpochRecord, ...]


def train(
    recipe: Recipe,
    x: SpikeTrain,
    y: NDArray[np.integer[Any]],
    x_test: SpikeTrain,
    y_test: NDArray[np.integer[Any]],
    *,
    on_epoch: Callable[[EpochRecord], None] | None = None,
) -> TrainedModel:
    """Train the network of a recipe; the same recipe and data give the same weights.

    Parameters
    ----------
    recipe : Recipe
        What to train and how.
    x, x_test : SpikeTrain
        Input spikes, shape (samples, steps, units).
    y, y_test : integer array, shape (samples,)
        Labels from 0; the network gets one output for each up to the largest of ``y``.
    on_epoch : callable, optional
        Told about each epoch as it ends.

    Raises
    ------
    LavaFedError
        Where the data do not fit the recipe or each other, or the loss is not finite.
    BackendUnavailableError
        Where SLAYER is not installed.
    """
    outputs = _check_data(recipe, x, y, x_test, y_test)
    slayer = load()
    import torch

    settings = recipe.training
    with _own_torch_state(settings.seed):
        module = build(recipe, x.units, outputs)
        loss_of = slayer.loss.SpikeRate(settings.true_rate, settings.false_rate, reduction="sum")
        optimizer = torch.optim.Adam(module.parameters(), lr=settings.learning_rate)
        inputs, labels = to_tensor(x), torch.from_numpy(np.asarray(y, dtype=np.int64).copy())
        device = _devices(recipe, module)
        history: list[EpochRecord] = []
        for epoch in range(1, settings.epochs + 1):
            total, right = 0.0, 0
            for chosen in torch.randperm(x.samples).split(settings.batch):
                with device(epoch):
                    *hidden, output = forward(module, inputs[chosen])
                loss = loss_of(output, labels[chosen])
                if settings.hidden_weight:
                    loss = loss + settings.hidden_weight * len(chosen) * _silence(hidden, settings.hidden_rate)
                if not torch.isfinite(loss):
                    raise LavaFedError(f"training diverged in epoch {epoch}; lower training.learning_rate")
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                total += loss.item()
                right += int((output.sum(-1).argmax(-1) == labels[chosen]).sum())
            accuracy, rates = _evaluate(module, x_test, np.asarray(y_test))
            history.append(
                EpochRecord(epoch, settings.epochs, total / x.samples, right / x.samples, accuracy, rates)
            )
            if on_epoch is not None:
                on_epoch(history[-1])
    return TrainedModel(recipe, module, tuple(history))


def _devices(recipe: Recipe, module: Any) -> Callable[[int], AbstractContextManager[None]]:
    """Return what lets the module compute in an epoch as the next device does, imperfect where wanted."""
    mismatch = recipe.mismatch
    if mismatch is None:
        return lambda _: contextlib.nullcontext()
    profile = find_profile(mismatch.profile).scaled(mismatch.severity)
    rng = np.random.default_rng(recipe.training.seed)
    return lambda epoch: perturbed(module, profile, rng) if epoch > mismatch.after else contextlib.nullcontext()


def to_tensor(spikes: SpikeTrain) -> Any:
    """Return spikes as SLAYER wants them: float32 tensor, shape (samples, units, steps)."""
    import torch

    return torch.from_numpy(np.moveaxis(spikes.values, 1, 2).astype(np.float32))


def forward(module: Any, spikes: Any) -> list[Any]:
    """Return the spikes of every block, each float32 of shape (samples, units, steps)."""
    out = []
    for block in module:
        spikes = block(spikes)
        out.append(spikes)
    return out


def _silence(hidden: list[Any], rate: float) -> Any:
    """Sum over hidden units of the squared shortfall of their batch-mean rate below ``rate``."""
    return sum((rate - spikes.mean(dim=(0, 2))).clamp(min=0).pow(2).sum() for spikes in hidden)


def _evaluate(module: Any, x: SpikeTrain, y: NDArray[Any]) -> tuple[float, tuple[float, ...]]:
    import torch

    right, spikes = 0, np.zeros(len(module) - 1)
    with torch.no_grad():
        for start in range(0, x.samples, EVALUATION_BATCH):
            part = slice(start, start + EVALUATION_BATCH)
            *hidden, output = forward(module, to_tensor(x.take(part)))
            right += int((output.sum(-1).argmax(-1).numpy() == y[part]).sum())
            spikes += [float(layer.sum()) / layer.shape[1] for layer in hidden]
    return right / x.samples, tuple(float(count) for count in spikes / x.samples)


def _check_data(recipe: Recipe, x: SpikeTrain, y: NDArray[Any], x_test: SpikeTrain, y_test: NDArray[Any]) -> int:
    """Check data against each other and return the number of outputs."""
    for what, spikes, given in (("training", x, y), ("test", x_test, y_test)):
        labels = np.asarray(given)
        if spikes.samples == 0 or labels.shape != (spikes.samples,) or labels.dtype.kind not in "iu":
            raise LavaFedError(
                f"the {what} data have {spikes.samples} samples and labels {labels.dtype}{labels.shape}; "
                "expected one integer label a sample, and at least one sample"
            )
        if spikes.steps != recipe.data.steps:
            raise LavaFedError(
                f"the {what} data have {spikes.steps} steps, the recipe says data.steps = {recipe.data.steps}"
            )
        if spikes.units != x.units:
            raise LavaFedError(f"the test data have {spikes.units} units, the training data {x.units}")
    outputs = int(np.max(y)) + 1
    if min(np.min(y), np.min(y_test)) < 0 or np.max(y_test) >= outputs or outputs < 2:
        raise LavaFedError(
            f"labels must run from 0 to at least 1 and the training data must hold the largest; training has "
            f"{np.min(y)}..{np.max(y)}, test {np.min(y_test)}..{np.max(y_test)}"
        )
    return outputs


@contextlib.contextmanager
def _own_torch_state(seed: int) -> Iterator[None]:
    """Seed torch and pin its threads; put both back afterwards."""
    import torch

    threads = torch.get_num_threads()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        torch.set_num_threads(THREADS)
        try:
            yield
        finally:
            torch.set_num_threads(threads)
