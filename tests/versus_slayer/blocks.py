"""Small random networks built of SLAYER's own blocks, one for each cell of the matrix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

SAMPLES, STEPS = 2, 16
WINDOW = 4
"""Steps of which a time decimation takes the mean."""
INPUTS, HIDDEN, OUTPUTS = 12, 10, 5
IMAGE = (2, 6, 6)
VARIANTS = ("plain", "delay", "norm", "scale norm", "weight norm")
"""Plain; axonal delays; MeanOnlyBatchNorm; WgtScaleBatchNorm; weight normalization."""

_TURN = {"threshold": 0.4, "period": 7.0, "decay": 0.1}
_ADAPT = {"threshold_step": 0.25, "threshold_decay": 0.3, "refractory_decay": 0.4}
_CUBA = {"threshold": 0.9, "current_decay": 0.4, "voltage_decay": 0.2}


@dataclass(frozen=True)
class Family:
    """One kind of neuron: its module in ``slayer.block`` and its parameters."""

    block: str
    parameters: dict[str, Any]
    image_scale: float = 3.0


FAMILIES = {
    "cuba": Family("cuba", _CUBA),
    "cuba, per channel": Family(
        "cuba",
        {**_CUBA, "current_decay": (0.2, 0.7), "voltage_decay": (0.05, 0.5), "shared_param": False},
    ),
    "cuba, graded": Family("cuba", {**_CUBA, "graded_spike": True}),
    "alif": Family("alif", {**_CUBA, "threshold": 0.6, **_ADAPT}),
    "rf": Family("rf", _TURN),
    "rf_iz": Family("rf_iz", {**_TURN, "threshold": 1.2}),
    "adrf": Family("adrf", {**_TURN, **_ADAPT, "threshold_step": 0.05}),
    "adrf_iz": Family("adrf_iz", {**_TURN, **_ADAPT, "threshold": 0.8}),
    "sigma_delta": Family("sigma_delta", {"threshold": 0.2}),
}


@dataclass(frozen=True)
class Cell:
    """A place in the matrix."""

    family: str
    layer: str
    variant: str

    @property
    def changes(self) -> bool:
        """Whether messages are changes of numbers, sent without any step between the blocks."""
        return self.family == "sigma_delta"


@dataclass(frozen=True, eq=False)
class Built:
    """SLAYER blocks and an input for them.

    Attributes
    ----------
    blocks : list of torch.nn.Module
        In order.
    values : float32 array, shape (samples, *image or units, steps)
        As SLAYER wants it: spikes, or real numbers.
    """

    blocks: list[Any]
    values: NDArray[np.float32]


def neuron(slayer: Any, cell: Cell) -> dict[str, Any]:
    """Parameters of the neuron of a cell, new each time: SLAYER's blocks change them."""
    import torch

    family = FAMILIES[cell.family]
    parameters = dict(family.parameters)
    if cell.changes:
        parameters["activation"] = torch.nn.functional.relu
    if cell.variant == "norm":
        parameters["norm"] = slayer.neuron.norm.MeanOnlyBatchNorm
    if cell.variant == "scale norm":
        parameters["norm"] = slayer.neuron.norm.WgtScaleBatchNorm
    return parameters


def build(slayer: Any, cell: Cell, rng: np.random.Generator) -> Built:
    """Build the network of a cell; the block under test may need others before and after it."""
    return LAYERS[cell.layer](_Kit(slayer, cell), rng)


class _Kit:
    """Makes blocks of one cell."""

    def __init__(self, slayer: Any, cell: Cell) -> None:
        self.slayer, self.cell = slayer, cell
        self.module = getattr(slayer.block, FAMILIES[cell.family].block)

    def plain(self, kind: str, *arguments: Any, **more: Any) -> Any:
        """A block without the cell's variant."""
        cell = Cell(self.cell.family, self.cell.layer, "plain")
        return getattr(self.module, kind)(neuron(self.slayer, cell), *arguments, **more)

    def tested(self, kind: str, *arguments: Any, **more: Any) -> Any:
        """A block with it."""
        options = {"delay": True} if self.cell.variant == "delay" else {}
        if self.cell.variant == "weight norm":
            options["weight_norm"] = True
        return getattr(self.module, kind)(neuron(self.slayer, self.cell), *arguments, **options, **more)

    def first(self, rng: np.random.Generator, image: bool) -> tuple[list[Any], dict[str, Any]]:
        """What stands before a block that reads an image, and the input for it."""
        shape = IMAGE if image else (INPUTS,)
        if self.cell.changes:
            return [self.plain("Input")], {"values": smooth(rng, *shape)}
        block = self.module.Input(delay_shift=False)  # with a step, its forward pass fails for want of a neuron
        return [block], {"values": spikes(rng, *shape)}


def spikes(rng: np.random.Generator, *shape: int) -> NDArray[np.float32]:
    return (rng.random((SAMPLES, *shape, STEPS)) < 0.35).astype(np.float32)


def smooth(rng: np.random.Generator, *shape: int) -> NDArray[np.float32]:
    """Numbers on the grid of 1/32 that wander."""
    steps = rng.integers(-8, 9, (SAMPLES, *shape, STEPS))
    return (np.clip(np.cumsum(steps, axis=-1), -60, 60) / 32).astype(np.float32)


def _source(kit: _Kit, rng: np.random.Generator) -> NDArray[np.float32]:
    return smooth(rng, INPUTS) if kit.cell.changes else spikes(rng, INPUTS)


