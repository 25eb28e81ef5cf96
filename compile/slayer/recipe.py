"""The training recipe: what to train, on what, and how, as a strict TOML file."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from compile.errors import RecipeError

SIZE_LIMIT = 1 << 20
"""Largest recipe file, bytes."""
THRESHOLD_LIMIT = 64.0
"""SLAYER decides spikes in single precision, which from here on no longer tells v = threshold from above it."""


@dataclass(frozen=True)
class Data:
    """Section ``[data]``: what to train on.

    Attributes
    ----------
    name : str
        A data set that lava-fed knows.
    split : str
        The part of it to train on.
    test : str
        The part to test on after each epoch.
    steps : int
        Time steps of a sample, 1..4096.
    """

    name: str
    split: str
    test: str
    steps: int

    def __post_init__(self) -> None:
        """Check ranges."""
        for key in ("name", "split", "test"):
            if not getattr(self, key):
                raise RecipeError(f"data.{key} must not be empty")
        _within("data.steps", self.steps, 1, 4096)


@dataclass(frozen=True)
class Model:
    """Section ``[model]``: dense layers of CUBA neurons.

    Attributes
    ----------
    hidden : tuple of int
        Units of each hidden layer; inputs and outputs follow from the data.
    threshold : float
        Firing threshold in the unit of weights, 1/64 to 64; rounded down to 1/64 by SLAYER.
    current_decay, voltage_decay : float
        Fractions forgotten per step, 0..1; rounded to 1/4096 by SLAYER.
    weight_scale : float
        Factor on torch's initial weights.
    """

    hidden: tuple[int, ...]
    threshold: float
    current_decay: float
    voltage_decay: float
    weight_scale: float = 1.0

    def __post_init__(self) -> None:
        """Check ranges."""
        if len(self.hidden) > 16:
            raise RecipeError(f"model.hidden has {len(self.hidden)} layers, expected at most 16")
        for units in self.hidden:
            _within("model.hidden", units, 1, 65536)
        if not 1 / 64 <= self.threshold < THRESHOLD_LIMIT:
            raise RecipeError(
                f"model.threshold {self.threshold:g} must lie in 1/64..{THRESHOLD_LIMIT:g}, below it"
            )
        _within("model.current_decay", self.current_decay, 0, 1)
        _within("model.voltage_decay", self.voltage_decay, 0, 1)
        _within("model.weight_scale", self.weight_scale, 1e-3, 1e3)


@dataclass(frozen=True)
class Training:
    """Section ``[training]``: Adam on SLAYER's spike rate loss.

    Attributes
    ----------
    epochs, batch : int
        Passes over the data, samples per step.
    learning_rate : float
        Of Adam.
    seed : int
        Decides initial weights and the order of samples.
    true_rate, false_rate : float
        Wanted spikes per step of the output unit of the label, and of the others.
    hidden_rate : float
        Least mean spikes per step wanted of every hidden unit, so that none falls silent.
    hidden_weight : float
        Weight of that wish in the loss, per sample; 0 switches it off.
    """

    epochs: int
    batch: int
    learning_rate: float
    seed: int
    true_rate: float = 0.4
    false_rate: float = 0.03
    hidden_rate: float = 0.1
    hidden_weight: float = 0.0

    def __post_init__(self) -> None:
        """Check ranges."""
        _within("training.epochs", self.epochs, 1, 10_000)
        _within("training.batch", self.batch, 1, 65536)
        _within("training.learning_rate", self.learning_rate, 1e-8, 1)
        _within("training.seed", self.seed, 0, 2**31 - 1)
        for key in ("true_rate", "false_rate", "hidden_rate"):
            _within(f"training.{key}", getattr(self, key), 0, 1)
        _within("training.hidden_weight", self.hidden_weight, 0, 1e3)


@dataclass(frozen=True)
class Recipe:
    """A whole recipe.

    Attributes
    ----------
    data : Data
        What to train on.
    model : Model
        What to train.
    training : Training
        How.
    """

    data: Data
    model: Model
    training: Training

    @classmethod
    def load(cls, path: Path) -> Recipe:
        """Read a recipe file.

        Raises
        ------
        RecipeError
            Where the file is missing, not TOML, or a key is unknown, missing or out of range.
        """
        try:
            with path.open("rb") as file:
                raw = file.read(SIZE_LIMIT + 1)
        except OSError as error:
            raise RecipeError(f"cannot read {path}: {error.strerror or error}") from error
        if len(raw) > SIZE_LIMIT:
            raise RecipeError(f"{path} is larger than {SIZE_LIMIT} bytes, so it is no recipe")
        try:
            return cls.parse(raw.decode("utf-8"))
        except UnicodeDecodeError as error:
            raise RecipeError(f"{path} is not a text in UTF-8") from error
        except RecipeError as error:
            raise RecipeError(f"{path}: {error}") from error

    @classmethod
    def parse(cls, text: str) -> Recipe:
        """Read a recipe from TOML text.

        Raises
        ------
        RecipeError
            Where it is not TOML, or a key is unknown, missing or out of range.
        """
        if sys.version_info >= (3, 11):
            import tomllib
        else:
            import tomli as tomllib
        try:
            content = tomllib.loads(text)
        except (ValueError, RecursionError) as error:  # tomllib lets int() complain about thousands of digits
            raise RecipeError(f"not valid TOML: {error}") from error
        _check_keys("", content, {"data", "model", "training"}, required={"data", "model", "training"})
        return cls(
            data=_section(Data, "data", content["data"]),
            model=_section(Model, "model", content["model"]),
            training=_section(Training, "training", content["training"]),
        )


S = TypeVar("S", Data, Model, Training)


def _section(kind: type[S], name: str, content: Any) -> S:
    if not isinstance(content, dict):
        raise RecipeError(f"{name} must be a section [{name}], found {content!r}")
    required = {f.name for f in fields(kind) if f.default is MISSING}
    hints = get_type_hints(kind)
    _check_keys(f"{name}.", content, set(hints), required=required)
    return kind(**{key: _value(f"{name}.{key}", value, hints[key]) for key, value in content.items()})


def _check_keys(prefix: str, content: Mapping[str, Any], known: set[str], *, required: set[str]) -> None:
    for key in content:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {prefix + near[0]!r}?" if near else f"known are {', '.join(sorted(known))}"
            raise RecipeError(f"unknown key {prefix + key!r}; {hint}")
    if missing := sorted(required - set(content)):
        raise RecipeError(f"key {prefix + missing[0]!r} is missing")


def _value(key: str, value: Any, wanted: Any) -> Any:
    """Return ``value`` as the wanted type; TOML's integers may stand for floats, nothing else is converted."""
    if wanted is float and type(value) in (int, float) and abs(value) < 1e30:
        return float(value)
    if wanted in (int, str) and type(value) is wanted:
        return value
    if wanted == tuple[int, ...] and isinstance(value, list) and all(type(item) is int for item in value):
        return tuple(value)
    names = {int: "an integer", float: "a number", str: "a text"}
    raise RecipeError(f"{key} must be {names.get(wanted, 'a list of integers')}, found {value!r}")


def _within(key: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise RecipeError(f"{key} {value} must lie in {low}..{high}")