def _dense(kit: _Kit, rng: np.random.Generator) -> Built:
    blocks = [kit.tested("Dense", INPUTS, HIDDEN, weight_scale=3)]
    if not (kit.cell.changes and "norm" in kit.cell.variant.split()):
        blocks.append(kit.tested("Dense", HIDDEN, OUTPUTS, weight_scale=3))
    return Built(blocks, _source(kit, rng))


def _image(kind: str, *arguments: Any, **more: Any) -> Callable[[_Kit, np.random.Generator], Built]:
    def make(kit: _Kit, rng: np.random.Generator) -> Built:
        before, rest = kit.first(rng, image=True)
        return Built([*before, kit.tested(kind, *arguments, **more)], **rest)

    return make


def _input(weight: float | None, bias: float | None) -> Callable[[_Kit, np.random.Generator], Built]:
    def make(kit: _Kit, rng: np.random.Generator) -> Built:
        block = kit.tested("Input", weight=weight, bias=bias)
        dense = kit.plain("Dense", INPUTS, OUTPUTS, weight_scale=3)
        return Built([block, dense], smooth(rng, INPUTS))

    return make


def _flatten(kit: _Kit, rng: np.random.Generator) -> Built:
    before, rest = kit.first(rng, image=True)
    conv = kit.plain("Conv", 2, 3, 3, weight_scale=3)
    dense = kit.plain("Dense", 48, OUTPUTS, weight_scale=3)
    return Built([*before, conv, kit.module.Flatten(), dense], **rest)


def _followed(kind: str, *arguments: Any) -> Callable[[_Kit, np.random.Generator], Built]:
    def make(kit: _Kit, rng: np.random.Generator) -> Built:
        dense = kit.plain("Dense", INPUTS, HIDDEN, weight_scale=3)
        return Built([dense, getattr(kit.module, kind)(*arguments)], _source(kit, rng))

    return make


def _affine(dynamics: bool) -> Callable[[_Kit, np.random.Generator], Built]:
    def make(kit: _Kit, rng: np.random.Generator) -> Built:
        dense = kit.plain("Dense", INPUTS, HIDDEN, weight_scale=3)
        return Built(
            [dense, kit.tested("Affine", HIDDEN, OUTPUTS, weight_scale=2, dynamics=dynamics)], _source(kit, rng)
        )

    return make


def _recurrent(kit: _Kit, rng: np.random.Generator) -> Built:
    scale = 1 if "graded" in kit.cell.family else 3
    return Built([kit.tested("Recurrent", INPUTS, HIDDEN, weight_scale=scale)], _source(kit, rng))


def _winners(kit: _Kit, rng: np.random.Generator) -> Built:
    return Built([kit.tested("KWTA", INPUTS, HIDDEN, 4, weight_scale=5)], _source(kit, rng))


def _decimated(kit: _Kit, rng: np.random.Generator) -> Built:
    dense = kit.plain("Dense", INPUTS, HIDDEN, weight_scale=5)
    long = [_source(kit, rng) for _ in range(WINDOW)]
    return Built([kit.module.TimeDecimation(WINDOW), dense], np.concatenate(long, axis=-1))


def _output(kit: _Kit, rng: np.random.Generator) -> Built:
    dense = kit.plain("Dense", INPUTS, HIDDEN, weight_scale=3)
    return Built([dense, kit.tested("Output", HIDDEN, OUTPUTS, weight_scale=2)], _source(kit, rng))


LAYERS: dict[str, Callable[[_Kit, np.random.Generator], Built]] = {
    "Input": _input(None, None),
    "Input, weight and bias": _input(0.75, 0.25),
    "Dense": _dense,
    "Conv": _image("Conv", 2, 4, 3, stride=2, padding=1, weight_scale=3),
    "Conv, dilated and grouped": _image("Conv", 2, 4, 2, dilation=2, groups=2, weight_scale=3),
    "ConvT": _image("ConvT", 2, 3, 3, stride=2, weight_scale=3),
    "Pool": _image("Pool", 2, weight_scale=0.25),
    "Pool, channels mix": _image("Pool", 2, padding=(2, 1), weight_scale=0.5),
    "Unpool": _image("Unpool", 2, weight_scale=0.7),
    "Flatten": _flatten,
    "Average": _followed("Average", OUTPUTS),
    "TimeDecimation, first": _decimated,
    "TimeDecimation, last": _followed("TimeDecimation", WINDOW),
    "Affine": _affine(dynamics=True),
    "Affine, no dynamics": _affine(dynamics=False),
    "Recurrent": _recurrent,
    "KWTA": _winners,
    "Output": _output,
}

_VARIED = {
    "Dense": VARIANTS,
    "Conv": VARIANTS,
    "ConvT": VARIANTS,
    "Pool": ("plain", "delay", "weight norm"),
    "Unpool": ("plain", "delay", "weight norm"),
    "Recurrent": VARIANTS,
    "KWTA": ("plain", "norm"),
    "Affine": ("plain", "norm"),
    "Input": ("plain", "norm"),
    "Output": ("plain", "weight norm"),
}


def exists(slayer: Any, cell: Cell) -> bool:
    """Whether SLAYER has such a block, and the block such a variant."""
    kind = cell.layer.split(",", maxsplit=1)[0]
    module = getattr(slayer.block, FAMILIES[cell.family].block)
    return hasattr(module, kind) and cell.variant in _VARIED.get(cell.layer, ("plain",))


def cells(slayer: Any) -> list[Cell]:
    """Every cell that SLAYER has, family by family."""
    every = (Cell(f, layer, variant) for f in FAMILIES for layer in LAYERS for variant in VARIANTS)
    return [cell for cell in every if exists(slayer, cell)]
